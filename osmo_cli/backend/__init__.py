"""Registering a backend: manifests, Helm values, node availability. Pure."""
