"""Common mistakes in files that people write, recognised where a parser gives up.

A parser says what its grammar expected. What a person needs to know is that JSON has no comments,
or that the file is a template: the tables below say that, with the edit that fixes it. No row
repeats text of the file, which may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

from osmo_cli.config.problems import Path
from osmo_cli.config.reading.document import Document
from osmo_cli.quick_dataclass import dataclass

Syntax = Literal["json", "yaml"]
Expected = Literal["value", "separator", "end", "file"]
"""What a grammar expects: a value or a key, a comma or colon, the end, or another file."""
_BOTH: tuple[Syntax, ...] = ("json", "yaml")


@dataclass(frozen=True)
class Mistake:
    """One common mistake.

    Attributes:
        pattern: what the mistake looks like; its place is the group, or the whole match.
        message: what is wrong; `{code}` is the code point at the place.
        hint: the edit that fixes it.
        syntaxes: where it is a mistake.
        after: the last character before it must be one of these; empty for any.
    """

    pattern: str
    message: str
    hint: str
    syntaxes: tuple[Syntax, ...] = _BOTH
    after: str = ""

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The compiled pattern. Compiling all of them would take longer than reading a file."""
        return re.compile(self.pattern, re.MULTILINE)


_JSON: tuple[Syntax, ...] = ("json",)
_YAML: tuple[Syntax, ...] = ("yaml",)
_COMMENTS = r"(?:[ \t\r]*(?:#[^\n]*)?\n)*"
_INVISIBLE = "[\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]"

FILES: tuple[Mistake, ...] = (
    Mistake(
        r"^<{7} ", "an unresolved merge conflict", "resolve it and remove the conflict markers"
    ),
    Mistake(
        r"\A\s*(<(?i:!doctype html|html)\b)",
        "an HTML page",
        "download the file itself, not the page that shows it",
    ),
    Mistake(r"\A\s*(<(?:\?xml|[a-zA-Z]))", "XML", "write it as JSON or YAML"),
    Mistake(r"\A\s*(-----BEGIN )", "a PEM file", "name the configuration file"),
    Mistake(r"^[ \t]*(```)", "a Markdown code fence", "remove the lines with ```"),
    Mistake(
        r"^[ \t]*(\{(?:\{-?[ \t]*(?:if|range|with|end|else|define|include|template)\b|%))",
        "a template that is not rendered",
        "render it first, for example with `helm template`",
    ),
    Mistake(
        r"^[ \t]*((?:cat|tee)\b.*<<)",
        "a shell script",
        "keep only the lines between the here-document's markers",
    ),
    Mistake(r"\A#!", "a script", "name the configuration file", _JSON),
    Mistake(
        rf"\A{_COMMENTS}[ \t]*((?:export[ \t]+)?[A-Za-z_]\w*=)",
        "environment variables (NAME=value)",
        "write each as a field with its value",
    ),
    Mistake(
        rf"\A{_COMMENTS}((?:\[[\w.\"-]+\][ \t\r]*\n{_COMMENTS})?[\w.-]+[ \t]*=)",
        "TOML or INI",
        "write it as JSON or YAML",
    ),
    Mistake(
        rf"\A{_COMMENTS}(%YAML|---|-[ \t]+\S|[\"']?[\w./-]+[\"']?[ \t]*:(?:\s|\Z))",
        "this is YAML",
        "let the file's name end in .yaml, or add --format yaml",
        _JSON,
    ),
)
"""Kinds of files that are not JSON or YAML at all; the place is where the pattern matches."""

