"""Documents with something wrong in them: values, keys and shapes, and then bytes."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from typing import Any

from hypothesis import strategies as st

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.unit.config.field_values import FREE_FORM
from tests.unit.config.fields import cases

CANARY = "CANARY-5ecret"

_ODD_TEXTS = [
    *("", " ", "\x00", "\x1b[31m", "\u202e", "\ufeff", "e\u0301", "\U0001f600", "\ud7ff", "ß" * 99),
    *("true", "null", "30", "20.7", "NaN", "0x10", "1e999", "-1", "${env:HOME}", "$oauthtoken"),
    *("**********", "****", "{{USER_CPU}}", "{{", "}}", "{% if", "../..", "a/b/c", "%s%s", "{0}"),
    *("http://", "http://[", "https://a:b@c", "s3://", "s3://b//", "1h30m", "9" * 400 + "d", "*"),
    *(
        "(a*)*b",
        "(.?){1000}x",
        "(" * 200,
        "[a-",
        "(?P<a>",
        "\\",
        "^Ready",
        ".*",
        "Ready",
        "a" * 3000,
    ),
]
_ODD_NUMBERS = [0, -1, 2**31, 2**63, 2**64, -(2**200), 10**39, 1.5, -0.0, 1e308, 5e-324]
_ODD_SHAPES: list[Any] = [None, True, False, [], {}, [[]], [{}], {"": {}}, [None], {"a": [1, {}]}]

odd_values = st.one_of(
    st.sampled_from(_ODD_TEXTS),
    st.sampled_from(_ODD_NUMBERS),
    st.sampled_from(_ODD_SHAPES),
    st.just(CANARY),
    st.just([CANARY]),
    st.just({"key": CANARY}),
    st.integers(1, 90).map(lambda depth: _nested(depth)),
    st.text(max_size=8),
)


def _nested(depth: int) -> Any:
    value: Any = CANARY
    for level in range(depth):
        value = [value] if level % 3 else {"a": value}
    return value


@cache
def whole_document(kind: str, dialect: str) -> str:
    """JSON text of an object with all of its fields, each right; its secrets are canaries."""
    document: Any = None
    for case in cases(CONFIG_TYPES[kind], DIALECTS[dialect]):
        document = _together(document, case.document)
    for field, value, _ in FREE_FORM.get(kind, ()):
        for step in reversed(field.split(".")):
            value = {step: value}
        document = _together(document, value)
    return json.dumps(document).replace('"s3cret"', f'"{CANARY}"')


def _together(left: Any, other: Any) -> Any:
    if isinstance(left, dict) and isinstance(other, dict):
        return left | {key: _together(left.get(key), value) for key, value in other.items()}
    if isinstance(left, list) and isinstance(other, list):
        return [_together(left[0], other[0])] if left and other else left or other
    return other


def _paths(value: Any, at: Path = ()) -> list[Path]:
    places = [at] if at else []
    if isinstance(value, dict):
        places += [path for key, item in value.items() for path in _paths(item, (*at, key))]
    elif isinstance(value, list):
        places += [path for index, item in enumerate(value) for path in _paths(item, (*at, index))]
    return places


@st.composite
def mutated_values(draw: st.DrawFn, kind: str, dialect: str) -> Any:
    """A right document with a few things changed in it."""
    document = {"all": json.loads(whole_document(kind, dialect))}
    for _ in range(draw(st.integers(0, 5))):
        paths = _paths(document)
        *parent, step = paths[draw(st.integers(0, len(paths) - 1))]
        holder: Any = document
        for key in parent:
            holder = holder[key]
        _change(draw, holder, step, document, paths)
    return document.get("all")


def _change(
    draw: st.DrawFn, holder: Any, step: Any, document: dict[str, Any], paths: list[Path]
) -> None:
    what = draw(st.sampled_from(["value", "value", "delete", "rename", "copy", "add"]))
    if what == "delete" and len(document) + len(holder) > 2:
        del holder[step]
    elif what == "rename" and isinstance(holder, dict) and holder is not document:
        key = draw(st.sampled_from([f"{step}s", str(step)[:-1], str(step).upper(), "", "name"]))
        holder[key] = holder.pop(step)
    elif what == "copy":
        other: Any = document
        for key in paths[draw(st.integers(0, len(paths) - 1))]:
            other = other[key]
        holder[step] = json.loads(json.dumps(other))
    elif what == "add" and isinstance(holder, dict) and holder is not document:
        holder[draw(st.sampled_from(["nope", "$action", "$index", "*", "a.b", "\u202e"]))] = CANARY
    else:
        holder[step] = deepcopy(draw(odd_values))


@st.composite
def documents(draw: st.DrawFn, kind: str, dialect: str) -> bytes:
    """What may stand in a file: a mutated document, often with some of its bytes changed too."""
    value = draw(mutated_values(kind, dialect))
    text = json.dumps(
        value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 2]))
    )
    data = text.encode("utf-8", "surrogatepass")
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        at = draw(st.integers(0, len(data)))
        cut = draw(st.sampled_from([0, 1, 2, 10]))
        new = draw(
            st.one_of(
                st.binary(max_size=3),
                st.sampled_from([b'"', b"{", b"}", b"[" * 70, b",", b"\\u", b"1e999", b"//", b"'"]),
                st.just(data[at : at + 30]),
            )
        )
        data = data[:at] + new + data[at + cut :]
    return data
