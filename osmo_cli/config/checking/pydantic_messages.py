"""What is wrong with a value, in our words; never the value itself."""

from __future__ import annotations

import re

from pydantic_core import ErrorDetails

from osmo_cli.config.problems import Path

KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_WANTED = {
    "int_type": "a whole number",
    # Where a text may be read as a number, as a service reads its ConfigMap.
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "a text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_LIMITS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_EMPTY = {"string_type": '""', "list_type": "[]"}
# Values that the documentation or common sense suggests and the service refuses.
_INSTEAD: dict[Path, dict[str, str]] = {
    ("scheduler_settings", "scheduler_type"): {
        "default-scheduler": "default",
        "kai-scheduler": "kai",
    }
}

_NUMBER = r"-?(0|[1-9]\d{0,17})"
_UNQUOTED = {
    "int_type": re.compile(_NUMBER, re.ASCII),
    "float_type": re.compile(_NUMBER + r"(\.\d+)?", re.ASCII),
    "bool_type": re.compile("true|false"),
}
# What YAML 1.1 took for true and false, and its successor takes for a text.
_FLAGS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _without_quotes(text: str, form: re.Pattern[str]) -> str | None:
    """How to write the number, or true or false, that a text stands for; None where it is none."""
    if form.fullmatch(text):
        return "write it without quotes"
    meant = _FLAGS.get(text.lower(), text.lower())
    return f"write {meant}" if form.fullmatch(meant) else None


def is_about_kind(error: str) -> bool:
    """Whether a pydantic error of that type says that a value is of the wrong kind."""
    return error in _WANTED


def error_text(detail: ErrorDetails, path: Path) -> tuple[str, str | None]:
    """Our wording of a pydantic error, and a hint; never holds the value."""
    kind, value = detail["type"], detail["input"]
    found = KINDS.get(type(value), "something else")
    if kind == "int_from_float" or (kind == "int_type" and isinstance(value, float)):
        whole = isinstance(value, float) and value.is_integer()
        return "must be a whole number", f"write {value:.0f}" if whole else None
    if wanted := _WANTED.get(kind):
        hint = None
        if value is None and kind in _EMPTY:
            hint = f"null cannot be stored here; write {_EMPTY[kind]} to empty it"
        elif isinstance(value, str) and kind in _UNQUOTED:
            hint = _without_quotes(value, _UNQUOTED[kind])
        elif kind == "string_type" and not isinstance(value, (list, dict)):
            hint = "write it in double quotes"
        return f"must be {wanted}, not {found}", hint
    if kind == "missing":
        return "this field is required", None
    if kind == "literal_error":
        expected = str(detail["ctx"]["expected"]).replace("'", '"')
        instead = _INSTEAD.get(path, {}).get(value) if isinstance(value, str) else None
        # A later version may not have it any more.
        is_known = instead is not None and f'"{instead}"' in expected
        return f"must be {expected}", f'write "{instead}"' if is_known else None
    if limit := _LIMITS.get(kind):
        return f"must be {limit[1]} {detail['ctx'][limit[0]]}", None
    return detail["msg"], None
