"""Live objects, and an input checked against them, for the tests of `validate`."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from osmo_cli.config.checking.offline import check_document
from osmo_cli.config.checking.validate import Checked, check_input
from osmo_cli.config.problems import Problem
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.dialects import DIALECTS, V6_0, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, WORKFLOW, ConfigType
from osmo_cli.config.secrets import MASK

NEW_CONDITIONS: dict[str, dict[str, Any]] = {
    "seed": {
        "additional_node_conditions": [],
        "ignore_node_conditions": [],
        "prefix": "osmo.nvidia.com/",
    },
    **{
        name: {"rules": {"Ready": "True"}, "prefix": "osmo.nvidia.com/"}
        for name in DIALECTS
        if name != "seed"
    },
}


_SCHEDULER = {
    "scheduler_type": "default",
    "scheduler_name": "default-scheduler",
    "coscheduling": False,
    "scheduler_timeout": 30,
}
_ONLY_SCHEDULER = {"scheduler_type": "kai", "scheduler_name": "kai-scheduler"}
EVERYWHERE = list(DIALECTS.values())


CREDENTIAL = '{"workflow_data": {"credential": {"endpoint": "s3://b"%s}}}'


def live_backend(dialect: Dialect) -> dict[str, Any]:
    return {
        "name": "gpu-a",
        "description": "",
        "version": "6.0.0",
        "k8s_uid": "5a1d6c2e",
        "k8s_namespace": "osmo",
        "dashboard_url": "",
        "grafana_url": "",
        "tests": [],
        "scheduler_settings": {
            key: value for key, value in _SCHEDULER.items() if key in dialect.scheduler_fields
        }
        | ({} if "coscheduling" in dialect.scheduler_fields else _ONLY_SCHEDULER),
        "node_conditions": deepcopy(NEW_CONDITIONS[dialect.name]),
        "last_heartbeat": "2026-11-23T11:32:28.539178",
        "created_date": "2026-11-23T11:32:28.049904",
        "router_address": "",
        "online": True,
    }


def live_workflow(dialect: Dialect = V6_0) -> dict[str, Any]:
    live: dict[str, Any] = WORKFLOW.schema(dialect)().model_dump()
    live["backend_images"]["credential"]["auth"] = MASK
    live["workflow_alerts"]["slack_token"] = MASK
    live["workflow_alerts"]["smtp_settings"]["password"] = MASK
    live["workflow_log"]["credential"] = {
        "endpoint": "s3://logs",
        "access_key_id": "id",
        "access_key": MASK,
        "region": "us-east-1",
    }
    return live


def check(text: str, config_type: ConfigType, dialect: Dialect, **options: Any) -> Checked:
    live = options.pop("live", None)
    if live is None:
        live = live_backend(dialect) if config_type is BACKEND else live_workflow(dialect)
    before = deepcopy(live)
    checked = check_input(parse_json("in.json", text), Shape(config_type, dialect), live, **options)
    assert live == before, "the live object was changed"
    return checked


def lines(checked: Checked) -> list[str]:
    return texts(checked.problems)


def texts(problems: list[Problem]) -> list[str]:
    """The problems as they are printed."""
    return [
        ("" if problem.severity == "error" else "warning: ") + str(problem) for problem in problems
    ]


def found_in(
    kind: str, text: Any, dialect: Dialect = V6_0, *, name: str | None = None, new: bool = False
) -> list[Problem]:
    """The problems of a file, without a service, of JSON text or a value."""
    text = text if isinstance(text, str) else json.dumps(text)
    shape = Shape(CONFIG_TYPES[kind], dialect, name)
    return check_document(parse_json("in.json", text), shape, new=new)


def said(kind: str, text: Any, dialect: Dialect = V6_0, **details: Any) -> list[str]:
    """What is printed of them."""
    return texts(found_in(kind, text, dialect, **details))


def nested(path: str, value: Any) -> dict[str, Any]:
    for step in reversed(path.split(".")):
        value = {step: value}
    return dict(value)


def only_message(kind: str, path: str, value: Any, dialect: Dialect, name: str | None) -> list[str]:
    """What is said of one field, without place and path."""
    return [
        ("" if problem.severity == "error" else "warning: ")
        + problem.message
        + (f" ({problem.hint})" if problem.hint else "")
        for problem in found_in(kind, nested(path, value), dialect, name=name)
        if problem.message != "this field is missing"
    ]
