"""BACKEND and WORKFLOW (api.md 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from osmo_cli.config.types import WORKFLOW
from osmo_cli.local import backends
from osmo_cli.local.call import Call, Reply
from osmo_cli.local.faults import server_fault
from osmo_cli.local.history import Author, add_revision
from osmo_cli.local.masks import mask
from osmo_cli.local.records import set_item, whole
from osmo_cli.local.service import Service, read_body

INDENT = 4
"""How far 6.0 indents the JSON of configurations (api.md 0)."""
_REPORT_TITLE = "WorkflowConfig"


def author(call: Call, request: Any, default: str) -> Author:
    """Who makes a change and why, from a `bodies.ConfigsRequest`."""
    return Author(call.caller.user, request.description or default, request.tags)


def list_backends(service: Service, call: Call) -> Reply:
    """GET /api/configs/backend."""
    with service.store.read() as connection:
        found = backends.all_backends(connection, service.now())
    return Reply({"backends": found}, indent=INDENT)


def get_backend(service: Service, call: Call) -> Reply:
    """GET /api/configs/backend/{name}."""
    with service.store.read() as connection:
        found = backends.backend(connection, call.path["name"], service.now())
    return Reply(found, indent=INDENT)


def post_backend(service: Service, call: Call) -> Reply:
    """POST /api/configs/backend/{name}."""
    name = call.path["name"]
    request = read_body(service, call, "post_backend")
    changes = request.configs.model_dump()
    with service.store.write() as connection:
        by = author(call, request, f"Updated backend '{name}'")
        backends.update(connection, name, changes, service.now(), by)
    return Reply()


def delete_backend(service: Service, call: Call) -> Reply:
    """DELETE /api/configs/backend/{name}; there are no workflows that `force` could matter for."""
    name = call.path["name"]
    request = read_body(service, call, "delete_backend")
    with service.store.write() as connection:
        by = author(call, request, f"Deleted backend '{name}'")
        backends.delete(connection, name, service.now(), by)
    return Reply()


def get_of(config_type: str) -> Callable[[Service, Call], Reply]:
    """The handler of GET for a type without named items."""

    def get_whole(service: Service, call: Call) -> Reply:
        """The type's whole configuration, masked."""
        with service.store.read() as connection:
            stored = whole(connection, config_type)
        return Reply(mask(stored, config_type, service.store.dialect), indent=INDENT)

    return get_whole


def put_workflow(service: Service, call: Call) -> Reply:
    """PUT /api/configs/workflow: fields that are present are replaced whole.

    The answer shows secrets in clear, as the service's does (api.md 3.1).
    """
    request = read_body(service, call, "put_workflow")
    changes = request.configs.model_dump(include=request.configs.model_fields_set)
    with service.store.write() as connection:
        stored = whole(connection, "WORKFLOW") | changes
        set_item(connection, "WORKFLOW", "", stored)
        by = author(call, request, "Set complete workflow configuration")
        add_revision(connection, "WORKFLOW", stored, service.now(), by)
    return Reply(stored)


def patch_workflow(service: Service, call: Call) -> Reply:
    """PATCH /api/configs/workflow: a strategic merge; the answer has the fields of the request."""
    from osmo_cli.config.strategic_merge import MergeFault, strategic_merge
    from osmo_cli.local.validation import parse_or_report

    dialect = service.store.dialect
    request = read_body(service, call, "patch")
    with service.store.write() as connection:
        stored = whole(connection, "WORKFLOW")
        try:
            merged = strategic_merge(stored, request.configs_dict, dialect)
        except MergeFault as fault:
            raise server_fault(str(fault)) from None
        changed = {
            key: value for key, value in merged.items() if key not in stored or value != stored[key]
        }
        model = parse_or_report(
            WORKFLOW.schema(dialect),
            changed,
            _REPORT_TITLE,
            closed=not service.developer,
        )
        stored |= model.model_dump(include=set(changed))
        set_item(connection, "WORKFLOW", "", stored)
        by = author(call, request, "Patched workflow configuration")
        add_revision(connection, "WORKFLOW", stored, service.now(), by)
    shown = mask(stored, "WORKFLOW", dialect)
    return Reply({key: value for key, value in shown.items() if key in request.configs_dict})
