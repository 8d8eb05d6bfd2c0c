"""Generated configurations, valid by the schemas and the rules beside them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.secrets import MASK

texts = st.text(st.characters(codec="utf-8", exclude_characters="*"), max_size=6)
names = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
counts = st.integers(0, 100)
statuses = st.sampled_from(["True", "False", "True|Unknown", ".*"])
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | counts | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(names, json_values, max_size=4)


def credentials(secret: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.none() | st.fixed_dictionaries(
        {
            "endpoint": st.sampled_from(["s3://bucket", "s3://other/path"]),
            "access_key_id": texts,
            "access_key": secret,
            "region": texts,
        }
    )


def workflows(secret: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """WORKFLOW as a service shows it, with `secret` in the place of each secret."""
    return st.fixed_dictionaries(
        {
            "workflow_data": st.fixed_dictionaries(
                {
                    "credential": credentials(secret),
                    "base_url": texts,
                    "websocket_timeout": counts,
                    "data_timeout": counts,
                    "download_type": st.just("download"),
                }
            ),
            "workflow_log": st.fixed_dictionaries({"credential": credentials(secret)}),
            "workflow_info": st.fixed_dictionaries(
                {"tags": st.lists(texts, max_size=3), "max_name_length": counts}
            ),
            "backend_images": st.fixed_dictionaries(
                {
                    "init": texts,
                    "client": texts,
                    "credential": st.fixed_dictionaries(
                        {"registry": texts, "username": texts, "auth": secret}
                    ),
                }
            ),
            "workflow_alerts": st.fixed_dictionaries(
                {
                    "slack_token": secret,
                    "smtp_settings": st.fixed_dictionaries(
                        {"host": texts, "sender": texts, "password": secret}
                    ),
                }
            ),
            "credential_config": st.fixed_dictionaries(
                {
                    "disable_registry_validation": st.lists(texts, max_size=2),
                    "disable_data_validation": st.lists(texts, max_size=2),
                }
            ),
            "user_workflow_limits": st.fixed_dictionaries(
                {
                    "max_num_workflows": st.none() | st.integers(1, 9),
                    "jinja_sandbox_max_time": st.floats(0, 9),
                }
            ),
            "plugins_config": st.fixed_dictionaries(
                {
                    "rsync": st.fixed_dictionaries(
                        {
                            "enabled": st.booleans(),
                            "allowed_paths": st.dictionaries(
                                names,
                                st.fixed_dictionaries({"path": texts, "writable": st.booleans()}),
                                max_size=3,
                            ),
                        }
                    )
                }
            ),
            "max_num_tasks": counts,
            "default_exec_timeout": st.sampled_from(["60d", "1h", "90m"]),
        }
    )


shown_workflows = workflows(st.just(MASK))
"""What GET answers: each secret is the mask."""


def node_conditions(dialect: Dialect) -> st.SearchStrategy[dict[str, Any]]:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "prefix": st.sampled_from(["osmo.nvidia.com/", "gpu.osmo.nvidia.com/"])
    }
    if "rules" in dialect.node_condition_fields:
        fields["rules"] = st.none() | st.dictionaries(names, statuses, max_size=3)
    else:
        lists = st.none() | st.lists(names, max_size=3)
        fields |= {"additional_node_conditions": lists, "ignore_node_conditions": lists}
    return st.fixed_dictionaries(fields)


def scheduler_settings(dialect: Dialect) -> st.SearchStrategy[dict[str, Any]]:
    fields: dict[str, st.SearchStrategy[Any]] = {
        "scheduler_type": st.just("kai"),
        "scheduler_name": texts,
        "scheduler_timeout": counts,
    }
    if "coscheduling" in dialect.scheduler_fields:
        fields |= {
            "scheduler_type": st.sampled_from(["volcano", "kai", "scheduler-plugins"]),
            "coscheduling": st.booleans(),
        }
    return st.fixed_dictionaries(fields)


def backends(dialect: Dialect) -> st.SearchStrategy[dict[str, Any]]:
    """A backend as a service of this dialect shows it."""
    return st.fixed_dictionaries(
        {
            "name": names,
            "description": texts,
            "version": st.just("6.0.0"),
            "k8s_uid": texts,
            "k8s_namespace": names,
            "dashboard_url": texts,
            "grafana_url": texts,
            "tests": st.lists(names, max_size=3, unique=True),
            "scheduler_settings": scheduler_settings(dialect),
            "node_conditions": node_conditions(dialect),
            "last_heartbeat": st.just("2026-11-23T11:32:28.539178"),
            "created_date": st.just("2026-11-23T11:32:28.049904"),
            "router_address": texts,
            "online": st.booleans(),
        }
    )
