"""YAML's scalars: what a plain one means, and what must be quoted so that all read it alike."""

from __future__ import annotations

import re
from typing import Any

from osmo_cli.config.reading.json_text import read_number

REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Control characters, and line breaks for YAML 1.1, which PyYAML reads, that are none for 1.2."""

_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# A number with a zero before it is octal for some and decimal for others: it stays a text.
_NUMBER = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]*)?|(?P<short>\.[0-9]+))"
    r"(?P<exponent>[eE][-+]?[0-9]+)?"
)
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NOT_DECIMAL = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")


class ScalarFault(ValueError):
    """A scalar that is no JSON value; holds a message and a hint."""


def plain_value(word: str) -> Any:
    """What a plain scalar means.

    Raises:
        ScalarFault: it is a number that JSON does not have, or one that not everybody reads alike.
    """
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if number := _NUMBER.fullmatch(word):
        try:
            return read_number(word, is_float=any(number.groupdict().values()))
        except ValueError as error:
            raise ScalarFault(*error.args) from None
    if _NO_NUMBER.fullmatch(word):
        raise ScalarFault("infinity and NaN cannot be stored")
    if _NOT_DECIMAL.fullmatch(word):
        hint = "write it as a decimal number, or in quotes if it is a text"
        raise ScalarFault("a number that is not decimal", hint)
    return word


def write_yaml(value: Any) -> str:
    """A JSON value as YAML that `parse_yaml`, and readers of YAML 1.1, read as the same value."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar(
            "tag:yaml.org,2002:str", value, style=None if _may_be_plain(value) else '"'
        )

    Dumper.add_representer(str, text)
    return str(yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100))


def _may_be_plain(text: str) -> bool:
    try:
        return plain_value(text) == text and not REFUSED.search(text)
    except ValueError:
        return False
