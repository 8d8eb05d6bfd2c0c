"""What each version of the service can do, as data (docs/service/versions.md#generations).

This is the one place where versions differ. Code asks a `Dialect` for a fact by its name and never
compares version numbers. A version that differs from the one before it in nothing but its number
is a row of three fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any, Literal, TypeVar

from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.quick_dataclass import dataclass

_Model = TypeVar("_Model")


@dataclass(frozen=True)
class TokenRoutes:
    """Path segments of the token routes; the token's name follows.

    Attributes:
        own: the caller's tokens.
        service: service tokens, or None where the service has none.
        users: users, who have tokens and roles, or None where the service has no users.
        text_pattern: what a token looks like (docs/service/tokens.md#token-values).
    """

    own: tuple[str, ...]
    service: tuple[str, ...] | None
    users: tuple[str, ...] | None = None
    text_pattern: str = r"[0-9a-f]{64}"


@dataclass(frozen=True)
class OperatorChart:
    """The Helm chart of a backend's operator (docs/service/backend-operator.md#chart-versions).

    Attributes:
        version: version of the chart; `{image_tag}` in it is the tag of the images.
        image_tag: tag of the images that belong to the service; None where it must be chosen.
        token_secret: name of the Secret with the operator's token; `{credential}` in it is the
            name of a credential (`Dialect.bootstrap_secrets`).
        values: values that every operator needs, beside the keys that all versions have.
        rereads_token: a running operator notices a changed token Secret.
    """

    version: str
    image_tag: str | None
    token_secret: str
    values: Mapping[str, Any] = field(default_factory=dict)
    rereads_token: bool = False


# Rows are compared by identity: methods to compare 40 fields would take time at each start.
@dataclass(frozen=True, eq=False)
class Dialect:
    """One version of the service.

    Attributes:
        name: `seed`, `6.0`, ...
        version: what GET /api/version answers.
        node_condition_fields: fields of a backend's `node_conditions`.
        scheduler_fields: fields of a backend's `scheduler_settings`.
        token_routes: see `TokenRoutes`.
        exchange_by_post: an access token is exchanged by POST; otherwise by GET with a query.
        login_shows_address: the official login prints the address first.
        empty_list_is_lost: a PATCH with `[]` changes nothing, fails, or stores the field's default
            (docs/service/merge.md#empty-lists).
        health_route: GET /health exists.
        operator_version: the version that this generation's operators report.
        operator_chart: the chart that deploys a backend's operator.
        bootstrap_secrets: the service accepts operators whose token is in a Secret of its own
            cluster; no request creates that token
            (docs/service/backend-operator.md#bootstrap-secrets).
        semantic_roles: a role's actions are strings such as `config:Read`, which a gateway in
            front of the service checks; otherwise they are API paths, which the service checks.
        external_roles: a role has `sync_mode` and `external_roles`
            (docs/service/role.md#external_roles).
        warning_header: warnings for the client are sent in the header `x-osmo-warning`.
        checks_token_expiry: requests made with an expired access token are refused, and those
            with one that expires soon get a warning.
        client_install_url: `cli_config` names the address from which clients are updated.
        pydantic: generation of the library that checks requests. It decides the wording of a 422
            and which values are converted (docs/service/unknown-fields.md#type-conversion).
        strict_puts: a PUT with an unknown field is refused, as a PATCH is in every version
            (docs/service/unknown-fields.md#policy-by-version).
        history_takes_dates: the times that filter the history may be dates without a time.
        bucket_deletion_fails: deleting a bucket answers 500 and writes no revision where another
            bucket has a credential (docs/service/dataset.md#deleting-a-bucket).
        config_indent: number of spaces that indent the JSON of configurations; None for compact.
        keyless_credentials: a data credential may leave out both keys
            (docs/service/workflow.md#data-credentials).
        exchange_shows_null: the answer to a token exchange has its empty keys too.
        checks_client_versions: a malformed version in `cli_config` is refused; otherwise it is
            stored and locks clients out (docs/service/versions.md#locked-out-by-the-version-check).
        users_make_tokens: the role `osmo-user` may create tokens.
        iso_durations: durations may be written in ISO 8601, too.
        merge_drops_directives: a PATCH drops `$action` and `$index` inside objects
            (docs/service/merge.md#action-and-index).
        parallel_writes_fail: writes that overlap fail (docs/service/parallel-writes.md).
        configmap_sets_keys: in ConfigMap mode the file may set `service_auth` of SERVICE.
        configmap_backend_fields: fields that each backend in that file must have.
        configmap_combines_tests: in ConfigMap mode backend tests show their combined template.
        helm_root: where the configuration is in the values of the Helm chart; None for a version
            that cannot be configured from there.
        helm_chart: name of the chart that its configuration usually comes from, or None likewise.
    """

    name: str
    version: str
    node_condition_fields: frozenset[str]
    scheduler_fields: frozenset[str]
    token_routes: TokenRoutes
    exchange_by_post: bool
    empty_list_is_lost: bool
    health_route: bool
    operator_chart: OperatorChart
    operator_version: str = "6.0.0"
    bootstrap_secrets: bool = False
    semantic_roles: bool = False
    external_roles: bool = False
    warning_header: bool = False
    login_shows_address: bool = False
    checks_token_expiry: bool = False
    client_install_url: bool = False
    pydantic: Literal[1, 2] = 1
    strict_puts: bool = False
    history_takes_dates: bool = False
    bucket_deletion_fails: bool = False
    config_indent: int | None = 4
    keyless_credentials: bool = False
    exchange_shows_null: bool = True
    checks_client_versions: bool = False
    users_make_tokens: bool = False
    iso_durations: bool = False
    merge_drops_directives: bool = False
    parallel_writes_fail: bool = False
    configmap_sets_keys: bool = False
    configmap_backend_fields: frozenset[str] = frozenset()
    configmap_combines_tests: bool = False
    helm_root: str | None = None
    helm_chart: str | None = None

    @property
    def order(self) -> int:
        """Its place in the table of dialects, oldest first; a row outside it is the newest."""
        names = list(DIALECTS)
        return names.index(self.name) if self.name in DIALECTS else len(names)

    @cached_property
    def config_types(self) -> frozenset[str]:
        """Names of the config types that it has."""
        return frozenset(
            row.name
            for row in CONFIG_TYPES.values()
            if DIALECTS[row.since].order <= self.order and row.name not in self.history_types
        )

    @cached_property
    def history_types(self) -> frozenset[str]:
        """Names of the config types that it no longer has, but whose old revisions it shows."""
        return frozenset(
            row.name
            for row in CONFIG_TYPES.values()
            if row.until is not None and DIALECTS[row.until].order < self.order
        )

    def newest(self, by_version: Mapping[str, _Model]) -> _Model:
        """The newest of several models that is not later than this version.

        Args:
            by_version: models by the name of the version that they came with.

        Raises:
            KeyError: all of them came later.
        """
        known = [name for name in by_version if DIALECTS[name].order <= self.order]
        if not known:
            raise KeyError(self.name)
        return by_version[max(known, key=lambda name: DIALECTS[name].order)]


_SCHEDULER_62 = frozenset({"scheduler_type", "scheduler_name", "scheduler_timeout"})
_SCHEDULER_60 = _SCHEDULER_62 | {"coscheduling"}
_TOKEN_PATH = ("api", "auth", "access_token")
_TOKENS_60 = TokenRoutes(own=(*_TOKEN_PATH, "user"), service=(*_TOKEN_PATH, "service"))

SEED = Dialect(
    name="seed",
    version="6.0.0",
    node_condition_fields=frozenset(
        {"additional_node_conditions", "ignore_node_conditions", "prefix"}
    ),
    scheduler_fields=_SCHEDULER_60,
    token_routes=_TOKENS_60,
    exchange_by_post=False,
    empty_list_is_lost=True,
    health_route=False,
    operator_chart=OperatorChart(
        version="0.1.0-{image_tag}",
        image_tag=None,
        token_secret="agent-token",  # noqa: S106 - the name of a Secret
        values={"global": {"osmoImageLocation": "nvcr.io/nvidia/osmo"}},
    ),
)
V6_0 = replace(
    SEED,
    name="6.0",
    node_condition_fields=frozenset({"rules", "prefix"}),
    health_route=True,
    operator_chart=OperatorChart(
        version="1.0.0",
        image_tag="6.0.0",
        token_secret="osmo-operator-token",  # noqa: S106 - the name of a Secret
    ),
)
V6_2 = replace(
    V6_0,
    name="6.2",
    # What 6.2.10 answers, too.
    version="6.0.0",
    scheduler_fields=_SCHEDULER_62,
    token_routes=TokenRoutes(
        own=_TOKEN_PATH,
        service=None,
        users=("api", "auth", "user"),
        text_pattern=r"[A-Za-z0-9_-]{43}",
    ),
    exchange_by_post=True,
    empty_list_is_lost=False,
    operator_version="6.2.10",
    operator_chart=replace(
        V6_0.operator_chart,
        version="1.2.1",
        image_tag="6.2.10",
        # Its default needs the PodMonitor CRD.
        values={"podMonitor": {"enabled": False}},
    ),
    semantic_roles=True,
    external_roles=True,
    warning_header=True,
    checks_token_expiry=True,
    client_install_url=True,
    login_shows_address=True,
    parallel_writes_fail=True,
)
V6_3 = replace(
    V6_2,
    name="6.3",
    version="6.3.1",
    operator_version="6.3.1",
    operator_chart=replace(V6_0.operator_chart, version="1.3.1", image_tag="6.3.1"),
    pydantic=2,
    strict_puts=True,
    history_takes_dates=True,
    bucket_deletion_fails=True,
    config_indent=None,
    keyless_credentials=True,
    exchange_shows_null=False,
    checks_client_versions=True,
    users_make_tokens=True,
    iso_durations=True,
    merge_drops_directives=True,
    configmap_sets_keys=True,
    helm_root="services.configs",
    helm_chart="service",
)
V6_4 = replace(
    V6_3,
    name="6.4",
    version="6.4.0",
    operator_version="6.4.0",
    operator_chart=OperatorChart(
        version="1.4.0",
        image_tag="6.4.0",
        token_secret="osmo-backend-token-{credential}",  # noqa: S106 - the name of a Secret
        rereads_token=True,
    ),
    bootstrap_secrets=True,
    configmap_sets_keys=False,
    configmap_backend_fields=frozenset({"k8s_namespace"}),
    configmap_combines_tests=True,
    helm_root="configuration",
    helm_chart="osmo",
)

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (SEED, V6_0, V6_2, V6_3, V6_4)}
"""All dialects by name, oldest first: the order of the rows is the order of the versions."""


def dialects_with(config_type: str) -> dict[str, Dialect]:
    """The dialects that have a config type, by name."""
    return {
        name: dialect for name, dialect in DIALECTS.items() if config_type in dialect.config_types
    }
