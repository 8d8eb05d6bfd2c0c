"""Names that become part of a request's path."""

from __future__ import annotations

import re

from osmo_cli.errors import UsageError


def check_name(text: str, pattern: str, *, what: str, rule: str) -> str:
    """Return `text` if it matches `pattern`.

    Args:
        text: the name.
        pattern: regular expression for the whole name.
        what: what the name is for, as in `the name of a token`.
        rule: the pattern in words.

    Raises:
        UsageError: it does not match.
    """
    if not re.fullmatch(pattern, text):
        raise UsageError(f'"{text}" cannot be {what}', hint=rule)
    return text
