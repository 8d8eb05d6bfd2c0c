"""Merge, patch, comparison, history."""
