"""Whether a secret is the one that was sent before, without keeping it.

The service masks secrets (docs/service/secrets.md#masks), so that a change cannot be found by
comparing. A salted scrypt hash of what was sent last shows it without revealing the secret.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
from pathlib import Path
from typing import Any

from osmo_cli import paths
from osmo_cli.credentials.origin import Origin
from osmo_cli.private_files import read_private, replace_private

MAX_ENTRIES = 200
"""The oldest are forgotten; forgetting one costs a write that changes nothing."""
# scrypt, RFC 7914: 16 MiB and some 50 ms for each guess.
_COST = {"n": 2**14, "r": 8, "p": 1}


def remember(origin: Origin, key: str, value: str, revision: int) -> None:
    """Note that `value` was stored under `key` at the service's `revision`."""
    salt = secrets.token_bytes(16)
    entry = {
        "origin": str(origin),
        "key": key,
        "salt": salt.hex(),
        "hash": _hash(value, salt),
        "revision": revision,
    }
    with contextlib.suppress(OSError, RuntimeError):
        others = [known for known in _read() if not _is_for(known, origin, key)]
        kept = [*others, entry][-MAX_ENTRIES:]
        replace_private(_file(), json.dumps(kept, indent=1) + "\n")


def recall(origin: Origin, key: str, value: str) -> int | None:
    """The revision at which `value` was stored under `key`; None if another value was, or none."""
    with contextlib.suppress(OSError, RuntimeError, ValueError, KeyError, TypeError):
        for entry in _read():
            if _is_for(entry, origin, key):
                known = _hash(value, bytes.fromhex(entry["salt"]))
                same = hmac.compare_digest(known, entry["hash"])
                return int(entry["revision"]) if same else None
    return None


def latest(origin: Origin, key: str) -> int | None:
    """The revision at which the last value known under `key` was stored, whatever it was."""
    with contextlib.suppress(OSError, RuntimeError, ValueError, KeyError, TypeError):
        for entry in _read():
            if _is_for(entry, origin, key):
                return int(entry["revision"])
    return None


def _hash(value: str, salt: bytes) -> str:
    return hashlib.scrypt(value.encode(), salt=salt, **_COST).hex()


def _is_for(entry: dict[str, Any], origin: Origin, key: str) -> bool:
    return entry.get("origin") == str(origin) and entry.get("key") == key


def _file() -> Path:
    return paths.state_dir() / "fingerprints.json"


def _read() -> list[dict[str, Any]]:
    try:
        entries = json.loads(read_private(_file()))
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, dict)]
