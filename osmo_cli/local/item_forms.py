"""The forms of the items of each type: given, stored, shown, and in a revision.

docs/service/role.md#external_roles, docs/service/history.md
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.local import pools, templates
from osmo_cli.local.faults import crash, user_fault
from osmo_cli.local.records import item, items

_TEST_ORDER = (
    *("name", "description", "cron_schedule", "test_timeout", "common_pod_template"),
    *("parsed_pod_template", "node_conditions"),
)


def as_given(_: sqlite3.Connection, dialect: Dialect, name: str, given: Any) -> tuple[str, Any]:
    """The item is stored as given."""
    return name, given


def by_name(_: sqlite3.Connection, stored: Mapping[str, Any]) -> Any:
    """The items are shown as stored."""
    return dict(stored)


def items_of(_: sqlite3.Connection, snapshot: Any) -> dict[str, Any]:
    """Return the items of a revision by name."""
    return dict(snapshot)


def never_used(_: sqlite3.Connection, name: str) -> None:
    """Nothing refers to items of this type."""


def nothing_more(_: sqlite3.Connection, stored: Any) -> None:
    """The service is done when it has stored an item of this type."""


def store_validation(
    _: sqlite3.Connection, dialect: Dialect, name: str, given: list[Any]
) -> tuple[str, Any]:
    """Checked only now: the request's model is loose. Raises Fault (500) for what is wrong."""
    from osmo_cli.config.schemas.resource_validation import ResourceValidation
    from osmo_cli.local.checking.validation import parse_or_fail

    validation = parse_or_fail(
        ResourceValidation, given, dialect.pydantic, ("resource_validations",)
    )
    return name, validation.model_dump()


def check_test(connection: sqlite3.Connection, test: dict[str, Any]) -> None:
    """Raise Fault (400) for a template that does not exist."""
    templates.check_templates(connection, test["common_pod_template"])


def store_test(
    _: sqlite3.Connection, dialect: Dialect, name: str, given: dict[str, Any]
) -> tuple[str, Any]:
    """A test is stored under the name in the path."""
    kept = {key: given[key] for key in _TEST_ORDER if key != "parsed_pod_template"}
    # Each condition once.
    conditions = list(dict.fromkeys(given["node_conditions"]))
    return name, kept | {"name": name, "node_conditions": conditions}


def shown_tests(connection: sqlite3.Connection, stored: Mapping[str, Any]) -> Any:
    """Tests are shown with their templates combined."""
    return {name: shown_test(connection, test) for name, test in stored.items()}


def shown_test(connection: sqlite3.Connection, stored: dict[str, Any]) -> dict[str, Any]:
    """Return a test with its templates combined."""
    combines = getattr(connection, "combines_tests", True)
    pod = templates.combined(connection, stored["common_pod_template"]) if combines else {}
    full = {**stored, "parsed_pod_template": pod}
    return {key: full[key] for key in _TEST_ORDER}


def live_test(
    connection: sqlite3.Connection, _: Dialect, name: str, stored: Any, now: datetime
) -> dict[str, Any]:
    """What a PATCH of a test is merged into."""
    return shown_test(connection, stored)


def patched_test(
    connection: sqlite3.Connection, merged: dict[str, Any], stored: Any
) -> dict[str, Any]:
    """What a PATCH of a test answers."""
    return shown_test(connection, stored)


def store_group(
    _: sqlite3.Connection, dialect: Dialect, name: str, given: dict[str, Any]
) -> tuple[str, Any]:
    """The service looks for the fields that identify an object, not at their values.

    Raises:
        Fault: one is missing, or a namespace is set (400); `metadata` is not an object (500).
    """
    for field in ("apiVersion", "kind"):
        if field not in given:
            raise user_fault(f'Group template must have "{field}" field.')
    metadata = given.get("metadata", {})
    if not isinstance(metadata, dict):
        raise crash(f"argument of type '{type(metadata).__name__}' is not iterable")
    if "name" not in metadata:
        raise user_fault('Group template must have "metadata.name" field.')
    if metadata.get("namespace"):
        raise user_fault(
            'Group template must not have "metadata.namespace" set. '
            "The namespace is assigned by OSMO at runtime."
        )
    return name, given


