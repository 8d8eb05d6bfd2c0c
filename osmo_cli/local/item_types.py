"""The types with named items that clients create, as data, and what they have in common.

Each row says how an item is stored, how it shows, what a revision holds and which words the
service uses for it (docs/service/routes.md#routes-by-type). BACKEND has none: its items come from
operators.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.local import initial_items, pools, templates, users
from osmo_cli.local import item_forms as forms
from osmo_cli.local.faults import Fault, user_fault
from osmo_cli.local.history import Author, add_revision
from osmo_cli.local.initial_roles import default_roles
from osmo_cli.local.records import delete_item, item, items, set_item


@dataclass(frozen=True)
class Patching:
    """PATCH of an item.

    Attributes:
        live: what the patch is merged into.
        answer: what the client gets, from the merged item and the item as stored.
    """

    live: Callable[[sqlite3.Connection, Dialect, str, Any, datetime], dict[str, Any]]
    answer: Callable[[sqlite3.Connection, dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class ItemType:
    """One type with named items.

    Texts may hold `{name}`.

    Attributes:
        name: of the config type.
        noun: what the service calls an item.
        put_all: description of a revision that a PUT of many wrote, if the client gave none.
        unknown: the answer for an item that does not exist.
        deleted: what the service calls an item in the revision of a DELETE, if not `noun`.
        patching: how an item is patched; None: not at all.
        deletes_unknown: DELETE of what is not there succeeds and leaves a revision.
        check: raises Fault for what may not be stored, such as names of missing items.
        refuse: raises Fault for items that are refused before any of them is stored.
        store: what is stored for an item, from what a request gave; raises Fault.
        show: all items as GET shows them.
        snapshot: all items as a revision holds them.
        from_snapshot: stored items by name, from a revision.
        replaced_in_rollback: a rollback removes all items before it checks any.
        refuse_used: raises Fault where an item is in use.
        removed: what the service does when an item is gone.
        stored: what the service does when an item is stored; raises Fault.
        finish: what the service does with a changed item after its revision; raises Fault.
        in_requests: the annotation of an item in a request where the service checks it only when
            it stores it, if ever; None for the type's schema.
        reads_itself: the routes that read the type are elsewhere.
        first: the items of a new service.
        first_user: who made them, by version.
        before_first_revision: they are part of the first revision.
    """

    name: str
    noun: str
    put_all: str
    unknown: str
    deleted: str | None = None
    patching: Patching | None = None
    deletes_unknown: bool = True
    check: Callable[[sqlite3.Connection, Any], None] = forms.nothing_more
    refuse: Callable[[sqlite3.Connection, Any], None] = forms.nothing_more
    store: Callable[[sqlite3.Connection, Dialect, str, Any], tuple[str, Any]] = forms.as_given
    show: Callable[[sqlite3.Connection, Mapping[str, Any]], Any] = forms.by_name
    snapshot: Callable[[sqlite3.Connection, Dialect, datetime], Any] | None = None
    from_snapshot: Callable[[sqlite3.Connection, Any], dict[str, Any]] = forms.items_of
    replaced_in_rollback: bool = False
    refuse_used: Callable[[sqlite3.Connection, str], None] = forms.never_used
    removed: Callable[[sqlite3.Connection, str], None] = forms.never_used
    stored: Callable[[sqlite3.Connection, str], None] = forms.never_used
    finish: Callable[[sqlite3.Connection, Any], None] = forms.nothing_more
    in_requests: Any = None
    reads_itself: bool = False
    first: Callable[[Dialect], Mapping[str, Any]] = initial_items.none
    first_user: Mapping[str, str] = field(default_factory=lambda: {"seed": ""})
    before_first_revision: bool = False

    @property
    def config_type(self) -> ConfigType:
        """The type's row in the registry."""
        return CONFIG_TYPES[self.name]

    def description(self, method: str, name: str) -> str:
        """Of the revision that a PUT, PATCH or DELETE of one wrote, if the client gave none."""
        if method == "DELETE":
            return f"Delete {self.deleted or self.noun} {name}"
        return f"{_DONE[method]} {self.noun} {name}"

    def check_name(self, name: str) -> None:
        """Raise Fault (400) for a name that the service does not take.

        docs/service/routes.md#names
        """
        check_name(self.config_type, self.noun.capitalize(), name)


