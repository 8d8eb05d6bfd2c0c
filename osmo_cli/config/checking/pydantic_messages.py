"""Messages about values that a schema refuses; they never hold the value itself."""

from __future__ import annotations

import re

from pydantic_core import ErrorDetails

from osmo_cli.config.problems import Path

KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_EXPECTED = {
    "int_type": "an integer",
    # Where a string is read as a number, as a service reads its ConfigMap.
    "int_parsing": "an integer",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
    "int_from_float": "an integer",
    "float_type": "a number",
    "string_type": "a string",
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
# Booleans of YAML 1.1, which are strings in YAML 1.2.
_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def _without_quotes(text: str, form: re.Pattern[str]) -> str | None:
    """Return how to write the number or boolean that a string stands for, or None."""
    if form.fullmatch(text):
        return "write it without quotes"
    meant = _BOOLEANS.get(text.lower(), text.lower())
    return f"write {meant}" if form.fullmatch(meant) else None


def is_type_error(error: str) -> bool:
    """Return whether a pydantic error of that type reports a wrong JSON type."""
    return error in _EXPECTED


def error_text(detail: ErrorDetails, path: Path) -> tuple[str, str | None]:
    """Return the message and the hint for a pydantic error; neither holds the value."""
    error, value = detail["type"], detail["input"]
    if error in _EXPECTED:
        return _type_error(error, value)
    if error == "missing":
        return "this field is required", None
    if error == "literal_error":
        expected = str(detail["ctx"]["expected"]).replace("'", '"')
        instead = _INSTEAD.get(path, {}).get(value) if isinstance(value, str) else None
        # A later version may no longer have it.
        is_known = instead is not None and f'"{instead}"' in expected
        return f"must be {expected}", f'write "{instead}"' if is_known else None
    if limit := _LIMITS.get(error):
        return f"must be {limit[1]} {detail['ctx'][limit[0]]}", None
    return detail["msg"], None


def _type_error(error: str, value: object) -> tuple[str, str | None]:
    if error == "int_from_float" or (error == "int_type" and isinstance(value, float)):
        return "must be an integer", None
    hint = None
    if value is None and error in _EMPTY:
        hint = f"null cannot be stored here; write {_EMPTY[error]} to empty it"
    elif isinstance(value, str) and error in _UNQUOTED:
        hint = _without_quotes(value, _UNQUOTED[error])
    elif error == "string_type" and not isinstance(value, list | dict):
        hint = "write it in double quotes"
    return f"must be {_EXPECTED[error]}, not {KINDS.get(type(value), 'something else')}", hint
