"""BACKEND: one compute cluster (docs/service/backend.md#fields)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from osmo_cli.config.node_conditions import PREFIX, equivalent
from osmo_cli.config.registry.definition import (
    Check,
    Definition,
    Finding,
    checks,
    references,
    warning,
)
from osmo_cli.config.schemas.base import ConfigModel, ReadOnlyFlag, ReadOnlyText
from osmo_cli.config.schemas.kinds import COSCHEDULING_BY_DEFAULT
from osmo_cli.config.schemas.rules import node_rules
from osmo_cli.config.schemas.rules.lists import no_duplicates
from osmo_cli.config.schemas.rules.numbers import above_zero
from osmo_cli.config.schemas.rules.urls import socket_address, web_addresses


class SchedulerSettings(ConfigModel):
    """The Kubernetes scheduler that places the pods."""

    scheduler_type: Literal["default", "scheduler-plugins", "volcano", "kai"] = "default"
    scheduler_name: str = "default-scheduler"
    coscheduling: bool = False
    scheduler_timeout: int = 30

    @field_validator("coscheduling")
    @classmethod
    def _needs_a_gang_scheduler(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("scheduler_type") == "default":
            raise PydanticCustomError(
                COSCHEDULING_BY_DEFAULT,
                'cannot be true with scheduler_type "default", which starts pods one by one',
            )
        return value


class SchedulerSettings62(ConfigModel):
    """The Kubernetes scheduler that places the pods, from 6.2 on."""

    scheduler_type: Literal["kai"] = "kai"
    scheduler_name: str = "kai-scheduler"
    scheduler_timeout: int = 30


class NodeConditionsSeed(ConfigModel):
    """The node conditions that decide whether a node is available, in the seed generation."""

    additional_node_conditions: list[str] | None = None
    ignore_node_conditions: list[str] | None = None
    prefix: str = PREFIX


class NodeConditions60(ConfigModel):
    """The node conditions that decide whether a node is available."""

    rules: dict[str, str] | None = None
    prefix: str = PREFIX


class _Backend(ConfigModel):
    name: ReadOnlyText = ""
    description: str = ""
    version: ReadOnlyText = ""
    k8s_uid: str = ""
    k8s_namespace: ReadOnlyText = ""
    dashboard_url: str = ""
    grafana_url: str = ""
    tests: list[str] = []
    # Here to keep the service's order of fields; each version sets its own classes.
    scheduler_settings: ConfigModel = ConfigModel()
    node_conditions: ConfigModel = ConfigModel()
    last_heartbeat: ReadOnlyText = ""
    created_date: ReadOnlyText = ""
    router_address: str = ""
    online: ReadOnlyFlag = False


class BackendSeed(_Backend):
    """A backend of the seed generation."""

    scheduler_settings: SchedulerSettings = SchedulerSettings()
    node_conditions: NodeConditionsSeed = NodeConditionsSeed()


class Backend60(_Backend):
    """A backend of 6.0."""

    scheduler_settings: SchedulerSettings = SchedulerSettings()
    node_conditions: NodeConditions60 = NodeConditions60()


class Backend62(_Backend):
    """A backend from 6.2 on."""

    scheduler_settings: SchedulerSettings62 = SchedulerSettings62()
    node_conditions: NodeConditions60 = NodeConditions60()


def _cluster_uid(value: Any) -> Iterator[Finding]:
    if isinstance(value, str):
        message = "another uid locks out the cluster that is registered under this name"
        yield warning(message, "leave it out, unless the cluster was recreated")


def _has_rules(dialect: Any) -> bool:
    return "rules" in dialect.node_condition_fields


def _has_lists(dialect: Any) -> bool:
    return not _has_rules(dialect)


def _other_form(node_conditions: Any, dialect: Any) -> str:
    return equivalent(node_conditions, dialect.node_condition_fields)


def _node_condition_checks() -> Iterator[Check]:
    prefix = "ends with `osmo.nvidia.com/`; the operator overwrites it"
    for rule, summary, field, applies in (
        (
            node_rules.node_rules,
            "regular expressions; none matches `Ready` unless its value is `True`; anchored",
            "rules",
            _has_rules,
        ),
        (node_rules.prefix, prefix, "prefix", _has_rules),
        (
            node_rules.wildcards,
            "names, `*` only at the end",
            "additional_node_conditions",
            _has_lists,
        ),
        (
            node_rules.ignored_conditions,
            "names, `*` only at the end; not `Ready`",
            "ignore_node_conditions",
            _has_lists,
        ),
        (node_rules.documented_prefix, prefix, "prefix", _has_lists),
    ):
        yield from checks(rule, summary, f"node_conditions.{field}", applies=applies)


_CONDITION_TYPES = "Condition types, exact or with * at the end"

DEFINITION = Definition(
    models={"seed": BackendSeed, "6.0": Backend60, "6.2": Backend62},
    helm_section="backends",
    not_in_values=frozenset({"k8s_uid"}),
    own_fields=frozenset({("k8s_uid",)}),
    checks=(
        *web_addresses("dashboard_url", "grafana_url"),
        *checks(socket_address, "`ws(s)://` with a host", "router_address"),
        *checks(_cluster_uid, "does not change", "k8s_uid", whole=True),
        *checks(no_duplicates, "no duplicates", "tests"),
        *checks(above_zero, "greater than 0", "scheduler_settings.scheduler_timeout"),
        *_node_condition_checks(),
    ),
    references=(*references("BACKEND_TEST", "tests.*"),),
    # They decide which nodes are available.
    essential={
        ("node_conditions", "rules"): _other_form,
        ("node_conditions", "additional_node_conditions"): _other_form,
        ("node_conditions", "ignore_node_conditions"): _other_form,
    },
    descriptions={
        "name": "Name of the backend.",
        "description": "Purpose of the cluster.",
        "version": "Version of the backend's operator.",
        "k8s_uid": "UID of the cluster; changing it locks out the real cluster.",
        "k8s_namespace": "Namespace of the backend's operator.",
        "dashboard_url": "Page that shows the running pods.",
        "grafana_url": "Page that shows resources and status.",
        "tests": "Names of BACKEND_TEST items to run.",
        "scheduler_settings": "Kubernetes scheduler that places the pods.",
        "scheduler_type": "Kind of scheduler.",
        "scheduler_name": "Name of the scheduler in the cluster.",
        "coscheduling": "Whether the pods of a group start together.",
        "scheduler_timeout": "Seconds that a pod may wait to be scheduled.",
        "node_conditions": "Node conditions that decide whether a node is available.",
        "additional_node_conditions": f"{_CONDITION_TYPES}, that must be True in addition to "
        "Ready.",
        "ignore_node_conditions": f"{_CONDITION_TYPES}, that are ignored.",
        "rules": "Regular expression for a condition's type to regular expression for the status "
        "that it must have. Anchor them with ^ and $.",
        "prefix": "Prefix of the node label `<prefix>verified`; the operator sets it.",
        "last_heartbeat": "Time of the operator's last heartbeat, UTC.",
        "created_date": "Time when the operator first connected, UTC.",
        "router_address": "Address of the router, wss://HOST.",
        "online": "Whether the last heartbeat is at most two minutes old.",
    },
    keywords={
        "tests": {"uniqueItems": True, "examples": [["gpu-burn"]]},
        "dashboard_url": {"examples": ["https://dashboard.example.com"]},
        "grafana_url": {"examples": ["https://grafana.example.com/d/gpu"]},
        "additional_node_conditions": {"examples": [["GpuHealthy", "nvidia.com/*"]]},
        "ignore_node_conditions": {"examples": [["NetworkUnavailable", "SomeTransient*"]]},
        "rules": {"examples": [{"^Ready$": "True", "^GpuHealthy$": "True|Unknown"}]},
    },
)
