"""What makes a node available (docs/service/node-availability.md).

The operator matches a rule's key with `re.match`, which is anchored at the start only, and its
value with `re.fullmatch`.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from osmo_cli.config.node_conditions import PREFIX, READY
from osmo_cli.config.registry.definition import Finding, warning

STATUSES = ("True", "False", "Unknown")
_PLAIN = re.compile(r"\^?([A-Za-z0-9_./-]+)")
_GLOB = re.compile(r"\^?[A-Za-z0-9_./-]*[A-Za-z0-9_/-]\*")
_LONGEST_REGEX = 1000
_SHORT_TEXT = 8
# What it may cost to match a regex with a short text here: powers of two of ways to try.
_BUDGET = 18.0
_BUDGET_ON_A_LONG_TEXT = 24.0
_ROUNDS_ON_A_SHORT_TEXT = 8
_MANY = 10**6


def node_rules(value: Any) -> Iterator[Finding]:
    """The rules of a backend: regex on a condition's type to regex on its status."""
    for key, status in value.items() if isinstance(value, dict) else ():
        if not isinstance(status, str):
            continue
        yield from _key(key, status)
        yield from _status(key, status)


def _key(key: str, status: str) -> Iterator[Finding]:
    regex = _compiled(key)
    if regex is None:
        hint = 'a wildcard is written ".*"' if key.startswith("*") else None
        message = "invalid regular expression: the operator would skip this rule"
        yield Finding(message, hint, at=(key,), at_key=True)
        return
    if not is_cheap(key):
        yield warning("the regular expression is too complex to check", at=(key,), at_key=True)
        return
    if overrides := regex.match(READY) and status != "True":
        message = 'matches the condition Ready, for which the operator accepts only "True"'
        hint = f'to exclude Ready, start it with "^(?!{READY}$)"'
        yield Finding(message, hint, at=(key,), at_key=True)
    if _GLOB.fullmatch(key):
        message = "is a regular expression: the * repeats the character before it"
        hint = f'write "{key[:-1]}.*" for all conditions that start with this'
        yield warning(message, hint, at=(key,), at_key=True)
    elif (plain := _PLAIN.fullmatch(key)) and (key, status) != (READY, "True"):
        message = "matches every type with this prefix"
        hint = f'write "^{plain[1]}$" for this one'
        yield warning(message, hint, at=(key,), at_key=True)
    elif not (plain or overrides) and _is_open(_parsed(key)):
        message = "matches every type with this prefix"
        hint = 'end it with "$", or with ".*" if this is intended'
        yield warning(message, hint, at=(key,), at_key=True)


def _is_open(parsed: Any) -> bool:
    """Whether a regex, or a branch of it, ends with neither `$` nor something like `.*`."""
    if not len(parsed):
        return True
    operation, argument = parsed[-1]
    if str(operation) in ("SUBPATTERN", "BRANCH"):
        return any(map(_is_open, _bodies(argument)))
    return str(operation) in ("LITERAL", "IN", "ANY", "NOT_LITERAL")


def _parsed(pattern: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _parser.parse(pattern)


def _status(key: str, status: str) -> Iterator[Finding]:
    regex = _compiled(status)
    if regex is None:
        message = "invalid regular expression: the operator would skip this rule"
        yield Finding(message, at=(key,))
    elif not is_cheap(status):
        yield warning("the regular expression is too complex to check", at=(key,))
    elif not any(map(regex.fullmatch, STATUSES)):
        near = next((known for known in STATUSES if known.lower() == status.lower()), None)
        message = "matches no status; statuses are True, False and Unknown"
        yield warning(message, f'write "{near}"' if near else None, at=(key,))


def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Return the compiled regex, or None if the operator could not compile it."""
    if len(pattern) > _LONGEST_REGEX:
        pattern = ""  # not worth the time; `is_cheap` says so
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def is_cheap(pattern: str, length: int = _SHORT_TEXT) -> bool:
    """Whether matching cannot take long: the operator has hours for it, a check has not.

    Args:
        pattern: a valid regular expression.
        length: of the longest text that it is matched with.
    """
    if len(pattern) > _LONGEST_REGEX:
        return False
    budget = _BUDGET if length <= _SHORT_TEXT else _BUDGET_ON_A_LONG_TEXT
    try:
        return _cost(_parsed(pattern), 1, math.log2(max(length, _SHORT_TEXT))) <= budget
    except RecursionError:
        return False


def _cost(parsed: Any, rounds: int, ways_of_a_repeat: float) -> float:
    """The logarithm of the ways in which text can be tried, at most."""
    total = 0.0
    for operation, argument in parsed:
        bodies = list(_bodies(argument))
        if str(operation).endswith("_REPEAT"):
            least, most = (min(int(limit), _MANY) for limit in argument[:2])
            total += rounds * ways_of_a_repeat * (most != least)
            inner = rounds * max(least, min(most, _ROUNDS_ON_A_SHORT_TEXT), 1)
            total += sum(_cost(body, inner, ways_of_a_repeat) for body in bodies)
        else:
            total += rounds * math.log2(max(len(bodies), 1))
            total += sum(_cost(body, rounds, ways_of_a_repeat) for body in bodies)
    return total


def _bodies(argument: Any) -> Iterator[Any]:
    """The patterns inside an operation's argument, at any depth of its tuples and lists."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for part in argument:
            yield from _bodies(part)


def wildcards(value: Any) -> Iterator[Finding]:
    """Entries of the seed generation's lists: names, or the beginning of names with a `*`."""
    for index, entry in enumerate(value if isinstance(value, list) else ()):
        if not isinstance(entry, str):
            continue
        if not entry:
            yield warning("matches nothing", at=(index,))
        elif "*" in entry[:-1]:
            yield Finding("* is allowed only at the end", at=(index,))
        elif re.search(r"[\\^$()\[\]|+?]", entry):
            yield warning("must be a name, not a regular expression", at=(index,))


def ignored_conditions(value: Any) -> Iterator[Finding]:
    """As `wildcards`; an entry that ignores Ready makes nodes available that are not ready."""
    yield from wildcards(value)
    for index, entry in enumerate(value if isinstance(value, list) else ()):
        if entry == READY or (
            isinstance(entry, str) and entry.endswith("*") and READY.startswith(entry[:-1])
        ):
            message = "also ignores Ready: nodes that are not ready would be available"
            yield warning(message, at=(index,))


def documented_prefix(value: Any) -> Iterator[Finding]:
    """The seed generation's `prefix`, of which its documentation says how it has to end."""
    if isinstance(value, str) and not value.endswith(PREFIX):
        yield Finding(f'must end with "{PREFIX}"')
    else:
        yield from prefix(value)


def prefix(value: Any) -> Iterator[Finding]:
    """`prefix` from 6.0 on, where operators have an empty one unless they are told another."""
    if isinstance(value, str) and value not in ("", PREFIX):
        hint = "set global.nodeConditionPrefix in the operator's Helm values"
        if not value.endswith(PREFIX):
            hint += f', ending with "{PREFIX}"'
        yield warning("the operator overwrites it whenever it connects", hint)
