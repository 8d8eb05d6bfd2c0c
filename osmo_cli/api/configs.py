"""Configurations and their history (docs/service/routes.md, docs/service/history.md).

Whatever a service sends of a configuration is masked here, where it enters (`mask_secrets`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from osmo_cli.api.answers import (
    as_object,
    as_objects,
    integer,
    optional_line,
    optional_text,
    texts,
    unexpected,
)
from osmo_cli.api.client import Client
from osmo_cli.api.errors import RouteNotFoundError, UnknownConfigTypeError
from osmo_cli.api.urls import build_path
from osmo_cli.config.secrets import mask_secret_changes, mask_secrets
from osmo_cli.errors import MissingError, OsmoError, UsageError
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.config.changes.patch import Patch
    from osmo_cli.config.registry.types import ConfigType

_ROOT = ("api", "configs")
_HISTORY = (*_ROOT, "history")
_FUTURE = "2999-01-01T00:00:00"
_HISTORY_FORM = "the history"


@dataclass(frozen=True)
class Revision:
    """One entry of a type's history.

    Two entries are equal if they are the same revision; tags may change later.

    Attributes:
        number: counted per type.
        name: the item that changed; "" for the whole type.
        username: who changed it.
        description: what the writer said about it.
        data: the type's whole configuration, or None where it was not asked for.
        tags: set by users.
        config_type: name of the type, which may have ceased to exist.
        created_at: ISO 8601, as the service writes it.
        entry: the service's own form, for output as data.
    """

    number: int
    name: str
    username: str
    description: str
    data: Any
    tags: tuple[str, ...] = field(default=(), compare=False)
    config_type: str = field(default="", compare=False)
    created_at: str = field(default="", compare=False)
    entry: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


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

    @property
    def number(self) -> int | None:
        """Number of the revision; None where the revision is None."""
        return None if self.revision is None else self.revision.number

    def items(self) -> dict[str, Any]:
        """The named items by name; empty for a type without names."""
        return self._items

    @cached_property
    def _items(self) -> dict[str, Any]:
        # Asked for once per item of a plan, and made anew where the service sends a list.
        if self.config_type.named is None:
            return {}
        return self.config_type.items_in(self.data)

    def item(self, name: str) -> Any:
        """The item of that name.

        Raises:
            MissingError: it does not exist; the hint lists the items.
        """
        items = self.items()
        if name in items:
            return items[name]
        raise self.no_item(name)

    def no_item(self, name: str) -> MissingError:
        """The error for an item that does not exist; the hint lists the items."""
        known = ", ".join(sorted(self.items()))
        hint = f"existing items: {known}" if known else "the type has no items"
        return MissingError(f'"{name}"', where=self.config_type.name, hint=hint)


class Configs:
    """The configurations of one service, and their history."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def read(
        self, config_type: ConfigType, *, with_revision: bool = False, verbose: bool = False
    ) -> Snapshot:
        """Read a type's live configuration, and its newest revision first where asked for.

        With `verbose` a pool also has its computed fields (docs/service/pool.md#computed-fields).

        Raises:
            MissingError: the service does not have the type.
            UnexpectedAnswerError: the answer does not have the form of the type.
        """
        revision = self.newest_revision(config_type) if with_revision else None
        query = [("verbose", "True")] if verbose else []
        try:
            data = self._client.get((*_ROOT, config_type.path), query)
        except RouteNotFoundError:
            raise no_such_type(config_type) from None
        return _snapshot(config_type, data, revision)

    def read_each(self, config_types: Sequence[ConfigType]) -> list[Snapshot]:
        """Read the live configurations of several types, a few at a time.

        Raises:
            OsmoError: as `read`, for the first that cannot be read.
        """
        answers = self._client.get_each([(*_ROOT, row.path) for row in config_types])
        for config_type, answer in zip(config_types, answers, strict=True):
            if isinstance(answer, RouteNotFoundError):
                raise no_such_type(config_type)
            if isinstance(answer, OsmoError):
                raise answer
        return [
            _snapshot(config_type, answer, None)
            for config_type, answer in zip(config_types, answers, strict=True)
        ]

    def read_item(self, config_type: ConfigType, name: str) -> Any:
        """Read one item, also where the service cannot read the whole type."""
        return mask_secrets(config_type, self._client.get((*_ROOT, config_type.path, name)))

    def newest_revision(self, config_type: ConfigType, *, data: bool = False) -> Revision | None:
        """The newest revision, with its data where asked for; None where the history is empty."""
        revisions = self._revisions(config_type, [("order", "DESC"), ("limit", "1")], data=data)
        return revisions[0] if revisions else None

    def revision(self, config_type: ConfigType, number: int, *, data: bool = True) -> Revision:
        """One revision, with its data where asked for.

        Raises:
            MissingError: it does not exist, or was deleted.
        """
        revisions = self._revisions(config_type, [("revision", str(number))], data=data)
        if not revisions:
            raise MissingError(
                f"revision {number} of {config_type.name}",
                hint=f"`osmo config history {config_type.name}` lists the revisions; "
                "deleted ones are not shown",
            )
        return revisions[0]

    def has_revision(self, config_type: ConfigType, number: int) -> bool:
        """Whether the history shows that revision; a deleted one is not shown."""
        return bool(self._revisions(config_type, [("revision", str(number))], data=False))

    def revisions_after(self, config_type: ConfigType, number: int) -> list[Revision]:
        """The revisions after `number`, oldest first, without data; at most the newest 100."""
        query = [("order", "ASC"), ("limit", "100")]
        revisions = self._revisions(config_type, query, data=False)
        return [revision for revision in revisions if revision.number > number]

    def history(
        self, query: Sequence[tuple[str, str]], config_type: ConfigType | None = None
    ) -> list[Revision]:
        """The revisions that match the filters, of one type or all, without data."""
        return self._revisions(config_type, query, data=False)

    def current_revisions(self) -> list[Revision]:
        """The newest revision of each config type, without data."""
        # A time that is surely after the newest entry, whatever this machine's clock says.
        return self.history([("at_timestamp", _FUTURE)])

    def revisions_by_type(self) -> dict[str, Revision]:
        """The newest revision of each config type, without data, by the type's name."""
        return {revision.config_type: revision for revision in self.current_revisions()}

    def _revisions(
        self, config_type: ConfigType | None, query: Sequence[tuple[str, str]], *, data: bool
    ) -> list[Revision]:
        """Entries of the history, of one type or all; with data of one type only.

        Raises:
            MissingError: the service does not have the type.
        """
        filters = [("omit_data", str(not data)), *query]
        if config_type is not None:
            filters.insert(0, ("config_types", config_type.name))
        try:
            answer = self._client.get(_HISTORY, filters)
        except UnknownConfigTypeError:
            if config_type is None:
                raise
            raise no_such_type(config_type) from None
        entries = as_objects(as_object(answer, _HISTORY_FORM).get("configs"), _HISTORY_FORM)
        return [_revision(entry, config_type if data else None) for entry in entries]

    def diff(self, config_type: ConfigType, first: int, second: int) -> tuple[Any, Any]:
        """The data of two revisions; secrets that the second changed are marked in it
        (docs/service/history.md#diff)."""
        query = [
            ("config_type", config_type.name),
            ("first_revision", str(first)),
            ("second_revision", str(second)),
        ]
        answer = self._client.get((*_ROOT, "diff"), query)
        fields = as_object(answer, "the diff")
        states = fields.get("first_data"), fields.get("second_data")
        if not all(isinstance(state, dict | list) for state in states):
            raise unexpected("the diff")
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
        """Delete a named item. A body is required, even an empty one
        (docs/service/routes.md#request-bodies)."""
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


