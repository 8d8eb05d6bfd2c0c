"""Which nodes an operator makes available (docs/service/node-availability.md#algorithm).

The operator decides it from a node's conditions and the backend's `node_conditions`. There are two
forms of these, rules and the seed generation's lists; the dialect's fields say which one counts.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from osmo_cli.config.node_conditions import READY
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.schemas.rules.node_rules import is_cheap
from osmo_cli.errors import UsageError

DEFAULT_RULE = (f"^{READY}$", "True")
"""What the operator adds if no rule matches Ready (docs/service/node-availability.md#rules)."""

Condition = tuple[str, str]
"""Type and status; a status that is missing or null is an empty string."""


class UnusableConditionsError(UsageError):
    """Availability under these `node_conditions` cannot be told; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a cluster, with what decides whether it is available.

    Attributes:
        cordoned: whether `spec.unschedulable` is set.
    """

    name: str
    conditions: tuple[Condition, ...]
    cordoned: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A condition that makes a node unavailable.

    Attributes:
        requirement: what requires another status.
    """

    condition: Condition
    requirement: str

    def __str__(self) -> str:
        condition_type, status = self.condition
        return f"{condition_type} is {status or 'empty'}: {self.requirement}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a node is available.

    Attributes:
        failures: the conditions that make it unavailable, in the node's order.
    """

    failures: tuple[Failure, ...] = ()
    cordoned: bool = False

    @property
    def available(self) -> bool:
        """Whether the operator makes the node available."""
        return not self.failures and not self.cordoned

    @property
    def reason(self) -> str:
        """Why the node is unavailable; empty for an available one."""
        parts = [str(self.failures[0])] if self.failures else []
        if len(self.failures) > 1:
            more = ", ".join(failure.condition[0] for failure in self.failures[1:])
            parts.append(f"also {more}")
        if self.cordoned:
            parts.append("cordoned")
        return "; ".join(parts)

    def data(self) -> dict[str, Any]:
        """Return the verdict for output as data."""
        return {"available": self.available, "reason": self.reason}


_AVAILABLE = Verdict()
_CORDONED = Verdict(cordoned=True)


class Conditions:
    """A backend's `node_conditions`, ready to judge nodes.

    Args:
        requirement: returns what requires another status of a condition; None if nothing does.
    """

    def __init__(self, requirement: Callable[[Condition], str | None]) -> None:
        self._failures = _Failures(requirement)

    def judge(self, node: Node) -> Verdict:
        """Return whether `node` is available."""
        known = self._failures
        failures = [failure for pair in node.conditions if (failure := known[pair]) is not None]
        if failures:
            return Verdict(tuple(failures), node.cordoned)
        return _CORDONED if node.cordoned else _AVAILABLE


class _Failures(dict[Condition, Failure | None]):
    """The failure of each condition seen so far: a cluster has few distinct ones."""

    def __init__(self, requirement: Callable[[Condition], str | None]) -> None:
        self._requirement = requirement

    def __missing__(self, condition: Condition) -> Failure | None:
        requirement = self._requirement(condition)
        failure = None if requirement is None else Failure(condition, requirement)
        self[condition] = failure
        return failure


def conditions_of(
    dialect: Dialect, node_conditions: Mapping[str, Any] | None, nodes: Iterable[Node] = ()
) -> Conditions:
    """Return the `node_conditions` of a backend, ready to judge nodes.

    Args:
        dialect: decides in which form they are.
        node_conditions: as the service stores them.
        nodes: the nodes to judge; long condition types make an expensive rule more expensive.

    Raises:
        UnusableConditionsError: the operator refuses the rules, or a rule would take too long.
    """
    given = node_conditions or {}
    if "rules" in dialect.node_condition_fields:
        distinct = {pair for node in nodes for pair in node.conditions}
        longest = max((len(text) for pair in distinct for text in pair), default=0)
        return Conditions(_Rules(given.get("rules"), longest).requirement)
    lists = (given.get("additional_node_conditions"), given.get("ignore_node_conditions"))
    return Conditions(_Lists(*lists).requirement)


class _Rules:
    """Rules, type to status (docs/service/node-availability.md#rules)."""

    def __init__(self, rules: Mapping[str, Any] | None, longest: int) -> None:
        self._rules: list[tuple[re.Pattern[str], re.Pattern[str], str]] = []
        for key, status in (rules or {}).items():
            compiled = (_compiled(key), _compiled(status))
            if compiled[0] is None or compiled[1] is None:
                continue  # the operator skips it, too
            for pattern in (key, status):
                if not is_cheap(pattern, longest):
                    raise UnusableConditionsError(
                        f'the regular expression "{pattern}" is too complex to evaluate here',
                        hint="write a simpler one: one .* is enough in most rules",
                    )
            if compiled[0].match(READY) and status != "True":
                # docs/service/node-availability.md#the-ready-rule
                raise UnusableConditionsError(
                    f'the operator refuses the rule "{key}": "{status}", '
                    f'since it matches {READY} and is not "True"; it keeps its old rules, '
                    "and stops with an error when it restarts",
                    hint=f'to exclude {READY}, start the key with "^(?!{READY}$)"',
                )
            self._rules.append((compiled[0], compiled[1], f'"{key}": "{status}"'))
        if not any(key.match(READY) for key, *_ in self._rules):
            pattern, status = map(re.compile, DEFAULT_RULE)
            text = '"{}": "{}"'.format(*DEFAULT_RULE)
            self._rules.append((pattern, status, f"{text} (the default)"))

    def requirement(self, condition: Condition) -> str | None:
        condition_type, status = condition
        matching = [rule for rule in self._rules if rule[0].match(condition_type)]
        if not matching or any(rule[1].fullmatch(status) for rule in matching):
            return None
        return ("rule " if len(matching) == 1 else "rules ") + ", ".join(
            rule[2] for rule in matching
        )


class _Lists:
    """Lists of condition types (docs/service/node-availability.md#seed-generation)."""

    def __init__(self, additional: list[str] | None, ignored: list[str] | None) -> None:
        self._additional = _Entries(additional)
        self._ignored = _Entries(ignored)

    def requirement(self, condition: Condition) -> str | None:
        condition_type, status = condition
        if self._ignored.matching(condition_type) is not None:
            return None
        entry = self._additional.matching(condition_type)
        if condition_type == READY:
            return None if status == "True" else f"{READY} must be True"
        if entry is not None:
            return None if status == "True" else f'"{entry}" in additional_node_conditions'
        return None if status == "False" else "must be False, since neither list names it"


class _Entries:
    """Entries of a list: whole names, or prefixes with a `*` at the end."""

    def __init__(self, entries: list[str] | None) -> None:
        self._entries = [entry for entry in entries or () if isinstance(entry, str)]

    def matching(self, condition_type: str) -> str | None:
        """Return the first entry that matches; None if none does."""
        for entry in self._entries:
            if condition_type == entry or (
                entry.endswith("*") and condition_type.startswith(entry[:-1])
            ):
                return entry
        return None


def _compiled(pattern: Any) -> re.Pattern[str] | None:
    """Return the compiled regex, or None if the operator could not compile it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern)
    except (re.error, TypeError, OverflowError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node under the stored and under the proposed `node_conditions`.

    Attributes:
        live: its availability now; None where there is nothing to compare with.
        proposed: the availability it would have; None where nothing is proposed.
    """

    node: Node
    live: Verdict | None
    proposed: Verdict | None

    @property
    def changes(self) -> bool:
        """Whether the proposal changes the availability."""
        if self.live is None or self.proposed is None:
            return False
        return self.live.available != self.proposed.available

    @property
    def taken_out(self) -> bool:
        """Whether the conditions take out a node that is, or may be, available.

        A cordoned node is unavailable under any conditions.
        """
        if self.proposed is None:
            return self.live is not None and bool(self.live.failures) and not self.node.cordoned
        before = self.live is None or self.live.available
        return before and bool(self.proposed.failures) and not self.node.cordoned

    def data(self) -> dict[str, Any]:
        """Return the node for output as data."""
        return {
            "name": self.node.name,
            "live": None if self.live is None else self.live.data(),
            "proposed": None if self.proposed is None else self.proposed.data(),
        }


def compare(
    nodes: Iterable[Node], live: Conditions | None, proposed: Conditions | None
) -> list[NodeChange]:
    """Judge each node under both conditions; those that are taken out come first, then those
    that become available."""
    changes = [
        NodeChange(
            node,
            None if live is None else live.judge(node),
            None if proposed is None else proposed.judge(node),
        )
        for node in nodes
    ]
    return sorted(changes, key=lambda change: (not change.taken_out, not change.changes))
