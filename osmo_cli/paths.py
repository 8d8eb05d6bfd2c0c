"""Directories of this user's files, by the XDG rules that the official CLI also follows."""

from __future__ import annotations

import os
from pathlib import Path


def _xdg(variable: str, default: str) -> Path:
    # The XDG Base Directory Specification: a relative path is invalid and is to be ignored.
    value = os.environ.get(variable, "")
    base = Path(value) if os.path.isabs(value) else Path.home() / default
    return base / "osmo"


def config_dir() -> Path:
    """Return the directory of login.yaml and of the profiles.

    `$OSMO_CONFIG_FILE_DIR`, else XDG (docs/service/authentication.md#loginyaml).

    Raises:
        RuntimeError: no home directory can be determined.
    """
    if explicit := os.environ.get("OSMO_CONFIG_FILE_DIR"):
        return Path(explicit)
    return _xdg("XDG_CONFIG_HOME", ".config")


def cache_dir() -> Path:
    """Directory of what can be found out again, such as the dialects of services."""
    return _xdg("XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """Directory of short-lived session tokens, fingerprints of secrets, and journals of applies."""
    return _xdg("XDG_STATE_HOME", ".local/state")


def data_dir() -> Path:
    """Directory of the embedded service's database."""
    return _xdg("XDG_DATA_HOME", ".local/share")
