"""What a change of a backend's node conditions does to the nodes of its cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from osmo_cli.backend.availability import Conditions, Node, compare, conditions_of
from osmo_cli.config.problems import Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND
from osmo_cli.errors import UsageError
from osmo_cli.plan.change import Change
from osmo_cli.plan.live_object import LiveObject
from osmo_cli.plan.names import first_names

_NAMED_NODES = 5


class NodesTakenOutError(UsageError):
    """A change would make too many nodes unavailable; nothing was sent (exit 2)."""


def live_conditions(target: LiveObject, nodes: Sequence[Node]) -> Conditions:
    """Return the stored node conditions of a backend.

    Raises:
        UnusableConditionsError: nobody can tell what they do.
    """
    return _conditions(target.shape.dialect, target.live, nodes)


def proposed_conditions(change: Change, nodes: Sequence[Node]) -> Conditions:
    """Return the node conditions that a change stores.

    Raises:
        UnusableConditionsError: nobody can tell what they do.
    """
    return _conditions(change.target.shape.dialect, change.wanted, nodes)


def offline_conditions(
    document: Document, dialect: Dialect, nodes: Sequence[Node]
) -> tuple[Conditions, list[Problem]]:
    """Return the node conditions in a file, and warnings.

    Raises:
        InvalidInputError: the file is invalid.
    """
    from osmo_cli.config.checking.offline import check_document
    from osmo_cli.config.checking.validate import with_own_names
    from osmo_cli.config.problems import raise_for_errors

    shape = Shape(BACKEND, dialect, "backend")
    warnings = raise_for_errors(check_document(document, shape, new=False))
    return _conditions(dialect, with_own_names(document, shape).value, nodes), warnings


def check_nodes(change: Change, nodes: Sequence[Node], most: int) -> int:
    """Return how many nodes a change makes unavailable.

    Raises:
        NodesTakenOutError: they are more than `most`.
        UnusableConditionsError: nobody can tell what the change does.
    """
    from osmo_cli.backend.availability import UnusableConditionsError

    try:
        live = live_conditions(change.target, nodes)
    except UnusableConditionsError:
        live = None  # every node may be available
    changes = compare(nodes, live, proposed_conditions(change, nodes))
    out = [item for item in changes if item.taken_out]
    if len(out) > most:
        names = first_names([item.node.name for item in out], _NAMED_NODES)
        reason = out[0].proposed.reason if out[0].proposed else ""
        raise NodesTakenOutError(
            f"the change makes {len(out)} of {len(nodes)} nodes unavailable ({names}): "
            f"{out[0].node.name}: {reason}; nothing was sent",
            hint=f"change the node conditions, or allow it with --max-unavailable {len(out)}",
        )
    return len(out)


def _conditions(dialect: Dialect, backend: Any, nodes: Sequence[Node]) -> Conditions:
    given = backend.get("node_conditions") if isinstance(backend, dict) else None
    return conditions_of(dialect, given if isinstance(given, dict) else None, nodes)
