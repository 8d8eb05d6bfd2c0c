"""Roles that `osmo config set ROLE` creates (docs/service/role.md#standard-roles)."""

from __future__ import annotations

from typing import Any

from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.errors import UsageError

POOL_PREFIX = "osmo-"

# Up to 6.0 a role has API paths (docs/service/role.md#policies); {0} is the backend or pool.
_PATHS: dict[str, tuple[tuple[str, str], ...]] = {
    "backend": (
        ("/api/agent/listener/*/*/{0}", "*"),
        ("/api/agent/worker/*/*/{0}", "*"),
        ("/api/configs/backend*", "Get"),
        ("/api/configs/backend", "Get"),
        ("/api/pool/*", "Get"),
        ("/api/profile/*", "*"),
    ),
    "pool": (("/api/pool/{0}*", "Post"), ("/api/profile/*", "*")),
}
# From 6.2 on it is actions on resources.
_ACTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "backend": (("config:Read", "internal:Operator", "pool:List"), "backend/{0}"),
    "pool": (("workflow:*",), "pool/{0}*"),
}
# Some would change the path that contains the name, the others what a role's path matches.
_REFUSED = frozenset("/\\?#%*")


def role_subject(name: str, kind: str, field: str | None) -> str:
    """The backend or pool that a role is for.

    Args:
        name: the role; the role `osmo-x` is for pool `x`.
        kind: `backend` or `pool`.
        field: the backend.

    Raises:
        UsageError: the three do not fit together, or a name cannot be part of a path.
    """
    if kind not in _PATHS:
        raise UsageError(f'a role is for a backend or a pool, not "{kind}"')
    if kind == "backend" and not field:
        raise UsageError(
            "a role for a backend requires the backend's name",
            hint=f"osmo config set ROLE {name} backend --field BACKEND",
        )
    if kind == "pool" and field:
        raise UsageError(
            "the pool of a role is part of its name",
            hint=f"osmo config set ROLE {POOL_PREFIX}{field} pool, without --field",
        )
    if kind == "pool" and not name.removeprefix(POOL_PREFIX).strip():
        raise UsageError("the role's name must contain the pool", hint=f"{POOL_PREFIX}POOL")
    if kind == "pool" and not name.startswith(POOL_PREFIX):
        raise UsageError(
            f'the name of a role for a pool starts with "{POOL_PREFIX}"',
            hint=f"osmo config set ROLE {POOL_PREFIX}{name} pool is the role for pool {name}",
        )
    for text in (name, field or name):
        if odd := sorted(_REFUSED.intersection(text)):
            raise UsageError(
                f'"{text}" cannot be part of a role: it contains {" ".join(odd)}',
                hint="these characters would change which requests the role allows",
            )
    return field or name.removeprefix(POOL_PREFIX)


def generated_role(dialect: Dialect, name: str, kind: str, subject: str) -> dict[str, Any]:
    """The role's content as GET shows it once it is stored.

    Args:
        dialect: which actions the service knows.
        name: the role.
        kind: `backend` or `pool`.
        subject: the backend or pool (`role_subject`).

    Returns:
        The content; where roles have `external_roles`, null in it keeps those that are stored.
    """
    role: dict[str, Any] = {
        "name": name,
        "description": f"Generated Role for {kind} {subject}",
        "policies": [_policy(dialect, kind, subject)],
        "immutable": False,
    }
    return role | (
        {"sync_mode": "import", "external_roles": None} if dialect.external_roles else {}
    )


def _policy(dialect: Dialect, kind: str, subject: str) -> dict[str, Any]:
    if dialect.semantic_roles:
        names, resource = _ACTIONS[kind]
        return {"effect": "Allow", "actions": [*names], "resources": [resource.format(subject)]}
    actions = [
        {"base": "http", "path": path.format(subject), "method": method}
        for path, method in _PATHS[kind]
    ]
    return {"actions": actions}
