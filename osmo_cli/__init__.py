"""`osmo`: the command line for administrators of NVIDIA OSMO."""

__version__ = "0.1.0"
