"""Merge, patch, comparison, history, Helm values."""
