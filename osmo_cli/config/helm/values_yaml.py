"""Values as YAML that Helm reads as they are meant (docs/service/helm-values.md#yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from osmo_cli.config.problems import Path, path_text
from osmo_cli.config.reading.invisible import escape_invisible
from osmo_cli.config.reading.yaml_text import escape

# A word that begins with a letter is a string for every reader of YAML, but for these.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*", re.ASCII)
_NOT_STRINGS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_LOST = {
    "=": "Helm writes a lone = without quotes, and the service cannot parse the file",
    "<<": "Helm writes << without quotes, and the service cannot parse the file",
}
_LOST_CHARACTERS = {"\u2028": "U+2028", "\x85": "U+0085"}
_LARGEST_EXACT = 2**53
_LEAST_PLAIN, _MOST_PLAIN = 1e-4, 1e21
"""Helm writes numbers outside these with an exponent."""


def write_values(values: Any) -> str:
    """Values as YAML; every string that a reader could take for something else is quoted."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def string(dumper: Any, value: str) -> Any:
        style = None if is_plain(value) else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, string)
    text = yaml.dump(values, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=2**31)
    return escape_invisible(text, escape)


def is_plain(text: str) -> bool:
    """Whether `text` is a string for every reader without quotes."""
    return bool(_PLAIN.fullmatch(text)) and text.lower() not in _NOT_STRINGS


@dataclass(frozen=True)
class Lost:
    """A value that does not reach the service as it is written.

    Attributes:
        path: of the value, or of what has the key.
        message: what happens.
        breaks: the service cannot read the file.
    """

    path: Path
    message: str
    breaks: bool = False

    def __str__(self) -> str:
        """`a.b: what happens`."""
        return f"{path_text(self.path)}: {self.message}"


def lost_in_helm(value: Any, at: Path = ()) -> Iterator[Lost]:
    """What in `value` does not reach the service as it is written."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lost_string(key, (*at, key))
            yield from lost_in_helm(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from lost_in_helm(inner, (*at, index))
    elif isinstance(value, str):
        yield from _lost_string(value, at)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _lost_number(value, at)


def _lost_string(text: str, at: Path) -> Iterator[Lost]:
    if text in _LOST:
        yield Lost(at, _LOST[text], breaks=True)
    for character, name in _LOST_CHARACTERS.items():
        if character in text:
            yield Lost(at, f"Helm does not keep the character {name}")


def _lost_number(number: float, at: Path) -> Iterator[Lost]:
    if isinstance(number, int) and abs(number) < _MOST_PLAIN:
        if abs(number) > _LARGEST_EXACT:
            yield Lost(at, "Helm keeps integers exactly only up to 2^53")
    elif _becomes_text(number):
        yield Lost(at, "the service reads this number as text after Helm wrote it")


def as_served(value: Any) -> Any:
    """A value of a values file as the service reads it from what Helm wrote."""
    if isinstance(value, dict):
        return {key: as_served(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_served(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    number = float(value)
    if _becomes_text(number):
        return repr(number)
    return int(number) if number.is_integer() else number


def _becomes_text(number: float) -> bool:
    """Whether Helm writes a number with an exponent and no point, which PyYAML reads as text."""
    is_plain = number == 0 or _LEAST_PLAIN <= abs(number) < _MOST_PLAIN
    return not is_plain and "." not in repr(float(number))
