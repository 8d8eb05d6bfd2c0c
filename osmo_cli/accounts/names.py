"""What the service takes as a name, checked before it becomes a part of a path."""

from __future__ import annotations

import re

from osmo_cli.errors import UsageError


def check_name(text: str, pattern: str, *, is_no: str, rule: str) -> str:
    """`text`, if `pattern` fits all of it.

    Args:
        text: the name.
        pattern: what is to fit.
        is_no: what it cannot be otherwise, as in `the name of a token`.
        rule: the pattern in words.

    Raises:
        UsageError: it does not fit.
    """
    if not re.fullmatch(pattern, text):
        raise UsageError(f'"{text}" cannot be {is_no}', hint=rule)
    return text