_ACTION = ("base", "path", "method")


def store_role(
    connection: sqlite3.Connection, dialect: Dialect, name: str, given: dict[str, Any]
) -> tuple[str, Any]:
    """Under the role's own name, whatever the path says; actions are texts, in order."""
    name = given["name"]
    role = given | {
        "immutable": False,
        "policies": [
            policy | {"actions": sorted(map(_action_text, policy["actions"]))}
            for policy in given["policies"]
        ],
    }
    if "external_roles" in role:
        role["external_roles"] = _external_roles(connection, name, role["external_roles"])
    return name, role


def _external_roles(
    connection: sqlite3.Connection, name: str, given: list[str] | None
) -> list[str]:
    """Return the identity provider's names of a role as the service stores them.

    The service deletes and inserts in one statement, so every name that is already stored is
    lost when it is sent again. Null keeps the names; a new role gets its own.
    """
    old = item(connection, "ROLE", name)
    stored = [] if old is None else old["external_roles"]
    if given is None:
        return [name] if old is None else stored
    return sorted(set(given) - set(stored))


def _action_text(action: Any) -> str:
    return action if isinstance(action, str) else ":".join(action[key] for key in _ACTION)


def _shown_action(text: str) -> Any:
    """Up to 6.0 an action has three parts and shows as an object, from 6.2 on two and as text."""
    parts = text.split(":")
    return dict(zip(_ACTION, parts, strict=True)) if len(parts) == len(_ACTION) else text


def shown_roles(_: sqlite3.Connection, stored: Mapping[str, Any]) -> Any:
    """Roles are shown as a list."""
    return [shown_role(role) for role in stored.values()]


def shown_role(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a role with its actions as the service shows them."""
    policies = [
        policy | {"actions": [_shown_action(action) for action in policy["actions"]]}
        for policy in stored["policies"]
    ]
    return stored | {"policies": policies}


def role_snapshot(connection: sqlite3.Connection, _: Dialect, now: datetime) -> Any:
    """Roles are a list in a revision, with actions as strings."""
    return list(items(connection, "ROLE").values())


def roles_of(connection: sqlite3.Connection, snapshot: Any) -> dict[str, Any]:
    """Return the roles of a revision by name, as storing them leaves them."""
    roles = {str(role["name"]): dict(role) for role in snapshot}
    for name, role in roles.items():
        if "external_roles" in role:
            role["external_roles"] = _external_roles(connection, name, role["external_roles"])
    return roles


def store_pool(
    _: sqlite3.Connection, dialect: Dialect, name: str, given: dict[str, Any]
) -> tuple[str, Any]:
    """A pool is stored without computed fields."""
    return name, pools.stored_form(given)


def pool_snapshot(connection: sqlite3.Connection, dialect: Dialect, now: datetime) -> Any:
    """Pools are in a revision with their editable fields, name and status."""
    live = pools.shown_pools(connection, dialect, now)
    return {
        "pools": {
            name: {"name": name, "status": pool["status"], **pools.stored_form(pool)}
            for name, pool in live.items()
        }
    }


def pools_of(_: sqlite3.Connection, snapshot: Any) -> dict[str, Any]:
    """Return the pools of a revision by name, without computed fields."""
    return {name: pools.stored_form(pool) for name, pool in snapshot["pools"].items()}


def live_pool(
    connection: sqlite3.Connection, dialect: Dialect, name: str, stored: Any, now: datetime
) -> dict[str, Any]:
    """What a PATCH of a pool is merged into: with the timeouts of WORKFLOW, which so become its
    own (docs/service/role.md#external_roles)."""
    return pools.single(connection, dialect, name, now, verbose=True)


def patched_pool(
    connection: sqlite3.Connection, merged: dict[str, Any], stored: Any
) -> dict[str, Any]:
    """What a PATCH of a pool answers: status and heartbeat are those from before it."""
    pools.fill_in(connection, merged)
    return merged
