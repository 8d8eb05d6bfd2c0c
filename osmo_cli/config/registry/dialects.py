"""What each generation of the service can do, as data (api.md, sections 0-3, 11 and 12).

This is the one place where versions differ; code asks a `Dialect`, never a version number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class TokenRoutes:
    """Path segments of the token routes; the token's name follows where one is addressed.

    Attributes:
        own: of the caller's tokens.
        service: of service tokens, or None where there are none.
        users: of the users, who have tokens and roles, or None where the service keeps none.
    """

    own: tuple[str, ...]
    service: tuple[str, ...] | None
    users: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Dialect:
    """One generation of the service.

    Attributes:
        name: `seed`, `6.0`, ...
        version: what GET /api/version says.
        config_types: names of the config types it has.
        node_condition_fields: fields of a backend's `node_conditions`; they tell seed from 6.0.
        scheduler_fields: fields of a backend's `scheduler_settings`; they tell 6.0 from 6.2.
        token_routes: see `TokenRoutes`.
        exchange_by_post: POST /api/auth/jwt/access_token exists; else the token goes by GET query.
        login_shows_address: the official login prints the address first.
        empty_list_is_lost: PATCH with `[]` changes nothing or fails (api.md 3.3).
        health_route: GET /health exists.
        operator_version: what the operators of that generation say that they are.
        semantic_roles: a role's actions are texts such as `config:Read`, and the gateway in front
            of the service looks at them; else they are paths of the API.
        warning_header: warnings for the client come in a header of their own (api.md 1.4).
        pydantic: generation of the library that checks requests. The second turns no number into
            text, refuses unknown fields in a PUT too, and words its 422 otherwise (api.md 3.2).
        config_indent: spaces by which the JSON of configurations is indented; None for compact.
        keyless_credentials: a data credential may stand without keys (api.md 3.7).
        exchange_shows_null: the answer to a token has its empty keys too.
        checks_client_versions: `cli_config` of SERVICE takes versions only.
        users_make_tokens: the role `osmo-user` may make tokens (api.md 1.6).
        iso_durations: durations may have the form of ISO 8601, too (api.md 2.1).
        history_types: types that there are no more, but for their old revisions.
        parallel_writes_fail: writes that overlap fail (docs/service/parallel-writes.md).
        configmap_sets_keys: in ConfigMap mode `service_auth` of SERVICE may come from the file.
        configmap_backend_fields: what a backend in that file must have.
        configmap_combines_tests: in ConfigMap mode backend tests show their combined template.
        helm_root: where the configuration stands in the values of the chart, in a version that can
            take it from there (api.md 15).
    """

    name: str
    version: str
    config_types: frozenset[str]
    node_condition_fields: frozenset[str]
    scheduler_fields: frozenset[str]
    token_routes: TokenRoutes
    exchange_by_post: bool
    empty_list_is_lost: bool
    health_route: bool
    operator_version: str = "6.0.0"
    semantic_roles: bool = False
    warning_header: bool = False
    login_shows_address: bool = False
    pydantic: Literal[1, 2] = 1
    config_indent: int | None = 4
    keyless_credentials: bool = False
    exchange_shows_null: bool = True
    checks_client_versions: bool = False
    users_make_tokens: bool = False
    iso_durations: bool = False
    history_types: frozenset[str] = frozenset()
    parallel_writes_fail: bool = False
    configmap_sets_keys: bool = False
    configmap_backend_fields: frozenset[str] = frozenset()
    configmap_combines_tests: bool = False
    helm_root: str | None = None


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
_SCHEDULER_62 = frozenset({"scheduler_type", "scheduler_name", "scheduler_timeout"})
_SCHEDULER_60 = _SCHEDULER_62 | {"coscheduling"}
_TOKEN_PATH = ("api", "auth", "access_token")
_TOKENS_60 = TokenRoutes(own=(*_TOKEN_PATH, "user"), service=(*_TOKEN_PATH, "service"))

SEED = Dialect(
    name="seed",
    version="6.0.0",
    config_types=_TYPES_60,
    node_condition_fields=frozenset(
        {"additional_node_conditions", "ignore_node_conditions", "prefix"}
    ),
    scheduler_fields=_SCHEDULER_60,
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
    scheduler_fields=_SCHEDULER_60,
    token_routes=_TOKENS_60,
    exchange_by_post=False,
    empty_list_is_lost=True,
    health_route=True,
)
V6_2 = Dialect(
    name="6.2",
    # What 6.2.10 says of itself, too.
    version="6.0.0",
    config_types=_TYPES_60 | {"GROUP_TEMPLATE"},
    node_condition_fields=V6_0.node_condition_fields,
    scheduler_fields=_SCHEDULER_62,
    token_routes=TokenRoutes(own=_TOKEN_PATH, service=None, users=("api", "auth", "user")),
    exchange_by_post=True,
    empty_list_is_lost=False,
    health_route=True,
    operator_version="6.2.10",
    semantic_roles=True,
    warning_header=True,
    login_shows_address=True,
    parallel_writes_fail=True,
)
V6_3 = replace(
    V6_2,
    name="6.3",
    version="6.3.1",
    operator_version="6.3.1",
    pydantic=2,
    config_indent=None,
    keyless_credentials=True,
    exchange_shows_null=False,
    checks_client_versions=True,
    users_make_tokens=True,
    iso_durations=True,
    configmap_sets_keys=True,
    helm_root="services.configs",
)
V6_4 = replace(
    V6_3,
    name="6.4",
    version="6.4.0",
    operator_version="6.4.0",
    config_types=V6_3.config_types - {"DATASET"},
    history_types=frozenset({"DATASET"}),
    configmap_sets_keys=False,
    configmap_backend_fields=frozenset({"k8s_namespace"}),
    configmap_combines_tests=True,
    helm_root="configuration",
)

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (SEED, V6_0, V6_2, V6_3, V6_4)}
"""All dialects by name, oldest first."""


def dialects_with(config_type: str) -> dict[str, Dialect]:
    """The dialects that have a config type, by name."""
    return {name: one for name, one in DIALECTS.items() if config_type in one.config_types}
