"""BACKEND: one compute cluster (api.md 3.6, section 12)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from osmo_cli.config.node_conditions import PREFIX
from osmo_cli.config.schemas.base import ConfigModel, ReadOnlyFlag, ReadOnlyText
from osmo_cli.config.schemas.kinds import COSCHEDULING_BY_DEFAULT


class SchedulerSettings(ConfigModel):
    """Which Kubernetes scheduler places the pods."""

    scheduler_type: Annotated[
        Literal["default", "scheduler-plugins", "volcano", "kai"],
        Field(description="Kind of scheduler."),
    ] = "default"
    scheduler_name: Annotated[str, Field(description="Name of the scheduler in the cluster.")] = (
        "default-scheduler"
    )
    coscheduling: Annotated[bool, Field(description="Whether pod groups start together.")] = False
    scheduler_timeout: Annotated[
        int, Field(description="Seconds that a pod may wait to be scheduled.")
    ] = 30

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
    """How the one scheduler that is left places the pods."""

    scheduler_type: Annotated[Literal["kai"], Field(description="Kind of scheduler.")] = "kai"
    scheduler_name: Annotated[str, Field(description="Name of the scheduler in the cluster.")] = (
        "kai-scheduler"
    )
    scheduler_timeout: Annotated[
        int, Field(description="Seconds that a pod may wait to be scheduled.")
    ] = 30


_Prefix = Annotated[
    str, Field(description="Prefix of the node label `<prefix>verified`; the operator sets it.")
]


class NodeConditionsSeed(ConfigModel):
    """Which node conditions decide whether a node can be used (api.md 12)."""

    additional_node_conditions: list[str] | None = None
    ignore_node_conditions: list[str] | None = None
    prefix: _Prefix = PREFIX


class NodeConditions60(ConfigModel):
    """Which node conditions decide whether a node can be used (api.md 6)."""

    rules: dict[str, str] | None = None
    prefix: _Prefix = PREFIX


class _Backend(ConfigModel):
    name: ReadOnlyText = ""
    description: Annotated[str, Field(description="What the cluster is for.")] = ""
    version: ReadOnlyText = ""
    k8s_uid: Annotated[
        str, Field(description="The cluster's uid; changing it locks the real cluster out.")
    ] = ""
    k8s_namespace: ReadOnlyText = ""
    dashboard_url: Annotated[str, Field(description="Page that shows the running pods.")] = ""
    grafana_url: Annotated[str, Field(description="Page that shows resources and status.")] = ""
    tests: Annotated[list[str], Field(description="Names of BACKEND_TEST items to run.")] = []
    # The places in the service's own order; each version fills them with its own classes.
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


SCHEMAS: dict[str, type[ConfigModel]] = {
    "seed": BackendSeed,
    "6.0": Backend60,
    **dict.fromkeys(("6.2", "6.3", "6.4"), Backend62),
}
