"""Plain scalars as Helm's YAML library reads them (docs/service/helm-values.md#yaml)."""

from __future__ import annotations

import re
from typing import Any

from osmo_cli.config.reading.yaml_text import ScalarError, Scalars

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{
        form: value
        for words, value in (
            (("y", "yes", "on", "true"), True),
            (("n", "no", "off", "false"), False),
        )
        for word in words
        for form in (word, word.capitalize(), word.upper())
    },
}
_INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)"
    r"|0[oO]?(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*))"
)
_BASES = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_UINT64 = 2**64


def plain_value(word: str) -> Any:
    """Return what Helm takes a plain scalar for.

    Raises:
        ScalarError: Helm refuses the file.
    """
    if word in _WORDS:
        return _WORDS[word]
    if _NOT_FINITE.fullmatch(word):
        raise ScalarError("infinity and NaN are refused by Helm")
    number = word if word.startswith("_") else word.replace("_", "")
    if match := _INTEGER.fullmatch(number):
        base = str(match.lastgroup)
        value = int(match[base], _BASES[base])
        if value < _UINT64:
            return -value if match["sign"] == "-" else value
    if _FLOAT.fullmatch(number):
        decimal = float(number)
        if decimal in (float("inf"), float("-inf")):
            raise ScalarError("the number is too large")
        return decimal
    return word


def key_text(key: Any) -> str:
    """Return the key that Helm makes of one that is not a string."""
    if key is None:
        return "null"
    if isinstance(key, bool):
        return str(key).lower()
    return str(int(key)) if float(key).is_integer() else str(key)


HELM = Scalars(plain_value, key_text, merges=True)
"""How Helm reads a values file."""