PLACES: tuple[Mistake, ...] = (
    Mistake(
        r"//|/\*|#",
        "a comment, which JSON does not have",
        "remove the comment, or write YAML, which has # comments",
        _JSON,
    ),
    Mistake(r"/[/*]", "a comment that does not begin with #", "write # instead", _YAML),
    Mistake(r"(?:EOF|EOT|END)[ \t\r]*$", "the end of a shell here-document", "remove this line"),
    Mistake(
        "[\u2018-\u201f\u00ab\u00bb\u2039\u203a\u2032\u2033]",
        "a typographic quotation mark",
        'use straight quotation marks: "',
    ),
    Mistake(_INVISIBLE, "an invisible character (U+{code})", "delete it, or type a space instead"),
    Mistake(r"'", "a string in single quotes", "use double quotes", _JSON),
    Mistake(r"`", "a string in backquotes", "use double quotes", _JSON),
    Mistake(r"[}\]]", "a comma before the closing bracket", "remove the comma", _JSON, after=","),
    Mistake(
        r"[}\],]",
        "a value is missing after the colon",
        "write the value, or remove the key",
        _JSON,
        after=":",
    ),
    Mistake(r",", "two commas in a row", "remove one of them", _BOTH, after=","),
    Mistake(r",", "a comma without a value before it", "remove the comma", _JSON, after="[{"),
    Mistake(r"\{\s*[-%$.\w]", "an unquoted {{{{...}}}}", "put it in double quotes", after="{"),
    Mistake(r"\{[{%]", "an unquoted {{{{...}}}}", "put it in double quotes"),
    Mistake(r"=>?", "an equals sign after a key", "write a colon", _JSON),
)
"""Mistakes at the very place where a parser gives up."""

VALUES: tuple[Mistake, ...] = (
    Mistake(
        r"\$",
        "an unquoted shell variable",
        'put it in double quotes; "${{env:NAME}}" reads a variable (osmo help formats)',
        _JSON,
    ),
    Mistake(r"\.\.\.|\u2026", "an ellipsis", "write the values out", _JSON),
    Mistake(r"(?:True|TRUE)\b", "true must be lower-case", "write true", _JSON),
    Mistake(r"(?:False|FALSE)\b", "false must be lower-case", "write false", _JSON),
    Mistake(r"(?:None|NULL|Null|nil|undefined|~)", "not a JSON value", "write null", _JSON),
    Mistake(
        r"[-+]?(?:NaN|nan|Infinity|inf)\b",
        "NaN and Infinity are not JSON numbers",
        "write a number",
        _JSON,
    ),
    Mistake(r"\+\d|-?\.\d|-?\d+\.(?!\d)", "not a JSON number", "write it like 5 or 0.5", _JSON),
    Mistake(
        r"-?0[xXoObB]?[0-9a-fA-F]", "not a decimal number", "write it without a 0 first", _JSON
    ),
    Mistake(
        r"-?\d[\d.]*[A-Za-z%]",
        "a number with a unit, without quotes",
        'put it in double quotes, like "10Gi"',
        _JSON,
    ),
    Mistake(r"[A-Za-z_][\w.-]*\s*:", "a key without quotes", "put the key in double quotes", _JSON),
    Mistake(r"<", "a placeholder in angle brackets", "replace it with the value", _JSON),
    Mistake(r"[A-Za-z0-9_@*&!./\\-]", "a string without quotes", "put it in double quotes", _JSON),
)
"""Mistakes where a value or a key is expected."""

ENDS: tuple[Mistake, ...] = (
    Mistake(r"(?:'|\")?(?:EOF|EOT|END)\b", "the end of a shell here-document", "remove this line"),
    Mistake(r"//|/\*|#", "a comment, which JSON does not have", "remove the comment", _JSON),
    Mistake(r"[}\]]", "a closing bracket without an opening one", "remove it"),
    Mistake(
        r"[{\[]|---",
        "a second document",
        "put each configuration in a file of its own",
    ),
    Mistake(r",", "a comma after the end", "remove it"),
)
"""Mistakes after the end of a value that is complete."""

LINES: tuple[Mistake, ...] = (
    Mistake(
        r"(?:^|[:\-,\[])[ \t]+(\{\{)", "an unquoted {{{{...}}}}", "put the whole value in quotes"
    ),
    Mistake(
        r"(?:^|[:\-])[ \t]+((?:\"[^\"]*\"|'[^']*')[ \t]*[^\s#,}\]:])",
        "text after the closing quote",
        "put the whole value in quotes",
    ),
    Mistake(r"(?:^|[\s{,\[])(//)", "a comment that does not begin with #", "write # instead"),
    Mistake(r"^ *(\t)", "a tab in the indentation", "indent with spaces"),
    Mistake(_INVISIBLE, "an invisible character (U+{code})", "delete it, or type a space instead"),
)
"""Mistakes in YAML that a parser notices later in the same line, or in the next one."""

