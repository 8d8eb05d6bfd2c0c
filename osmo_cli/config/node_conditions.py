"""The two forms of a backend's `node_conditions`, and each in terms of the other.

The seed generation has two lists of condition types (api.md 12); from 6.0 on there are rules,
regex to regex (api.md 6). A file in the wrong form would be ignored by the service in silence.
"""

from __future__ import annotations

import re
from typing import Any

READY = "Ready"
PREFIX = "osmo.nvidia.com/"
"""Of the node label `<prefix>verified`, unless an operator is told another."""
_PLAIN = re.compile(r"\^?([A-Za-z0-9_./-]+)\$?")


def _pattern(entry: str) -> str:
    # A trailing * is a prefix match (api.md 12); anything else is the whole name.
    return re.escape(entry[:-1]) if entry.endswith("*") else re.escape(entry) + "$"


def _any_of(entries: list[str]) -> str:
    patterns = [_pattern(entry) for entry in entries]
    return patterns[0] if len(patterns) == 1 else "(?:" + "|".join(patterns) + ")"


def _overlap(one: str, other: str) -> bool:
    """Whether a condition type can match both entries."""
    return bool(
        re.match(_pattern(one), other.removesuffix("*"))
        or re.match(_pattern(other), one.removesuffix("*"))
    )


def lists_to_rules(additional: list[str], ignored: list[str]) -> dict[str, str] | None:
    """The rules that make the same nodes available as the seed generation's two lists.

    Returns:
        None where rules cannot say it: Ready is ignored, and rules always require it.
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
    # The seed generation wants every other condition to be False; rules leave it out of account.
    rules[f"^(?!{_any_of([READY, *required, *ignored])})"] = "False"
    return rules


def rules_to_lists(rules: dict[str, str]) -> tuple[list[str], list[str]] | None:
    """The seed generation's (additional, ignored) lists nearest to `rules`.

    Returns:
        None where a rule is more than a name with `True`, `False` or any status, where two
        rules have one name, or where Ready shall be False, which no operator takes.
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


def equivalent(given: dict[str, Any], fields: frozenset[str]) -> str | None:
    """What to write instead of `given`, whose form a service with `fields` does not have.

    Returns:
        JSON text of the other form with a remark, or None where there is none.
    """
    import json

    if "rules" in fields:
        additional = given.get("additional_node_conditions") or []
        ignored = given.get("ignore_node_conditions") or []
        if not _are_texts(additional) or not _are_texts(ignored):
            return None
        rules = lists_to_rules(additional, ignored)
        return f'write "rules": {json.dumps(rules)}' if rules else None
    rules = given.get("rules") or {}
    if not isinstance(rules, dict) or not _are_texts(list(rules.values())):
        return None
    lists = rules_to_lists(rules)
    if lists is None:
        return None
    form = {"additional_node_conditions": lists[0], "ignore_node_conditions": lists[1]}
    return (
        f"write {json.dumps(form)[1:-1]}; this service also wants every condition "
        "that neither list names to be False"
    )


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) and value for value in values)
