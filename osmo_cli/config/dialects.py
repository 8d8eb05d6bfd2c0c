"""What each generation of the service can do, as data (api.md, sections 0-3, 11 and 12).

This is the one place where versions differ; code asks a `Dialect`, never a version number.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TokenRoutes:
    """Path segments of the token routes; the token's name follows where one is addressed."""

    own: tuple[str, ...]
    service: tuple[str, ...] | None


@dataclass(frozen=True)
class Dialect:
    """One generation of the service.

    Attributes:
        name: `seed`, `6.0`, ...
        version: what GET /api/version says.
        config_types: names of the config types it has.
        node_condition_fields: fields of a backend's `node_conditions`; they tell seed from 6.0.
        token_routes: see `TokenRoutes`.
        exchange_by_post: POST /api/auth/jwt/access_token exists; else the token goes by GET query.
        empty_list_is_lost: PATCH with `[]` changes nothing or fails (api.md 3.3).
        health_route: GET /health exists.
    """

    name: str
    version: str
    config_types: frozenset[str]
    node_condition_fields: frozenset[str]
    token_routes: TokenRoutes
    exchange_by_post: bool
    empty_list_is_lost: bool
    health_route: bool


_TYPES_60 = frozenset(
    {
        "BACKEND",
        "BACKEND_TEST",
        "DATASET",
        "POD_TEMPLATE",
        "POOL",
        "RESOURCE_VALIDATION",
        "ROLE",
        "SERVICE",
        "WORKFLOW",
    }
)
_TOKEN_PATH = ("api", "auth", "access_token")
_TOKENS_60 = TokenRoutes(own=(*_TOKEN_PATH, "user"), service=(*_TOKEN_PATH, "service"))

SEED = Dialect(
    name="seed",
    version="6.0.0",
    config_types=_TYPES_60,
    node_condition_fields=frozenset(
        {"additional_node_conditions", "ignore_node_conditions", "prefix"}
    ),
    token_routes=_TOKENS_60,
    exchange_by_post=False,
    empty_list_is_lost=True,
    health_route=False,
)
V6_0 = Dialect(
    name="6.0",
    version="6.0.0",
    config_types=_TYPES_60,
    node_condition_fields=frozenset({"rules", "prefix"}),
    token_routes=_TOKENS_60,
    exchange_by_post=False,
    empty_list_is_lost=True,
    health_route=True,
)

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (SEED, V6_0)}
"""All dialects by name, oldest first."""