STRINGS: tuple[Mistake, ...] = (
    Mistake(
        r"'\$\{?[A-Za-z_]\w*\}?'\Z",
        "a shell variable that was not replaced",
        'remove the single quotes; "${{env:NAME}}" reads a variable (osmo help formats)',
    ),
    Mistake(r"'[^']*'\Z", "the single quotes are part of the value", "remove them"),
    Mistake(
        "[\u2018\u201a\u201c\u201e\u00ab][^\u2018-\u201f\u00ab\u00bb]*[\u2018-\u201f\u00bb]\\Z",
        "the typographic quotation marks are part of the value",
        'use straight quotation marks: "',
    ),
    Mistake(
        "(?s:.*?)[\u00ad\u200b\u2060\ufeff]",
        "an invisible character in this string",
        "type it again",
    ),
    Mistake(r"<[^<>\n]+>\Z", "a placeholder that was not replaced", "write the real value"),
)
"""Strings that are valid, and most likely not what was meant."""

_AT: dict[Expected, tuple[Mistake, ...]] = {
    "value": (*PLACES, *VALUES),
    "separator": PLACES,
    "end": ENDS,
    "file": (),
}


@dataclass(frozen=True)
class Explanation:
    """A mistake at its place.

    Attributes:
        message, hint: what is wrong, and the fix.
        offset: its place in the text, in characters.
    """

    message: str
    hint: str
    offset: int


def explain(text: str, offset: int, syntax: Syntax, expected: Expected) -> Explanation | None:
    """Return the common mistake that made a parser give up, or None.

    Args:
        text: what was parsed.
        offset: where the parser gave up.
        syntax: what the text should be.
        expected: what the grammar expects there.
    """
    for mistake in FILES:
        if syntax in mistake.syntaxes and (match := mistake.expression.search(text)):
            return _explanation(mistake, text, match.start(match.lastindex or 0))
    before = text[max(0, offset - 200) : offset].rstrip()[-1:]
    for mistake in _AT[expected]:
        is_after = not mistake.after or (before and before in mistake.after)
        if syntax in mistake.syntaxes and is_after and mistake.expression.match(text, offset):
            return _explanation(mistake, text, offset)
    return _in_lines(text, offset) if syntax == "yaml" and expected != "file" else None


def _in_lines(text: str, offset: int) -> Explanation | None:
    """The mistake in the line around `offset`, or in the line before it."""
    end = text.find("\n", offset)
    end = end if end >= 0 else len(text)
    for _ in range(2):
        start = text.rfind("\n", 0, end) + 1
        for mistake in LINES:
            if match := mistake.expression.search(text[start:end]):
                at = match.start(match.lastindex or 0)
                return _explanation(mistake, text, start + at)
        if start == 0:
            break
        end = start - 1
    return None


def warn_of_doubtful_strings(document: Document) -> Document:
    """The document with a warning for each string that most likely holds a mistake."""
    warnings = tuple(
        document.problem(mistake.message, path, hint=mistake.hint.format(), severity="warning")
        for path, mistake in _doubtful_strings(document.value)
    )
    return replace(document, warnings=warnings) if warnings else document


def _doubtful_strings(value: Any, at: Path = ()) -> Iterator[tuple[Path, Mistake]]:
    if isinstance(value, str):
        mistake = next((row for row in STRINGS if row.expression.match(value)), None)
        if mistake is not None:
            yield at, mistake
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _doubtful_strings(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _doubtful_strings(inner, (*at, index))


def _explanation(mistake: Mistake, text: str, offset: int) -> Explanation:
    code = f"{ord(text[offset : offset + 1] or ' '):04X}"
    return Explanation(mistake.message.format(code=code), mistake.hint.format(), offset)
