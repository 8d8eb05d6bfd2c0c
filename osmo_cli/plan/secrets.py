"""Which secrets of an input are stored already, although the service shows only masks."""

from __future__ import annotations

from typing import Any, Protocol

from osmo_cli.api import configs
from osmo_cli.api.client import Client
from osmo_cli.api.errors import ServiceError
from osmo_cli.config.problems import Path, path_text
from osmo_cli.config.secrets import MASK, is_mask
from osmo_cli.plan.target import Target


class SecretMemory(Protocol):
    """Knows whether a secret is the one that was sent before, without keeping it."""

    def recall(self, key: str, value: str) -> int | None:
        """The revision at which this value was stored, or None."""

    def remember(self, key: str, value: str, revision: int) -> None:
        """`value` was stored at `revision`."""


def _secret_values(target: Target, value: Any) -> dict[Path, str]:
    """Secrets in `value` by path, masks left out."""
    from osmo_cli.config.schemas.base import field_path, secret_paths

    model = target.subject.model()
    patterns = set(secret_paths(model))
    found: dict[Path, str] = {}

    def walk(here: Any, path: Path) -> None:
        if isinstance(here, dict):
            for key, inner in here.items():
                walk(inner, (*path, key))
        elif isinstance(here, str) and not is_mask(here) and field_path(model, path) in patterns:
            found[path] = here

    walk(value, ())
    return found


def without_known_secrets(
    client: Client, target: Target, wanted: Any, memory: SecretMemory
) -> tuple[Any, dict[Path, str]]:
    """Put the mask in place of each secret that is stored already; also the ones that are not."""
    secrets = _secret_values(target, wanted)
    known: list[Path] = []
    for path, value in secrets.items():
        if not is_mask(_at(target.live, path)) or target.base is None:
            continue
        stored_at = memory.recall(memory_key(target, path), value)
        if stored_at is not None and _unchanged_since(client, target, path, stored_at):
            known.append(path)
    for path in known:
        wanted = replaced(wanted, path, MASK)
    return wanted, {path: value for path, value in secrets.items() if path not in known}


def memory_key(target: Target, path: Path) -> str:
    """Under which name a secret's fingerprint is kept."""
    return " ".join((target.subject.config_type.name, target.subject.name or "", path_text(path)))


def _unchanged_since(client: Client, target: Target, path: Path, revision: int) -> bool:
    """Whether the service says that the secret is the one of `revision` (api.md 4, Diff)."""
    assert target.base is not None
    if revision == target.base.number:
        return True
    config_type = target.subject.config_type
    try:
        data = configs.changed_secrets(client, config_type, revision, target.base.number)
    except ServiceError:
        return False
    if target.subject.name is not None:
        data = target.subject.config_type.items_in(data).get(target.subject.name)
    return bool(_at(data, path) == MASK)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def replaced(value: Any, path: Path, new: Any) -> Any:
    """A copy of `value` with `new` at `path`."""
    if not path:
        return new
    return value | {path[0]: replaced(value[path[0]], path[1:], new)}
