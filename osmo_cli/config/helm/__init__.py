"""Helm charts that a configuration comes from: as data, rendering, reading and writing values."""