def _snapshot(config_type: ConfigType, data: Any, revision: Revision | None) -> Snapshot:
    _check_form(config_type, data, config_type.name)
    return Snapshot(config_type, mask_secrets(config_type, data), revision)


def no_such_type(config_type: ConfigType) -> UsageError:
    """The error for a type that the service's version does not have."""
    return UsageError(
        f"this service has no {config_type.name} (config type not found)",
        hint="`osmo version` shows its version",
    )


def _check_form(config_type: ConfigType, data: Any, what: str) -> None:
    """Raise UnexpectedAnswerError unless data is of the type, as far as all versions have it."""
    if not isinstance(data, dict | list):
        raise unexpected(what)
    if config_type.named is None:
        if not isinstance(data, dict):
            raise unexpected(what)
        return
    try:
        items = config_type.items_in(data)
    except (AttributeError, KeyError, TypeError):
        raise unexpected(what) from None
    for name, item in items.items():
        is_name = isinstance(name, str) and len(name.splitlines()) < 2
        if not is_name or not isinstance(item, dict | list):
            raise unexpected(f"{what}: an item")


def _revision(entry: dict[str, Any], config_type: ConfigType | None) -> Revision:
    """A revision of an answer; with its data, masked, where its type is given."""
    number = integer(entry, "revision", _HISTORY_FORM)
    if config_type is not None and not isinstance(entry.get("data"), dict | list):
        raise unexpected(f"{_HISTORY_FORM}: data")
    data = entry["data"] if config_type is not None else None
    if config_type is not None:
        _check_form(config_type, data, f"{_HISTORY_FORM}: data")
    return Revision(
        number,
        optional_line(entry, "name"),
        optional_line(entry, "username"),
        optional_text(entry, "description"),
        data if config_type is None else mask_secrets(config_type, data),
        texts(entry.get("tags"), _HISTORY_FORM),
        optional_line(entry, "config_type"),
        optional_line(entry, "created_at"),
        entry,
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
