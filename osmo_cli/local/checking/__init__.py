"""Checking of requests as the real service does it: models, validation, and its messages."""