_DONE = {"PUT": "Put complete", "PATCH": "Patch"}
ITEM_TYPES: dict[str, ItemType] = {
    row.name: row
    for row in (
        ItemType(
            name="POOL",
            noun="pool",
            put_all="Set all pool configurations",
            unknown="Pool {name} not found",
            reads_itself=True,
            first=initial_items.pools,
            first_user={"seed": "", "6.0": "System"},
            patching=Patching(live=forms.live_pool, answer=forms.patched_pool),
            finish=pools.refuse_unknown_backend,
            refuse=pools.refuse_topology,
            check=pools.check,
            store=forms.store_pool,
            replaced_in_rollback=True,
            snapshot=forms.pool_snapshot,
            from_snapshot=forms.pools_of,
        ),
        ItemType(
            name="POD_TEMPLATE",
            noun="pod template",
            put_all="Put complete pod template",
            unknown="Pod Template {name} does not exist.",
            in_requests=dict[str, Any],
            first=initial_items.pod_templates,
            refuse_used=templates.refuse_used_template,
            stored=templates.refuse_unreadable,
        ),
        ItemType(
            name="GROUP_TEMPLATE",
            noun="group template",
            put_all="Put complete group template",
            unknown="Group Template {name} does not exist.",
            in_requests=dict[str, Any],
            store=forms.store_group,
            refuse_used=templates.refuse_used_group,
        ),
        ItemType(
            name="RESOURCE_VALIDATION",
            noun="resource validation",
            put_all="Put complete resource validation {name}",
            unknown="Resource Validation {name} does not exist.",
            in_requests=list[dict[str, Any]],
            first=initial_items.validations,
            store=forms.store_validation,
            refuse_used=templates.refuse_used_validation,
        ),
        ItemType(
            name="BACKEND_TEST",
            noun="backend test",
            put_all="Set all backend test configurations",
            deleted="test",
            unknown="Test config {name} does not exist.",
            patching=Patching(live=forms.live_test, answer=forms.patched_test),
            check=forms.check_test,
            store=forms.store_test,
            show=forms.shown_tests,
            refuse_used=templates.refuse_used_test,
        ),
        ItemType(
            name="ROLE",
            noun="role",
            put_all="Put complete roles",
            unknown="Role {name} does not exist.",
            first=default_roles,
            before_first_revision=True,
            deletes_unknown=False,
            store=forms.store_role,
            show=forms.shown_roles,
            snapshot=forms.role_snapshot,
            from_snapshot=forms.roles_of,
            removed=users.forget_role,
        ),
    )
}


def check_name(config_type: ConfigType, words: str, name: str) -> None:
    """Raise Fault (400) for a name that the service does not take (docs/service/routes.md#names).

    Args:
        config_type: whose rule holds.
        words: what is called so.
    """
    if not config_type.is_name(name):
        raise user_fault(
            f'{words} name "{name}" is not valid! Name can only be alphanumeric and contain dash'
            " or underscore."
        )


def put(
    connection: sqlite3.Connection,
    dialect: Dialect,
    row: ItemType,
    given: Mapping[str, Any] | list[dict[str, Any]],
) -> dict[str, Any]:
    """Store items from a request, one after another; the others stay.

    Returns:
        The items as stored, by name.

    Raises:
        Fault: a name or an item that the service refuses. What was stored before it stays
            (docs/service/merge.md#put-of-named-types); a wrong name stores nothing.
    """
    pairs = (
        [(str(value["name"]), value) for value in given]
        if isinstance(given, list)
        else list(given.items())
    )
    for name, _ in pairs:
        row.check_name(name)
    for _, value in pairs:
        row.refuse(connection, value)
    stored: dict[str, Any] = {}
    for given_name, value in pairs:
        try:
            row.check(connection, value)
            name, item_stored = row.store(connection, dialect, given_name, value)
        except Fault as fault:
            fault.keeps_changes = bool(stored)
            raise
        set_item(connection, row.name, name, item_stored)
        row.stored(connection, name)
        stored[name] = item_stored
    return stored


def delete(connection: sqlite3.Connection, row: ItemType, name: str) -> Any | None:
    """Remove an item; return it as it was stored. Raises Fault where that is refused."""
    stored = item(connection, row.name, name)
    if stored is None and not row.deletes_unknown:
        raise user_fault(row.unknown.format(name=name))
    row.refuse_used(connection, name)
    delete_item(connection, row.name, name)
    row.removed(connection, name)
    return stored


def restore(connection: sqlite3.Connection, row: ItemType, snapshot: Any) -> None:
    """Delete what a revision does not have, and store what it has.

    Raises:
        Fault: an item is in use, or one of the revision names an item that is gone. What was
            deleted before stays deleted (docs/service/history.md#rollback).
    """
    wanted = row.from_snapshot(connection, snapshot)
    live = items(connection, row.name).keys()
    try:
        for name in sorted(live if row.replaced_in_rollback else live - wanted.keys()):
            delete(connection, row, name)
        for value in wanted.values():
            row.check(connection, value)
    except Fault as fault:
        fault.keeps_changes = True
        raise
    for name, value in wanted.items():
        set_item(connection, row.name, name, value)


def snapshot(connection: sqlite3.Connection, dialect: Dialect, row: ItemType, now: datetime) -> Any:
    """Return all items of a type as a revision holds them."""
    if row.snapshot is None:
        return row.show(connection, items(connection, row.name))
    return row.snapshot(connection, dialect, now)


def revise(
    connection: sqlite3.Connection,
    dialect: Dialect,
    row: ItemType,
    now: datetime,
    author: Author,
    name: str = "",
) -> None:
    """Write a revision with all items of a type."""
    data = snapshot(connection, dialect, row, now)
    add_revision(connection, row.name, data, now, author, name=name)
