"""Writing values into an existing values file; its comments, order and quoting stay."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from typing import Any

from osmo_cli.config.helm.reading import parse_values
from osmo_cli.config.helm.values_yaml import is_plain
from osmo_cli.config.problems import Path
from osmo_cli.config.reading.invisible import escape_invisible, is_visible
from osmo_cli.config.reading.yaml_text import escape
from osmo_cli.config.values import ABSENT, same


def merge_into(name: str, text: str, values: Mapping[str, Any], whole: Collection[Path]) -> str:
    """Return the text of a values file with `values` in it.

    Args:
        name: the file, for messages.
        text: its text.
        values: the values, from the top.
        whole: the paths below which the file holds `values` and nothing else afterwards.

    Raises:
        InvalidInputError: Helm could not read the file.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.util import load_yaml_guess_indent

    before = parse_values(name, text).value
    _, indent, offset = load_yaml_guess_indent(text)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 2**31
    yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    tree = yaml.load(text)
    if tree is None:
        tree = CommentedMap()
    _merge(tree, before, values, (), whole)
    stream = io.StringIO()
    yaml.dump(tree, stream)
    merged = stream.getvalue()
    # Those of the file stay as they are: they may be in a comment, which has no escapes.
    return escape_invisible(merged, escape) if is_visible(text.replace("\n", "")) else merged


def _merge(
    tree: Any, before: Any, values: Mapping[str, Any], at: Path, whole: Collection[Path]
) -> None:
    is_whole = any(at[: len(path)] == path for path in whole)
    for key in list(tree):
        known_key = _helm_key(key)
        if known_key not in values and (is_whole or (*at, known_key) in whole):
            del tree[key]
        elif isinstance(tree[key], dict) and known_key not in values:
            # Objects that need no values any more may be below.
            _merge(tree[key], before.get(known_key, {}), {}, (*at, known_key), whole)
    own = {_helm_key(key): key for key in tree}
    for key, value in values.items():
        known = own.get(key, ABSENT)
        stored = before.get(key, ABSENT) if isinstance(before, dict) else ABSENT
        if known is ABSENT:
            tree[_quoted(key)] = _quoted(value)
        elif same(stored, value):
            continue
        elif isinstance(value, Mapping) and isinstance(stored, dict):
            _merge(tree[known], stored, value, (*at, key), whole)
        else:
            tree[known] = _quoted(value)


def _helm_key(key: Any) -> str:
    """The key that Helm reads."""
    from osmo_cli.config.helm.go_yaml import key_text, plain_value

    if not isinstance(key, str):
        return key_text(key)
    is_quoted = type(key) is not str
    value = key if is_quoted else plain_value(key)
    return value if isinstance(value, str) else key_text(value)


def _quoted(value: Any) -> Any:
    """A copy with quotes around each string and key that a reader could take for another type."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        return {_quoted(key): _quoted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_quoted(inner) for inner in value]
    if isinstance(value, str) and not is_plain(value):
        return DoubleQuotedScalarString(value)
    return value
