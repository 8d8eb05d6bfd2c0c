"""An input as a service of its version reads it.

Scripts and files outlive service versions. Fields that only other versions have are left out with
a warning, and numbers are read as the service reads them, so that the rest can be stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.dialects import dialects_with
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.schemas.base import bare, model_at
from osmo_cli.config.values import ABSENT, value_at
from osmo_cli.quick_dataclass import dataclass


@dataclass(frozen=True)
class Adapted:
    """An input without what a service does not have.

    Attributes:
        given: what is left.
        problems: what was left out, and what the service would store otherwise.
    """

    given: Any = field(repr=False)
    problems: list[Problem]


def adapt(document: Document, shape: Shape, given: Any, live: Any) -> Adapted:
    """Read `given`, which `document` holds, as a service with `shape.dialect` does.

    Args:
        document: the input.
        shape: what it describes.
        given: the input without what is never sent.
        live: the stored state; a field that it has is one of the service.
    """
    reader = _Reader(document, shape, live, [])
    return Adapted(reader.read(given, shape.model(), ()), reader.problems)


@dataclass(frozen=True)
class _Reader:
    document: Document
    shape: Shape
    live: Any
    problems: list[Problem]

    def read(self, value: Any, annotation: Any, path: Path) -> Any:
        expected = bare(annotation)
        if isinstance(value, dict):
            return dict(self._fields(value, expected, path))
        if isinstance(value, list) and get_origin(expected) is list:
            item = get_args(expected)[0]
            return [self.read(inner, item, (*path, index)) for index, inner in enumerate(value)]
        if expected is int and isinstance(value, float) and value.is_integer():
            return int(value)
        return value

    def _fields(
        self, value: dict[str, Any], expected: Any, path: Path
    ) -> Iterator[tuple[str, Any]]:
        is_model = isinstance(expected, type) and issubclass(expected, BaseModel)
        for key, inner in value.items():
            at = (*path, key)
            if not is_model:
                of_map = get_origin(expected) is dict
                yield key, self.read(inner, get_args(expected)[1], at) if of_map else inner
            elif known := expected.model_fields.get(key):
                if inner == [] and not known.is_required():
                    self._check_empty(at, known.get_default(call_default_factory=True))
                yield key, self.read(inner, known.annotation, at)
            elif not self._is_of_another_version(inner, at):
                yield key, inner

    def _is_of_another_version(self, value: Any, path: Path) -> bool:
        """Whether to leave a field out that the schema does not have; warns about it."""
        if value_at(self.live, path, ABSENT) is not ABSENT:
            return False
        essential = self.shape.config_type.definition.essential
        if path[self.shape.is_map :] in essential and value:
            return False
        versions = _versions_with(self.shape, path)
        if not versions:
            return False
        problem = self.document.problem(
            f"not sent: {self.shape.dialect.name} does not have this field",
            path,
            at_key=True,
            hint=f"it exists in {', '.join(versions)}",
            severity="warning",
        )
        self.problems.append(problem)
        return True

    def _check_empty(self, path: Path, default: Any) -> None:
        """Refuse an empty list for which the service would store the field's default.

        See docs/service/merge.md#empty-lists.
        """
        config_type = self.shape.config_type
        verb = config_type.whole if self.shape.name is None else config_type.named
        is_merged = verb is not None and verb.semantics == "strategic-merge"
        if not (default and is_merged and self.shape.dialect.empty_list_is_lost):
            return
        if value_at(self.live, path) == []:
            return
        names = ", ".join(f'"{name}"' for name in default)
        message = f"cannot be emptied: this service would store the default [{names}] instead"
        self.problems.append(self.document.problem(message, path, hint="name at least one"))


def _versions_with(shape: Shape, path: Path) -> list[str]:
    """Return the names of the dialects whose schema has a field at `path`."""
    return [
        name
        for name, dialect in dialects_with(shape.config_type.name).items()
        if (parent := model_at(shape.model(dialect), path[:-1])) is not None
        and path[-1] in parent.model_fields
    ]
