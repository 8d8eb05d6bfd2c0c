"""Secrets of an input that are stored already, although the service shows only masks."""

from __future__ import annotations

from typing import Any, Protocol

from osmo_cli.api.errors import ServiceError
from osmo_cli.api.service import Service
from osmo_cli.config.problems import Path, path_text
from osmo_cli.config.secrets import CHANGED_SECRET, MASK, SAME_SECRET, SENT_SECRET, is_mask
from osmo_cli.config.values import replaced, value_at
from osmo_cli.plan.live_object import LiveObject
from osmo_cli.quick_dataclass import dataclass


class SecretMemory(Protocol):
    """Recognizes a secret that was sent before, without keeping it."""

    def recall(self, key: str, value: str) -> int | None:
        """Return the revision at which this value was stored, or None."""

    def latest(self, key: str) -> int | None:
        """Return the revision at which the last value under `key` was stored, or None."""

    def remember(self, key: str, value: str, revision: int) -> None:
        """Remember that `value` was stored at `revision`."""


def _secret_values(target: LiveObject, value: Any) -> dict[Path, str]:
    """Return the secrets in `value` by path, without masks."""
    from osmo_cli.config.schemas.base import field_path, secret_paths

    model = target.shape.model()
    patterns = set(secret_paths(model))
    secrets: dict[Path, str] = {}

    def walk(here: Any, path: Path) -> None:
        if isinstance(here, dict):
            for key, inner in here.items():
                walk(inner, (*path, key))
        elif isinstance(here, str) and not is_mask(here) and field_path(model, path) in patterns:
            secrets[path] = here

    walk(value, ())
    return secrets


@dataclass(frozen=True)
class GivenSecrets:
    """The secrets of an input.

    Attributes:
        new: the secrets to send, by path.
        remarks: what is known about each secret, for output in its place.
    """

    new: dict[Path, str]
    remarks: dict[Path, str]


def without_known_secrets(
    service: Service, target: LiveObject, wanted: Any, memory: SecretMemory
) -> tuple[Any, GivenSecrets]:
    """Replace each secret that is stored already by the mask, and say what is known of each."""
    new: dict[Path, str] = {}
    remarks: dict[Path, str] = {}
    for path, value in _secret_values(target, wanted).items():
        if value_at(target.live, path) == value:
            # In ConfigMap mode the service shows an unset secret as an empty string.
            continue
        remarks[path] = _compared(service, target, path, value, memory)
        if remarks[path] == SAME_SECRET:
            wanted = replaced(wanted, path, MASK)
        else:
            new[path] = value
    return wanted, GivenSecrets(new, remarks)


def _compared(
    service: Service, target: LiveObject, path: Path, value: str, memory: SecretMemory
) -> str:
    """Return what is known about a given secret, as a remark."""
    if not is_mask(value_at(target.live, path)):
        return CHANGED_SECRET
    key = memory_key(target, path)
    sent_at = memory.latest(key)
    if target.base is None or sent_at is None:
        return SENT_SECRET
    is_same = memory.recall(key, value) is not None
    if not _unchanged_since(service, target, path, sent_at):
        return SENT_SECRET
    return SAME_SECRET if is_same else CHANGED_SECRET


def memory_key(target: LiveObject, path: Path) -> str:
    """Return the key under which a secret's fingerprint is kept."""
    return " ".join((target.shape.config_type.name, target.shape.name or "", path_text(path)))


def _unchanged_since(service: Service, target: LiveObject, path: Path, revision: int) -> bool:
    """Return whether the service says that the secret has not changed since `revision`.

    Source: docs/service/history.md#diff.
    """
    assert target.base is not None
    if revision == target.base.number:
        return True
    config_type = target.shape.config_type
    try:
        data = service.configs.changed_secrets(config_type, revision, target.base.number)
    except ServiceError:
        return False
    if target.shape.name is not None:
        data = target.shape.config_type.items_in(data).get(target.shape.name)
    return bool(value_at(data, path) == MASK)
