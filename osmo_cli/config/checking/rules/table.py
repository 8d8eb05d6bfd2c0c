"""Which rule applies where: one row a field (docs/checks.md shows the table)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osmo_cli.config.checking.rules import (
    durations,
    kubernetes,
    lists,
    node_rules,
    numbers,
    placeholders,
    schedules,
    service,
    templates,
    urls,
)
from osmo_cli.config.checking.rules.rule import Check, Rule
from osmo_cli.config.registry.dialects import Dialect


def _rows(config_type: str, rule: Rule, summary: str, *paths: str, **more: Any) -> Iterator[Check]:
    """A row for each path; a dot parts its steps."""
    for path in paths:
        steps = tuple(path.split(".")) if path else ()
        yield Check(config_type, steps, rule, summary, **more)


def _has_rules(dialect: Dialect) -> bool:
    return "rules" in dialect.node_condition_fields


def _has_lists(dialect: Dialect) -> bool:
    return not _has_rules(dialect)


_DURATION = "a whole number with `d`, `h`, `m`, `s`, `ms` or `us`"
_TIMEOUTS = (
    *("default_exec_timeout", "default_queue_timeout"),
    *("max_exec_timeout", "max_queue_timeout"),
)
_WEB = "`http(s)://` with a host"
_ABOVE_ZERO = "greater than 0"
_LABELS = "keys and values of labels"
_ANNOTATIONS = "keys of annotations, and texts"
_KEY = "the key of a label"
_PLACEHOLDERS = "placeholders are closed, and no misspelt variable of OSMO's"


def _plain_durations(dialect: Dialect) -> bool:
    return not dialect.iso_durations


def _iso_durations(dialect: Dialect) -> bool:
    return dialect.iso_durations


def _durations(config_type: str, *paths: str, or_empty: bool = False) -> Iterator[Check]:
    for rule, applies in (
        (durations.plain_duration, _plain_durations),
        (durations.duration, _iso_durations),
    ):
        summary = _DURATION + (", or empty" if or_empty else "")
        meant = durations.or_inherited(rule) if or_empty else rule
        yield from _rows(config_type, meant, summary, *paths, applies=applies)


def _of_backends() -> Iterator[Check]:
    rows = ("BACKEND",)
    yield from _rows(*rows, urls.web_address, _WEB, "dashboard_url", "grafana_url")
    yield from _rows(*rows, urls.socket_address, "`ws(s)://` with a host", "router_address")
    stays = "stays as the operator gave it"
    yield from _rows(*rows, kubernetes.cluster_uid, stays, "k8s_uid", whole=True)
    yield from _rows(*rows, lists.no_duplicates, "nothing stands twice", "tests")
    yield from _rows(*rows, numbers.above_zero, _ABOVE_ZERO, "scheduler_settings.scheduler_timeout")
    yield from _rows(
        *rows,
        node_rules.node_rules,
        "regular expressions; none matches `Ready` unless its value is `True`; anchored",
        "node_conditions.rules",
        applies=_has_rules,
    )
    yield from _rows(
        *rows,
        node_rules.wildcards,
        "names, `*` only at the end",
        "node_conditions.additional_node_conditions",
        applies=_has_lists,
    )
    yield from _rows(
        *rows,
        node_rules.ignored_conditions,
        "names, `*` only at the end; not `Ready`",
        "node_conditions.ignore_node_conditions",
        applies=_has_lists,
    )
    for rule, applies in (
        (node_rules.documented_prefix, _has_lists),
        (node_rules.prefix, _has_rules),
    ):
        yield from _rows(
            *rows,
            rule,
            "ends with `osmo.nvidia.com/`; the operator overwrites it",
            "node_conditions.prefix",
            applies=applies,
        )


def _of_workflow() -> Iterator[Check]:
    rows = ("WORKFLOW",)
    yield from _durations("WORKFLOW", *_TIMEOUTS, "force_cleanup_delay", "task_heartbeat_frequency")
    yield from _timeouts("WORKFLOW")
    yield from _rows(
        *(*rows, numbers.above_zero, _ABOVE_ZERO),
        *("max_num_tasks", "workflow_info.max_name_length", "default_schedule_timeout"),
        *("workflow_data.websocket_timeout", "workflow_data.data_timeout"),
        *(
            f"user_workflow_limits.jinja_sandbox_{what}"
            for what in ("workers", "max_time", "memory_limit")
        ),
    )
    for holder in ("workflow_data", "workflow_log", "workflow_app"):
        yield from _rows(*rows, urls.web_address, _WEB, f"{holder}.credential.override_url")
        yield from _secret("WORKFLOW", f"{holder}.credential.access_key")
    yield from _rows(*rows, urls.registry, "a host", "backend_images.credential.registry")
    yield from _secret("WORKFLOW", "backend_images.credential.auth")
    yield from _secret("WORKFLOW", "workflow_alerts.slack_token")
    yield from _secret("WORKFLOW", "workflow_alerts.smtp_settings.password")


def _timeouts(config_type: str) -> Iterator[Check]:
    for what in ("exec", "queue"):
        names = (f"default_{what}_timeout", f"max_{what}_timeout")
        summary = f"`{names[0]}` is not longer than `{names[1]}`"
        yield from _rows(config_type, durations.not_above(*names), summary, "")


def _secret(config_type: str, path: str) -> Iterator[Check]:
    summary = "no quotes, blanks or name of a variable in the place of the secret"
    yield from _rows(config_type, service.no_quotes, summary, path)


def _of_service() -> Iterator[Check]:
    rows = ("SERVICE",)
    yield from _rows(
        *(*rows, urls.web_address, _WEB, "service_base_url", "cli_config.client_install_url"),
        *(
            f"service_auth.login_info.{what}_endpoint"
            for what in ("device", "browser", "token", "logout")
        ),
    )
    yield from _rows(
        *(*rows, service.client_version, "`MAJOR.MINOR.REVISION`"),
        *(f"cli_config.{field}" for field in service.VERSION_FIELDS),
    )
    yield from _durations("SERVICE", "max_pod_restart_limit")
    yield from _rows(*rows, numbers.above_zero, _ABOVE_ZERO, "agent_queue_size")
    yield from _rows(
        *rows, service.public_key, "a JWK as JSON text", "service_auth.keys.*.public_key"
    )


def _of_pools() -> Iterator[Check]:
    rows = ("POOL",)
    yield from _durations("POOL", *_TIMEOUTS, or_empty=True)
    yield from _timeouts("POOL")
    yield from _rows(
        *rows, numbers.share, "`guarantee` is not above `maximum`; -1 is no limit", "resources.gpu"
    )
    yield from _rows(*rows, kubernetes.label_key, _KEY, "topology_keys.*.label")
    yield from _rows(*rows, lists.one_key_each, "each `key` once", "topology_keys")


def _of_pod_templates() -> Iterator[Check]:
    rows = ("POD_TEMPLATE",)
    yield from _rows(*rows, templates.pod_fields, "fields of a pod", "")
    yield from _rows(*rows, placeholders.well_formed, _PLACEHOLDERS, "")
    yield from _rows(
        *(*rows, kubernetes.mapping, "an object"),
        *("spec", "metadata", "metadata.labels", "metadata.annotations", "spec.nodeSelector"),
        *("spec.affinity", "spec.securityContext"),
    )
    yield from _rows(
        *(*rows, kubernetes.mappings, "a list of objects"),
        *("spec.containers", "spec.initContainers", "spec.volumes", "spec.tolerations"),
        *("spec.imagePullSecrets", "spec.resourceClaims"),
    )
    yield from _rows(*rows, kubernetes.labels, _LABELS, "metadata.labels", "spec.nodeSelector")
    yield from _rows(*rows, kubernetes.annotation_texts, _ANNOTATIONS, "metadata.annotations")
    yield from _rows(*rows, templates.pod_spec_fields, "fields of a pod's spec", "spec")
    yield from _rows(*rows, templates.toleration, "a toleration", "spec.tolerations.*")
    yield from _rows(*rows, kubernetes.dns_label, "a name", "spec.volumes.*.name")
    for kind in ("spec.containers.*", "spec.initContainers.*"):
        yield from _rows(*rows, templates.container_fields, "fields of a container", kind)
        yield from _rows(*rows, kubernetes.dns_label, "a name", f"{kind}.name")
        yield from _rows(
            *(*rows, kubernetes.quantity, "an amount, such as `500m` or `1Gi`"),
            *(f"{kind}.resources.limits.*", f"{kind}.resources.requests.*"),
        )
        yield from _rows(
            *(*rows, kubernetes.mapping, "an object"),
            *(f"{kind}.resources{part}" for part in ("", ".limits", ".requests")),
        )


def _of_other_items() -> Iterator[Check]:
    rows = ("GROUP_TEMPLATE",)
    yield from _rows(*rows, placeholders.well_formed, _PLACEHOLDERS, "")
    yield from _rows(*rows, templates.api_version, "a version of an API", "apiVersion")
    yield from _rows(*rows, templates.of_each_group, "one of each group", "metadata.name")
    yield from _rows(*rows, kubernetes.mapping, "an object", "metadata")
    yield from _rows(*rows, templates.kind, "a text", "kind")
    yield from _rows(*rows, kubernetes.labels, _LABELS, "metadata.labels")
    yield from _rows(*rows, kubernetes.annotation_texts, _ANNOTATIONS, "metadata.annotations")
    yield from _rows("RESOURCE_VALIDATION", placeholders.well_formed, _PLACEHOLDERS, "")
    yield from _rows("BACKEND_TEST", lists.no_duplicates, "nothing stands twice", "node_conditions")
    yield from _rows(
        *("BACKEND_TEST", schedules.runs_at_all, "a schedule of cron", "cron_schedule")
    )
    yield from _rows("POOL", lists.platform_names, "names, as of pools", "platforms")
    yield from _rows(
        "ROLE", service.resource_scope, "config types in lower case", "policies.*.resources.*"
    )
    yield from _rows(
        *("DATASET", lists.default_bucket, "`default_bucket` is one of `buckets`", ""), whole=True
    )
    yield from _secret("DATASET", "buckets.*.default_credential.access_key")
    yield from _rows("DATASET", urls.web_address, _WEB, "buckets.*.default_credential.override_url")


CHECKS: tuple[Check, ...] = (
    *_of_backends(),
    *_of_workflow(),
    *_of_service(),
    *_of_pools(),
    *_of_pod_templates(),
    *_of_other_items(),
)
"""All rows."""
