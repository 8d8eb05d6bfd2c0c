"""Text of a validation error as pydantic writes it, without the input that it quotes
(docs/service/secrets.md#secrets-in-error-messages).

The input is kept only where the text says which field it belongs to, the field is not secret, and
the input is no object or list, which may hold secrets.
"""

from __future__ import annotations

import re

from osmo_cli.config.secrets import has_secret_name

_QUOTED = re.compile(
    r"(?:, )?\binput_value=(?P<value>.*?)"
    r"(?:(?=, input_type=[\w.]+\](?:\s*$| +For further information ))|$)"
)
"""The input up to what comes after it; it may hold the same text itself."""
_GIVEN = re.compile(r"(?:; )?\bgiven=.*?(?=; permitted=|\)\s*$|\n|$)", re.MULTILINE)
"""What pydantic 1 quotes."""
_ENTRY = re.compile(r"""['"](?:input|ctx)['"]\s*:\s*""")
_UNKNOWN_FIELD = "type=extra_forbidden"
_SCALAR = re.compile(r"'[^']*'|\"[^\"]*\"|-?[0-9.]+|None|True|False|<[\w.]+: '[^']*'>")
_CLOSING = {"{": "}", "[": "]", "(": ")"}


def without_inputs(text: str) -> str:
    """Return an error's text without the inputs in it that may hold a secret."""
    if "input_value=" in text:
        text = _without_values(text)
    if "given=" in text:
        text = _GIVEN.sub("", text)
    return _without_entries(text) if _ENTRY.search(text) else text


def _without_values(text: str) -> str:
    """Drop `input_value=`; the line before that of an error names its field."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        place = lines[number - 1].strip() if number and line[:1] == " " else ""
        lines[number] = _QUOTED.sub(
            lambda match, line=line, place=place: (  # type: ignore[misc]
                match[0] if _may_be_shown(match["value"], place, line) else ""
            ),
            line,
        )
    return "\n".join(lines)


def _may_be_shown(value: str, place: str, line: str) -> bool:
    if not place or " " in place or _UNKNOWN_FIELD in line:
        return False
    if any(map(has_secret_name, place.split("."))):
        return False
    return bool(_SCALAR.fullmatch(value)) and "..." not in value


def _without_entries(text: str) -> str:
    """Drop the values of `input` and `ctx` from a list of errors that was written as text."""
    kept, at = "", 0
    while match := _ENTRY.search(text, at):
        kept += text[at : match.end()] + "..."
        at = _end_of_value(text, match.end())
    return kept + text[at:]


def _end_of_value(text: str, at: int) -> int:
    """Return where a value of JSON or Python ends: at a comma or bracket outside of it."""
    closing: list[str] = []
    quote = ""
    while at < len(text):
        sign = text[at]
        if quote:
            if sign == "\\":
                at += 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"":
            quote = sign
        elif sign in _CLOSING:
            closing.append(_CLOSING[sign])
        elif closing and sign == closing[-1]:
            closing.pop()
        elif not closing and sign in ",}])":
            return at
        at += 1
    return len(text)
