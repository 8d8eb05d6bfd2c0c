"""SERVICE: the service itself, its keys and its limits (docs/service/service.md#fields)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from osmo_cli.accounts.tokens import DURATION, ISO_DURATION, NOT_A_DURATION
from osmo_cli.config.registry.definition import Definition, Finding, checks, references, warning
from osmo_cli.config.schemas.base import ConfigModel, SecretText
from osmo_cli.config.schemas.kinds import UNKNOWN_KEY
from osmo_cli.config.schemas.rules.durations import DURATION_PATTERN, durations
from osmo_cli.config.schemas.rules.numbers import above_zero
from osmo_cli.config.schemas.rules.secrets import secret
from osmo_cli.config.schemas.rules.urls import web_addresses
from osmo_cli.config.schemas.rules.versions import VERSION, VERSION_FIELDS, client_version
from osmo_cli.config.schemas.storage import CREDENTIAL_DESCRIPTIONS, DataCredential

BAD_DURATION = "not_a_duration"


def _duration(value: str) -> str:
    if not re.fullmatch(DURATION, value, re.ASCII):
        raise PydanticCustomError(BAD_DURATION, NOT_A_DURATION)
    return value


def _any_duration(value: str) -> str:
    return value if re.fullmatch(ISO_DURATION, value, re.ASCII) else _duration(value)


class KeyPair(ConfigModel):
    """A key pair that signs JWTs."""

    public_key: str
    private_key: SecretText


class LoginInfo(ConfigModel):
    """Addresses of the identity provider."""

    device_endpoint: str | None = None
    device_client_id: str | None = None
    browser_endpoint: str | None = None
    browser_client_id: str | None = None
    token_endpoint: str | None = None
    logout_endpoint: str | None = None


class ServiceAuth(ConfigModel):
    """Keys, roles and limits of logins."""

    keys: dict[str, KeyPair]
    active_key: str
    issuer: str
    audience: str
    user_roles: list[str] = ["osmo-user"]
    ctrl_roles: list[str] = ["osmo-user", "osmo-ctrl"]
    login_info: LoginInfo = LoginInfo()
    max_token_duration: Annotated[str, AfterValidator(_duration)] = "365d"  # noqa: S105

    @field_validator("active_key")
    @classmethod
    def _is_a_key(cls, value: str, info: ValidationInfo) -> str:
        if "keys" in info.data and value not in info.data["keys"]:
            raise PydanticCustomError(UNKNOWN_KEY, "is not one of the keys")
        return value


class CliConfigSeed(ConfigModel):
    """Versions of the official client in the seed generation, and where it is stored."""

    cli_name: str | None = None
    min_supported_version: str | None = None
    credential: DataCredential | None = None


class CliConfig60(ConfigModel):
    """Versions of the official client."""

    latest_version: str | None = None
    min_supported_version: str | None = None


class CliConfig62(CliConfig60):
    """Versions of the official client, and where to install it from."""

    client_install_url: str | None = None


class _Service(ConfigModel):
    service_base_url: str = ""
    service_auth: ServiceAuth
    # Here to keep the service's order of fields; each version sets its own class.
    cli_config: ConfigModel = ConfigModel()
    max_pod_restart_limit: str = "30m"
    agent_queue_size: int = 1024


class ServiceSeed(_Service):
    """The SERVICE config of the seed generation."""

    service_base_url: str = "https://0.0.0.0"
    cli_config: CliConfigSeed = CliConfigSeed()


class Service60(_Service):
    """The SERVICE config of 6.0."""

    cli_config: CliConfig60 = CliConfig60()


class Service62(Service60):
    """The SERVICE config of 6.2."""

    cli_config: CliConfig62 = CliConfig62()


class ServiceAuth63(ServiceAuth):
    """Keys, roles and limits of logins, from 6.3 on."""

    max_token_duration: Annotated[str, AfterValidator(_any_duration)] = "365d"  # noqa: S105


class Service63(Service62):
    """The SERVICE config from 6.3 on."""

    service_auth: ServiceAuth63


def _public_key(value: Any) -> Iterator[Finding]:
    if not isinstance(value, str):
        return
    try:
        key = json.loads(value)
    except (ValueError, RecursionError):
        key = None
    if not isinstance(key, dict) or "kty" not in key:
        yield warning('must be a JWK: a string with JSON such as {"kty": "RSA", ...}')


DEFINITION = Definition(
    models={"seed": ServiceSeed, "6.0": Service60, "6.2": Service62, "6.3": Service63},
    helm_section="service",
    not_in_values=frozenset({"service_auth"}),
    own_fields=frozenset({("service_auth", "keys"), ("service_auth", "active_key")}),
    checks=(
        *web_addresses(
            "service_base_url",
            "cli_config.client_install_url",
            "service_auth.login_info.device_endpoint",
            "service_auth.login_info.browser_endpoint",
            "service_auth.login_info.token_endpoint",
            "service_auth.login_info.logout_endpoint",
        ),
        *checks(
            client_version,
            "`MAJOR.MINOR.REVISION`",
            # In the seed generation this is the version of the newest client, too.
            "cli_config.cli_name",
            *(f"cli_config.{field}" for field in VERSION_FIELDS),
        ),
        *durations("max_pod_restart_limit"),
        *checks(above_zero, "greater than 0", "agent_queue_size"),
        *checks(_public_key, "a JWK as JSON in a string", "service_auth.keys.*.public_key"),
        *secret("cli_config.credential.access_key"),
    ),
    references=(*references("ROLE", "service_auth.ctrl_roles.*", "service_auth.user_roles.*"),),
    descriptions={
        **CREDENTIAL_DESCRIPTIONS,
        "service_base_url": "Address of the service; if empty, set when the service starts.",
        "service_auth": "Keys, roles and limits of logins.",
        "keys": "Key pairs that sign JWTs, by key ID.",
        "public_key": "Public key: a JWK as JSON in a string.",
        "private_key": "Private key.",
        "active_key": "ID of the key that signs; one of `keys`.",
        "issuer": "Issuer of the JWTs: their claim `iss`.",
        "audience": "Audience of the JWTs: their claim `aud`.",
        "user_roles": "Names of the roles of users.",
        "ctrl_roles": "Names of the roles of the containers that run beside tasks.",
        "login_info": "Addresses of the identity provider; set when the service starts.",
        "device_endpoint": "Address for logins by device code.",
        "device_client_id": "Client ID for logins by device code.",
        "browser_endpoint": "Address for logins in the browser.",
        "browser_client_id": "Client ID for logins in the browser.",
        "token_endpoint": "Address that issues and renews tokens.",
        "logout_endpoint": "Address for logging out in the browser.",
        "max_token_duration": "Longest lifetime of an access token.",
        "cli_config": "Versions of the official client.",
        "cli_name": "Newest version of the client; users of older versions get a notice.",
        "latest_version": "Newest version of the client; users of older versions get a notice.",
        "min_supported_version": "Oldest version of the client that the service accepts.",
        "credential": "Credential of the storage that holds the client; null for none.",
        "client_install_url": "Address to install the client from; set when the service starts.",
        "max_pod_restart_limit": "Time during which a pod may keep restarting.",
        "agent_queue_size": "Maximum number of messages that wait for a backend's agent.",
    },
    keywords={
        "max_token_duration": {"pattern": DURATION_PATTERN, "examples": ["365d"]},
        "max_pod_restart_limit": {"pattern": DURATION_PATTERN},
        **{name: {"pattern": f"^({VERSION.pattern})?$"} for name in ("cli_name", *VERSION_FIELDS)},
    },
)
