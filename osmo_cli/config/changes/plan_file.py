"""The file that holds a plan until it is applied: the wanted state, and what it is based on.

It holds no secret. A secret field that is a reference is kept as the reference; of one that is
written in clear, only its place is kept, and the value is read again from the file that it came
from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from osmo_cli.config.changes.plan import Plan
from osmo_cli.config.problems import Path
from osmo_cli.config.reading.document import Document, Place
from osmo_cli.config.reading.inputs import Input, Inputs
from osmo_cli.config.reading.json_text import write_json
from osmo_cli.config.reading.layout import ConfigRef
from osmo_cli.config.reading.references import is_only_references
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import is_mask, mask_secrets
from osmo_cli.config.values import replaced, value_at
from osmo_cli.errors import ConflictError, UsageError

FORMAT = "osmo plan"
VERSION = 1
"""Of the format; a file of a later one is refused."""


@dataclass(frozen=True)
class PlannedFile:
    """The wanted state of one object, or of the items of a type.

    Attributes:
        file: where it was read, from the directory in which the plan was made.
        ref: what it describes.
        value: its content, with references; null for each secret that is written in clear.
        secrets: the paths of these secrets.
    """

    file: str
    ref: ConfigRef
    value: Any = field(repr=False)
    secrets: tuple[Path, ...] = ()


@dataclass(frozen=True)
class PlanFile:
    """A plan that can be applied later.

    Attributes:
        service: the address of the service.
        dialect: the version that it used.
        source: what the user named as the input.
        types: names of the types that the plan is limited to.
        names: patterns of the names of items, likewise.
        prune: whether items without a file are deleted.
        partial: whether a file is a part of its object.
        bases: the revisions that the plan is made on, by type.
        digest: of the plan.
        files: the wanted state.
    """

    service: str
    dialect: str
    source: tuple[str, ...]
    types: tuple[str, ...]
    names: tuple[str, ...]
    prune: bool
    partial: bool
    bases: Mapping[str, int | None]
    digest: str
    files: tuple[PlannedFile, ...] = field(repr=False)

    def text(self) -> str:
        """Return the content of the file."""
        content = {"format": FORMAT, "version": VERSION, **asdict(self)}
        content["files"] = [
            {
                "file": planned.file,
                "type": planned.ref.config_type.name,
                "name": planned.ref.name,
                "value": planned.value,
                "secrets_in_file": [list(path) for path in planned.secrets],
            }
            for planned in self.files
        ]
        content["checksum"] = _checksum(content)
        return write_json(content)


def plan_file_of(
    plan: Plan,
    inputs: Inputs,
    *,
    types: Sequence[str],
    names: Sequence[str],
    prune: bool,
    partial: bool,
) -> PlanFile:
    """Return the file of a plan.

    Args:
        plan: the plan.
        inputs: the files that it was made from.
        types, names, prune, partial: as in `PlanFile`.
    """
    return PlanFile(
        service=plan.service,
        dialect=plan.dialect,
        source=plan.source,
        types=tuple(types),
        names=tuple(names),
        prune=prune,
        partial=partial,
        bases=dict(plan.bases),
        digest=plan.digest,
        files=tuple(
            _planned(item)
            for item in inputs.all
            if not types or item.shape.config_type.name in types
        ),
    )


def _planned(item: Input) -> PlannedFile:
    document, shape = item.document, item.shape
    value = document.value
    for path, place in document.places.items():
        if place.reference is not None:
            value = replaced(value, path, place.reference)
    masked = mask_secrets(shape.config_type, value)
    secrets = tuple(
        path
        for path, text in _scalars(value)
        if (shape.is_secret(path) or is_mask(value_at(masked, path)))
        and not (text in (None, "") or isinstance(text, bool) or is_mask(text))
        and not (isinstance(text, str) and is_only_references(text))
    )
    for path in secrets:
        value = replaced(value, path, None)
    return PlannedFile(document.name, ConfigRef(shape.config_type, shape.name), value, secrets)


def _scalars(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _scalars(inner, (*at, key))
    else:
        yield at, value


def document_of(value: Any, name: str) -> Document:
    """Return the content of a file of that name as a document; its places are not known."""
    places: dict[Path, Place] = {}

    def add(inner: Any, at: Path) -> None:
        places[at] = Place(None, 0)
        if isinstance(inner, dict | list):
            for key, part in inner.items() if isinstance(inner, dict) else enumerate(inner):
                add(part, (*at, key))

    add(value, ())
    return Document(name, "", value, places)


def is_plan(content: Any) -> bool:
    """Whether the content of a JSON file is that of a plan."""
    return isinstance(content, dict) and content.get("format") == FORMAT


def parse_plan_file(name: str, text: str) -> PlanFile:
    """Return the plan in a file.

    Args:
        name: the file.
        text: its content.

    Raises:
        UsageError: it is not a plan, or has a later format.
        ConflictError: it was changed after it was written.
    """
    make_again = "make the plan again: osmo config plan DIR --out FILE"
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not is_plan(content):
        hint = "name a directory, or a file that `osmo config plan DIR --out FILE` has written"
        raise UsageError(f"{name} is not a plan", hint=hint)
    version = content.get("version")
    if version != VERSION:
        raise UsageError(
            f"{name} has format {version} of plan files; this version of osmo reads {VERSION}",
            hint=f"use the version of osmo that wrote it, or {make_again}",
        )
    if content.pop("checksum", None) != _checksum(content):
        raise ConflictError(
            f"{name} was changed after it was written", hint=f"nothing was sent; {make_again}"
        )
    try:
        return _parsed(content)
    except (KeyError, TypeError, AttributeError):
        raise UsageError(f"{name} is an incomplete plan", hint=make_again) from None


def _parsed(content: Mapping[str, Any]) -> PlanFile:
    return PlanFile(
        service=content["service"],
        dialect=content["dialect"],
        source=tuple(content["source"]),
        types=tuple(content["types"]),
        names=tuple(content["names"]),
        prune=content["prune"],
        partial=content["partial"],
        bases=dict(content["bases"]),
        digest=content["digest"],
        files=tuple(
            PlannedFile(
                entry["file"],
                ConfigRef(CONFIG_TYPES[entry["type"]], entry["name"]),
                entry["value"],
                tuple(tuple(path) for path in entry["secrets_in_file"]),
            )
            for entry in content["files"]
        ),
    )


def _checksum(content: Mapping[str, Any]) -> str:
    """Return the digest of everything in a file; it shows an edit, and proves no author."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
