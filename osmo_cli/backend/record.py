"""What a registration has created so far, so that it can be continued, or undone exactly.

An entry is made before the request that creates it, and marked as done after: what an interrupted
run may have created is in the record too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

_FORMAT = 1


class Kind(StrEnum):
    """Kinds of what a registration creates.

    `SHOWN` is a token that was printed and is in no file; `BACKEND` is the backend itself, which
    its operator creates.
    """

    DIRECTORY = "directory"
    ROLE = "role"
    USER = "user"
    USER_ROLE = "user role"
    TOKEN = "token"  # noqa: S105 - a kind
    SHOWN = "shown token"
    OBJECT = "object"
    RELEASE = "release"
    BACKEND = "backend"


@dataclass(frozen=True)
class Entry:
    """One thing that was created.

    Attributes:
        done: it was created; otherwise its creation was begun, and its outcome is unknown.
    """

    kind: Kind
    name: str
    done: bool


@dataclass(frozen=True)
class Record:
    """The record of one registration.

    Attributes:
        id: in the description of the token, so that it can be recognized as this one's.
        backend: name of the backend.
        service: address of the service.
        kube_context: context of kubectl and helm; "" for the current one.
        entries: in the order of their creation.
    """

    id: str
    backend: str
    service: str
    kube_context: str = ""
    entries: tuple[Entry, ...] = ()

    def of(self, kind: Kind) -> list[Entry]:
        """The entries of that kind."""
        return [entry for entry in self.entries if entry.kind is kind]

    def has(self, kind: Kind) -> bool:
        """Whether there is an entry of that kind, also of one whose outcome is unknown."""
        return bool(self.of(kind))

    def begun(self, kind: Kind, name: str) -> Record:
        """The record with an entry whose creation begins; one that is done stays."""
        if Entry(kind, name, done=True) in self.entries:
            return self
        return self._with(Entry(kind, name, done=False))

    def finished(self, kind: Kind, name: str) -> Record:
        """The record with an entry that exists."""
        return self._with(Entry(kind, name, done=True))

    def without(self, kind: Kind, name: str) -> Record:
        """The record without an entry."""
        left = (entry for entry in self.entries if (entry.kind, entry.name) != (kind, name))
        return replace(self, entries=tuple(left))

    def _with(self, entry: Entry) -> Record:
        entries = self.without(entry.kind, entry.name).entries
        return replace(self, entries=(*entries, entry))


def write_record(record: Record) -> str:
    """The record as JSON."""
    entries = [
        {"kind": entry.kind.value, "name": entry.name, "done": entry.done}
        for entry in record.entries
    ]
    value = {
        "format": _FORMAT,
        "id": record.id,
        "backend": record.backend,
        "service": record.service,
        "kube_context": record.kube_context,
        "created": entries,
    }
    return json.dumps(value, indent=2) + "\n"


def read_record(text: str) -> Record:
    """The record that `write_record` wrote.

    Raises:
        ValueError: it is something else.
    """
    try:
        value = json.loads(text)
        if value["format"] != _FORMAT:
            raise ValueError(value["format"])
        texts = {key: value[key] for key in ("id", "backend", "service", "kube_context")}
        if not all(isinstance(item, str) for item in texts.values()):
            raise ValueError("not a string")
        return Record(**texts, entries=tuple(map(_entry, value["created"])))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(type(error).__name__) from None


def _entry(value: dict[str, Any]) -> Entry:
    return Entry(Kind(value["kind"]), str(value["name"]), value["done"] is True)
