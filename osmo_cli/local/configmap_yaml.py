"""The YAML of a ConfigMap as the service reads it, with the place of each value.

The service reads with PyYAML: YAML 1.1, and the later of two equal keys counts
(docs/service/configmap.md#the-file).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any

from osmo_cli.config.problems import InvalidInputError, Path, Problem

_Place = tuple[int, int]


@dataclass(frozen=True)
class Source:
    """A YAML file that was read.

    Attributes:
        name: of the file, for messages.
        value: its content as JSON values.
        places: line and column of each value, 1-based.
        key_places: those of each key.
    """

    name: str
    value: Any
    places: dict[Path, _Place] = field(default_factory=dict)
    key_places: dict[Path, _Place] = field(default_factory=dict)

    def problem(
        self, message: str, path: Path, *, at_key: bool = False, hint: str | None = None
    ) -> Problem:
        """What is wrong with the value at `path`, or with its key, or around it."""
        at = path
        while at and at not in self.places:
            at = at[:-1]
        places = self.key_places if at_key and at in self.key_places else self.places
        line, column = places.get(at, (None, None))
        return Problem(message, self.name, line, column, path, hint)


def read_source(name: str, text: str) -> Source:
    """Read YAML.

    Raises:
        InvalidInputError: it is not YAML, or not only plain values.
    """
    import yaml

    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return Source(name, None)
        source = Source(name, _json_value(loader.construct_document(node)))
        _collect_places(node, (), source)
        return source
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        problem = Problem(f"not YAML: {error.problem or error.context}", name, *place)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        problem = Problem(f"not YAML: {error}", name)
    raise InvalidInputError([problem]) from None


def _collect_places(node: Any, at: Path, source: Source) -> None:
    import yaml

    source.places[at] = _place(node)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            path = (*at, str(key.value))
            source.key_places[path] = _place(key)
            _collect_places(value, path, source)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect_places(value, (*at, index), source)


def _place(node: Any) -> _Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _json_value(value: Any) -> Any:
    """A value as the service's answers have it: keys are strings, dates too."""
    if isinstance(value, dict):
        return {_key(key): _json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_json_value(inner) for inner in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _key(key: Any) -> str:
    if key is None:
        return "null"
    return str(key).lower() if isinstance(key, bool) else str(key)
