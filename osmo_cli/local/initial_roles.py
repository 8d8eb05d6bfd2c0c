"""The roles of a new service (docs/service/role.md#default-roles)."""

from __future__ import annotations

from typing import Any

from osmo_cli.config.registry.dialects import Dialect

_USER_AREAS = (
    "app",
    "bucket",
    "credentials",
    "resources",
    "task",
    "workflow",
)
_CLIENT_DOWNLOADS = (
    "http:/client/install.sh:*",
    "http:/client/osmo_client:*",
    "http:/client/pypi/simple/*:*",
    "http:/client/pypi/simple:*",
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
}
_Policies = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
_OWN_POOL = ("pool/default",)
_USER_63 = (
    *("app:*", "auth:Token", "credentials:*", "dataset:*", "pool:List"),
    *("profile:Read", "profile:Update", "resources:Read", "user:List"),
    *("workflow:List", "workflow:Read"),
)
_USER_POLICIES: dict[str, _Policies] = {
    "6.2": (
        (
            (
                *("app:*", "credentials:*", "dataset:*", "pool:List", "resources:Read"),
                *("workflow:Cancel", "workflow:Delete", "workflow:Exec", "workflow:List"),
                *("workflow:PortForward", "workflow:Read", "workflow:Rsync"),
                "workflow:Update",
            ),
            _EVERYTHING,
        ),
        (("workflow:Create",), _OWN_POOL),
    ),
    "6.3": ((_USER_63, _EVERYTHING), (("workflow:*",), _OWN_POOL)),
    "6.4": (
        (tuple(sorted({*_USER_63, "mcp:Access"} - {"dataset:*"})), _EVERYTHING),
        (("workflow:*",), _OWN_POOL),
    ),
}
"""What the role `osmo-user` allows, by the version that it came with."""


def default_roles(dialect: Dialect) -> dict[str, Any]:
    """Return the roles of a new service by name, as they are stored."""
    return {role["name"]: role for role in _roles(dialect)}


def _roles(dialect: Dialect) -> list[dict[str, Any]]:
    if dialect.semantic_roles:
        return _semantic_roles(dialect)
    downloads = dialect.newest({"seed": _CLIENT_DOWNLOADS, "6.0": ()})
    extra = {"osmo-default": downloads}
    return [
        {
            "name": name,
            "description": description,
            "policies": [{"actions": sorted((*actions, *extra.get(name, ())))}],
            "immutable": False,
        }
        for name, (description, actions) in _BY_PATH.items()
    ]


def _semantic_roles(dialect: Dialect) -> list[dict[str, Any]]:
    user = "Standard user role", dialect.newest(_USER_POLICIES)
    return [
        {
            "name": name,
            "description": description,
            "policies": [
                {"effect": "Allow", "actions": list(actions), "resources": list(resources)}
                for actions, resources in policies
            ],
            "immutable": False,
            "sync_mode": "import",
            "external_roles": [name],
        }
        for name, (description, policies) in {**_SEMANTIC, "osmo-user": user}.items()
    ]
