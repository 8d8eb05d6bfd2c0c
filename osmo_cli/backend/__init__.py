"""Backends and their operators: status, registration, node availability (no input or output)."""
