"""Configurations and their history (api.md 3.1, 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from osmo_cli.api.client import Client
from osmo_cli.api.errors import NotFoundError, RefusedError, UnexpectedAnswerError
from osmo_cli.api.urls import build_path
from osmo_cli.config.secrets import mask_secret_changes, mask_secrets
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.config.changes.patch import Patch
    from osmo_cli.config.registry.types import ConfigType

_ROOT = ("api", "configs")
_HISTORY = (*_ROOT, "history")
_FUTURE = "2999-01-01T00:00:00"
_ODD_HISTORY = "the service's history is not in the known form"


@dataclass(frozen=True)
class Revision:
    """One revision of a config type.

    Attributes:
        number: counted per type, from 1.
        name: the item that was changed; empty for the whole type.
        username: who made it.
        description: what was written for it.
        data: the type's whole configuration, or None where it was not asked for.
        tags: may change later, so they do not distinguish revisions.
        config_type: name of the type.
        created_at: the time in UTC, as the service writes it.
        entry: the service's own JSON object, for output.
    """

    number: int
    name: str
    username: str
    description: str
    data: Any
    tags: tuple[str, ...] = field(default=(), compare=False)
    config_type: str = ""
    created_at: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


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
        return self.config_type.items_in(self.data)

    def item(self, name: str) -> Any:
        """The item of that name.

        Raises:
            UsageError: there is none; names those that there are.
        """
        items = self.items()
        if name in items:
            return items[name]
        raise self.no_item(name)

    def no_item(self, name: str) -> UsageError:
        """Return the error for an item that does not exist; it names those that do."""
        known = ", ".join(sorted(self.items()))
        hint = f"existing items: {known}" if known else "the type has no items"
        return UsageError(f'"{name}" not found in {self.config_type.name}', hint=hint)


class Configs:
    """The configurations of one service, and their history."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def read(
        self, config_type: ConfigType, *, with_revision: bool = False, verbose: bool = False
    ) -> Snapshot:
        """Read a type's live configuration, and its newest revision first where asked for.

        With `verbose` a pool holds also what the service works out for it (api.md 3.9).
        """
        revision = self.newest_revision(config_type) if with_revision else None
        query = [("verbose", "True")] if verbose else []
        try:
            data = self._client.get((*_ROOT, config_type.path), query)
        except NotFoundError:
            raise no_such_type(config_type) from None
        if not isinstance(data, dict | list):
            raise UnexpectedAnswerError(f"the service's {config_type.name} is not an object")
        return Snapshot(config_type, mask_secrets(config_type, data), revision)

    def newest_revision(self, config_type: ConfigType, *, data: bool = False) -> Revision | None:
        """The newest revision, with its data where asked for; None where the history is empty."""
        found = self._history(config_type, [("order", "DESC"), ("limit", "1")], data=data)
        return found[0] if found else None

    def revision(self, config_type: ConfigType, number: int, *, data: bool = True) -> Revision:
        """One revision, with its data where asked for.

        Raises:
            UsageError: there is no such revision, or it was deleted.
        """
        found = self._history(config_type, [("revision", str(number))], data=data)
        if not found:
            raise UsageError(
                f"revision {number} of {config_type.name} not found, or it was deleted",
                hint=f"`osmo config history {config_type.name}` lists the revisions",
            )
        return found[0]

    def has_revision(self, config_type: ConfigType, number: int) -> bool:
        """Whether the history shows that revision; a deleted one is not shown."""
        return bool(self._history(config_type, [("revision", str(number))], data=False))

    def revisions_after(self, config_type: ConfigType, number: int) -> list[Revision]:
        """The revisions behind `number`, oldest first, without data; at most the newest 100."""
        query = [("order", "ASC"), ("limit", "100")]
        found = self._history(config_type, query, data=False)
        return [entry for entry in found if entry.number > number]

    def history(
        self, query: Sequence[tuple[str, str]], config_type: ConfigType | None = None
    ) -> list[Revision]:
        """Return the revisions that match the filters, without data."""
        return self._history(config_type, list(query), data=False)

    def current_revisions(self) -> list[Revision]:
        """Return the newest revision of each config type, without data."""
        # A time that is surely behind the newest entry, whatever this machine's clock says.
        return self.history([("at_timestamp", _FUTURE)])

    def _entries(
        self, query: Sequence[tuple[str, str]], config_type: ConfigType | None
    ) -> list[dict[str, Any]]:
        """Entries of the history, all or of one type.

        Raises:
            UsageError: the service does not know the type.
        """
        if config_type is not None:
            query = [("config_types", config_type.name), *query]
        try:
            answer = self._client.get(_HISTORY, query)
        except RefusedError as error:
            if config_type is not None and error.message.startswith("config_types"):
                raise no_such_type(config_type) from None
            raise
        entries = answer.get("configs") if isinstance(answer, dict) else None
        if not isinstance(entries, list) or any(not isinstance(entry, dict) for entry in entries):
            raise UnexpectedAnswerError(_ODD_HISTORY)
        return entries

    def _history(
        self, config_type: ConfigType | None, query: list[tuple[str, str]], *, data: bool
    ) -> list[Revision]:
        parameters = [("omit_data", str(not data)), *query]
        try:
            return [
                Revision(
                    number=int(entry["revision"]),
                    name=str(entry["name"] or ""),
                    username=str(entry["username"] or ""),
                    description=str(entry["description"] or ""),
                    data=mask_secrets(config_type, entry["data"]) if config_type else None,
                    tags=tuple(map(str, entry["tags"] or ())),
                    config_type=str(entry["config_type"]),
                    created_at=str(entry["created_at"]),
                    entry={**entry, "data": None},
                )
                for entry in self._entries(parameters, config_type)
            ]
        except (KeyError, TypeError, ValueError):
            raise UnexpectedAnswerError(_ODD_HISTORY) from None

    def diff(self, config_type: ConfigType, first: int, second: int) -> tuple[Any, Any]:
        """Two revisions' data; a secret that the second changed is marked there (api.md 4)."""
        query = [
            ("config_type", config_type.name),
            ("first_revision", str(first)),
            ("second_revision", str(second)),
        ]
        answer = self._client.get((*_ROOT, "diff"), query)
        try:
            states = answer["first_data"], answer["second_data"]
        except (KeyError, TypeError):
            raise UnexpectedAnswerError("the service's diff is not in the known form") from None
        return mask_secret_changes(config_type, *states, second)

    def changed_secrets(self, config_type: ConfigType, since: int, now: int) -> Any:
        """The state at revision `now`; secrets changed after `since` are marked as such."""
        return self.diff(config_type, since, now)[1]

    def write(
        self,
        config_type: ConfigType,
        name: str | None,
        patch: Patch,
        *,
        description: str,
        tags: list[str] | None,
    ) -> None:
        """Send one write; it is never repeated here."""
        segments = _segments(config_type, name)
        self._client.request(patch.verb.method, segments, body=patch.body(description, tags))

    def delete(
        self,
        config_type: ConfigType,
        name: str,
        *,
        description: str | None,
        tags: list[str] | None,
        force: bool,
    ) -> None:
        """Delete a named item. The body is required, also an empty one (api.md 3.1)."""
        body = _entry(description, tags)
        if force:
            body["force"] = True
        self._client.request("DELETE", (*_ROOT, config_type.path, name), body=body)

    def delete_revision(self, config_type: ConfigType, number: int) -> None:
        """Hide a revision from the history."""
        self._client.request("DELETE", (*_HISTORY, config_type.path, "revision", str(number)))

    def rollback(
        self,
        config_type: ConfigType,
        number: int,
        *,
        description: str | None,
        tags: list[str] | None,
    ) -> None:
        """Make the state of a revision the live one, by a new revision; never repeated here."""
        body = {"config_type": config_type.name, "revision": number, **_entry(description, tags)}
        self._client.request("POST", (*_HISTORY, "rollback"), body=body)

    def change_tags(
        self, config_type: ConfigType, number: int, added: list[str], removed: list[str]
    ) -> None:
        """Add and remove tags of a revision; what is in both is removed."""
        body = {"set_tags": added} if added else {}
        if removed:
            body["delete_tags"] = removed
        segments = (*_HISTORY, config_type.path, "revision", str(number), "tags")
        self._client.request("POST", segments, body=body)

    def rename(
        self,
        config_type: ConfigType,
        old: str,
        new: str,
        *,
        description: str | None,
        tags: list[str] | None,
    ) -> None:
        """Give an item another name."""
        body = {"new_name": new, **_entry(description, tags)}
        self._client.request("PUT", (*_ROOT, config_type.path, old, "rename"), body=body)


def no_such_type(config_type: ConfigType) -> UsageError:
    """The service is of a version that does not have this type."""
    return UsageError(
        f"this service has no {config_type.name}",
        hint="`osmo version` tells its version; types come and go with versions",
    )


def write_path(config_type: ConfigType, name: str | None) -> str:
    """The path that a write of the type or of an item is sent to."""
    return build_path(_segments(config_type, name))


def _segments(config_type: ConfigType, name: str | None) -> tuple[str, ...]:
    return (*_ROOT, config_type.path, *([name] if name is not None else []))


def _entry(description: str | None, tags: list[str] | None) -> dict[str, Any]:
    """What a write says for the history; without a description the service has its own."""
    entry: dict[str, Any] = {} if description is None else {"description": description}
    return entry | ({"tags": tags} if tags else {})
