"""Configurations and their history (api.md 3.1, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from osmo_cli.api.client import Client
from osmo_cli.api.errors import UnexpectedAnswerError
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.config.patch import Patch
    from osmo_cli.config.types import ConfigType

_ROOT = ("api", "configs")
_HISTORY = (*_ROOT, "history")


@dataclass(frozen=True)
class Revision:
    """One entry of a type's history; `data` is the type's whole configuration, or None."""

    number: int
    name: str
    username: str
    description: str
    data: Any


@dataclass(frozen=True)
class Snapshot:
    """A type's live configuration.

    Attributes:
        config_type: the type.
        data: what GET all answers, wrapper included.
        revision: newest revision, read before the data; None where it was not asked for.
    """

    config_type: ConfigType
    data: Any
    revision: Revision | None

    def items(self) -> dict[str, Any]:
        """The named items by name; empty for a type without names."""
        if self.config_type.named is None:
            return {}
        return items_by_name(self.config_type, self.data)

    def item(self, name: str) -> Any:
        """The item of that name.

        Raises:
            UsageError: there is none; names those that there are.
        """
        items = self.items()
        if name in items:
            return items[name]
        known = ", ".join(sorted(items)) or "none"
        raise UsageError(
            f'{self.config_type.name} has no item "{name}"', hint=f"there are: {known}"
        )


def items_by_name(config_type: ConfigType, data: Any) -> dict[str, Any]:
    """The items of a type's data, live or from history, by name."""
    if config_type.wrapper and isinstance(data, dict):
        data = data.get(config_type.wrapper, data)
    if isinstance(data, list):
        return {item["name"]: item for item in data if isinstance(item, dict) and "name" in item}
    return data if isinstance(data, dict) else {}


def read(client: Client, config_type: ConfigType, *, with_revision: bool = False) -> Snapshot:
    """Read a type's live configuration, and its newest revision first where asked for."""
    revision = newest_revision(client, config_type) if with_revision else None
    data = client.get((*_ROOT, config_type.path))
    if not isinstance(data, dict | list):
        raise UnexpectedAnswerError(f"the service's {config_type.name} is not an object")
    return Snapshot(config_type, data, revision)


def newest_revision(client: Client, config_type: ConfigType) -> Revision | None:
    """The newest revision without its data, or None where the history is empty."""
    found = _history(client, config_type, [("order", "DESC"), ("limit", "1")], data=False)
    return found[0] if found else None


def revision(client: Client, config_type: ConfigType, number: int) -> Revision:
    """One revision with its data.

    Raises:
        UsageError: there is no such revision, or it was deleted.
    """
    found = _history(client, config_type, [("revision", str(number))], data=True)
    if not found:
        raise UsageError(
            f"{config_type.name} has no revision {number}, or it was deleted",
            hint=f"`osmo config show {config_type.name}` shows what is stored now",
        )
    return found[0]


def revisions_after(client: Client, config_type: ConfigType, number: int) -> list[Revision]:
    """The revisions behind `number`, oldest first, without data; at most the newest 100."""
    query = [("order", "ASC"), ("limit", "100")]
    found = _history(client, config_type, query, data=False)
    return [entry for entry in found if entry.number > number]


def _history(
    client: Client, config_type: ConfigType, query: list[tuple[str, str]], *, data: bool
) -> list[Revision]:
    parameters = [("config_types", config_type.name), ("omit_data", str(not data)), *query]
    answer = client.get(_HISTORY, parameters)
    try:
        return [
            Revision(
                int(entry["revision"]),
                str(entry["name"]),
                str(entry["username"]),
                str(entry["description"]),
                entry["data"],
            )
            for entry in answer["configs"]
        ]
    except (KeyError, TypeError, ValueError):
        raise UnexpectedAnswerError("the service's history is not in the known form") from None


def changed_secrets(client: Client, config_type: ConfigType, since: int, now: int) -> Any:
    """The state at revision `now`; a secret changed after `since` is marked as such (api.md 4)."""
    query = [
        ("config_type", config_type.name),
        ("first_revision", str(since)),
        ("second_revision", str(now)),
    ]
    return client.get((*_ROOT, "diff"), query)["second_data"]


def write(
    client: Client,
    config_type: ConfigType,
    name: str | None,
    patch: Patch,
    *,
    description: str,
    tags: list[str] | None,
) -> None:
    """Send one write; it is never repeated here."""
    segments = (*_ROOT, config_type.path, *([name] if name is not None else []))
    client.request(patch.verb.method, segments, body=patch.body(description, tags))


def delete(
    client: Client,
    config_type: ConfigType,
    name: str,
    *,
    description: str | None,
    tags: list[str] | None,
    force: bool,
) -> None:
    """Delete a named item. The body is required, also an empty one (api.md 3.1)."""
    body: dict[str, Any] = {}
    if description is not None:
        body["description"] = description
    if tags:
        body["tags"] = tags
    if force:
        body["force"] = True
    client.request("DELETE", (*_ROOT, config_type.path, name), body=body)


def delete_revision(client: Client, config_type: ConfigType, number: int) -> None:
    """Hide a revision from the history."""
    client.request("DELETE", (*_HISTORY, config_type.path, "revision", str(number)))
