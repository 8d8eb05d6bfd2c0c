"""The two forms of a backend's `node_conditions`, and each in terms of the other.

The seed generation has two lists of condition types (docs/service/node-availability.md
#seed-generation); later versions have rules, regular expression to regular expression
(docs/service/node-availability.md#rules). A service ignores the form that it does not know.
"""

from __future__ import annotations

import json
import re
from typing import Any

READY = "Ready"
PREFIX = "osmo.nvidia.com/"
"""Default prefix of the node label `<prefix>verified`."""
_PLAIN = re.compile(r"\^?([A-Za-z0-9_./-]+)\$?")


def _pattern(entry: str) -> str:
    # A trailing * is a prefix match; anything else is the whole name.
    return re.escape(entry[:-1]) if entry.endswith("*") else re.escape(entry) + "$"


def _any_of(entries: list[str]) -> str:
    patterns = [_pattern(entry) for entry in entries]
    return patterns[0] if len(patterns) == 1 else "(?:" + "|".join(patterns) + ")"


def _overlap(first: str, second: str) -> bool:
    """Return whether a condition type can match both entries."""
    return bool(
        re.match(_pattern(first), second.removesuffix("*"))
        or re.match(_pattern(second), first.removesuffix("*"))
    )


def lists_to_rules(additional: list[str], ignored: list[str]) -> dict[str, str] | None:
    """Return the rules for the conditions that the seed generation's lists require.

    The seed generation also requires every condition that neither list names to be False. Rules
    leave such conditions out: what is required of them is the administrator's decision.

    Returns:
        None if Ready is ignored, which rules always require.
    """
    if any(re.match(_pattern(entry), READY) for entry in ignored):
        return None
    required = [entry for entry in dict.fromkeys(additional) if entry != READY]
    rules = {f"^{READY}$": "True"}
    for entry in required:
        inside = [skipped for skipped in ignored if _overlap(entry, skipped)]
        rules[f"^(?!{_any_of(inside)}){_pattern(entry)}" if inside else f"^{_pattern(entry)}"] = (
            "True"
        )
    return rules


def rules_to_lists(rules: dict[str, str]) -> tuple[list[str], list[str]] | None:
    """Return the seed generation's (additional, ignored) lists that are nearest to `rules`.

    Returns:
        None if a rule is more than a name with `True`, `False` or any status, if two rules have
        the same name, or if Ready must be False, which no operator accepts.
    """
    additional: list[str] = []
    ignored: list[str] = []
    seen: set[str] = set()
    for key, status in rules.items():
        name = _PLAIN.fullmatch(key)
        if name is None or name[1] in seen or (name[1], status) == (READY, "False"):
            return None
        seen.add(name[1])
        if status == "True":
            additional += [name[1]] if name[1] != READY else []
        elif status == ".*":
            ignored.append(name[1])
        elif status != "False":
            return None
    return additional, ignored


def equivalent(given: Any, fields: frozenset[str]) -> str:
    """Return what to write instead of `given`, for a service whose form has other fields.

    Args:
        given: an object `node_conditions`.
        fields: the fields that the service knows.
    """
    instead = _rules_hint(given) if "rules" in fields else _lists_hint(given)
    return instead or "there is no equivalent for these values"


def _rules_hint(given: Any) -> str | None:
    additional = given.get("additional_node_conditions") or []
    ignored = given.get("ignore_node_conditions") or []
    if not _are_strings(additional) or not _are_strings(ignored):
        return None
    rules = lists_to_rules(additional, ignored)
    if rules is None:
        return None
    if len(rules) == 1:
        return "leave it out: conditions without a rule are ignored"
    return f'write "rules": {json.dumps(rules)}; conditions without a rule are ignored'


def _lists_hint(given: Any) -> str | None:
    rules = given.get("rules") or {}
    if not isinstance(rules, dict) or not _are_strings(list(rules.values())):
        return None
    lists = rules_to_lists(rules)
    if lists is None:
        return None
    form = {"additional_node_conditions": lists[0], "ignore_node_conditions": lists[1]}
    return (
        f"write {json.dumps(form)[1:-1]}; this service also requires every condition "
        "that neither list names to be False"
    )


def _are_strings(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) and value for value in values)
