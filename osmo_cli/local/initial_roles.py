"""The roles that a new service has (api.md 1.6, 3.9)."""

from __future__ import annotations

from typing import Any

from osmo_cli.config.registry.dialects import Dialect

USER_TOKENS = "auth:Token"
"""What users may do in versions that let them make tokens."""
_USER_AREAS = (
    "app",
    "bucket",
    "credentials",
    "resources",
    "task",
    "workflow",
)
_BY_PATH: dict[str, tuple[str, tuple[str, ...]]] = {
    "osmo-admin": (
        "Administrator role",
        (
            "http:!/api/agent/*:*",
            "http:!/api/logger/*:*",
            "http:!/api/router/*/*/backend/*:*",
            "http:*:*",
        ),
    ),
    "osmo-backend": (
        "For backend agents",
        (
            "http:/api/agent/listener/*:*",
            "http:/api/agent/worker/*:*",
            "http:/api/configs/backend/*:Get",
            "http:/api/configs/backend:Get",
            "http:/api/pool/*:Get",
        ),
    ),
    "osmo-ctrl": (
        "For workflow pods",
        ("http:/api/logger/workflow/*:*", "http:/api/router/*/*/backend/*:*"),
    ),
    "osmo-default": (
        "Default role",
        (
            "http:/api/auth/access_token:*",
            "http:/api/auth/access_tokenq:*",
            "http:/api/auth/jwt/access_token:*",
            "http:/api/auth/jwt/refresh_token:*",
            "http:/api/auth/keys:Get",
            "http:/api/auth/login:Get",
            "http:/api/auth/refresh_token:*",
            "http:/api/router/version:*",
            "http:/api/version:*",
            "http:/client/version:*",
            "http:/health:*",
        ),
    ),
    "osmo-user": (
        "User role",
        tuple(
            sorted(
                [f"http:/api/{area}{tail}:*" for area in _USER_AREAS for tail in ("", "/*")]
                + [
                    "http:/api/auth/access_token/user/*:*",
                    "http:/api/auth/access_token/user:*",
                    "http:/api/auth/access_token:*",
                    "http:/api/plugins/configs:*",
                    "http:/api/pool/default/*:*",
                    "http:/api/pool:*",
                    "http:/api/pool_quota:*",
                    "http:/api/profile/*:*",
                    "http:/api/router/*/*/client/*:*",
                    "http:/api/router/webserver/*/:*",
                    "http:/api/router/webserver_enabled:*",
                    "http:/api/tag:*",
                    "http:/api/users:*",
                ]
            )
        ),
    ),
}
_EVERYTHING = ("*",)
# By role: its description, and actions with the resources that each policy allows them on.
_SEMANTIC: dict[str, tuple[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]] = {
    "osmo-admin": (
        "Administrator with full access except internal endpoints",
        # The service starts with the second one, which allows nothing.
        ((("*:*",), _EVERYTHING), ((), ())),
    ),
    "osmo-backend": (
        "For backend agents",
        (
            (
                ("config:Read", "internal:Operator", "pool:List"),
                ("backend/*", "pool/*", "config/backend"),
            ),
        ),
    ),
    "osmo-ctrl": ("For workflow pods", ((("internal:Logger", "internal:Router"), _EVERYTHING),)),
    "osmo-default": (
        "Default role all users have access to",
        (
            (
                ("auth:Login", "auth:Refresh", "profile:*", "system:Health", "system:Version"),
                _EVERYTHING,
            ),
        ),
    ),
    "osmo-user": (
        "Standard user role",
        (
            (
                (
                    *("app:*", "credentials:*", "dataset:*", "pool:List", "resources:Read"),
                    *("workflow:Cancel", "workflow:Delete", "workflow:Exec", "workflow:List"),
                    *("workflow:PortForward", "workflow:Read", "workflow:Rsync"),
                    "workflow:Update",
                ),
                _EVERYTHING,
            ),
            (("workflow:Create",), ("pool/default",)),
            ((USER_TOKENS,), _EVERYTHING),
        ),
    ),
}


def _is_there(action: str, dialect: Dialect) -> bool:
    if action == USER_TOKENS:
        return dialect.users_make_tokens
    return action != "dataset:*" or "DATASET" in dialect.config_types


def default_roles(dialect: Dialect) -> list[dict[str, Any]]:
    """The roles as a revision holds them."""
    if not dialect.semantic_roles:
        return [
            {
                "name": name,
                "description": description,
                "policies": [{"actions": list(actions)}],
                "immutable": False,
            }
            for name, (description, actions) in _BY_PATH.items()
        ]
    return [
        {
            "name": name,
            "description": description,
            "policies": [
                {
                    "effect": "Allow",
                    "actions": [one for one in actions if _is_there(one, dialect)],
                    "resources": list(resources),
                }
                for actions, resources in policies
                if not actions or any(_is_there(one, dialect) for one in actions)
            ],
            "immutable": False,
            "sync_mode": "import",
            "external_roles": [name],
        }
        for name, (description, policies) in _SEMANTIC.items()
    ]
