"""SERVICE: the service itself, its keys and its limits (api.md 3.8)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from osmo_cli.accounts.tokens import DURATION, ISO_DURATION, NOT_A_DURATION
from osmo_cli.config.schemas.base import ConfigModel, SecretText
from osmo_cli.config.schemas.kinds import UNKNOWN_KEY

BAD_DURATION = "not_a_duration"


def _duration(value: str) -> str:
    if not DURATION.fullmatch(value):
        raise PydanticCustomError(BAD_DURATION, NOT_A_DURATION)
    return value


def _any_duration(value: str) -> str:
    return value if ISO_DURATION.fullmatch(value) else _duration(value)


class KeyPair(ConfigModel):
    """A key that signs JWTs."""

    public_key: Annotated[str, Field(description="JWK as JSON text.")]
    private_key: SecretText


class LoginInfo(ConfigModel):
    """Addresses of the identity provider; the deployment overwrites them at each start."""

    device_endpoint: str | None = None
    device_client_id: str | None = None
    browser_endpoint: str | None = None
    browser_client_id: str | None = None
    token_endpoint: str | None = None
    logout_endpoint: str | None = None


class ServiceAuth(ConfigModel):
    """Keys and roles of logins."""

    keys: dict[str, KeyPair]
    active_key: Annotated[str, Field(description="The key that signs; one of `keys`.")]
    issuer: str
    audience: str
    user_roles: list[str] = ["osmo-user"]
    ctrl_roles: list[str] = ["osmo-user", "osmo-ctrl"]
    login_info: LoginInfo = LoginInfo()
    max_token_duration: Annotated[
        str, AfterValidator(_duration), Field(description="Longest life of an access token.")
    ] = "365d"  # noqa: S105 - a duration

    @field_validator("active_key")
    @classmethod
    def _is_a_key(cls, value: str, info: ValidationInfo) -> str:
        if "keys" in info.data and value not in info.data["keys"]:
            raise PydanticCustomError(UNKNOWN_KEY, "is not one of the keys")
        return value


class CliConfig60(ConfigModel):
    """Versions of the official client."""

    latest_version: str | None = None
    min_supported_version: str | None = None


class CliConfig62(CliConfig60):
    """Versions of the official client, and where it is to be had."""

    client_install_url: Annotated[
        str | None, Field(description="The deployment overwrites it at each start.")
    ] = None


class Service60(ConfigModel):
    """The SERVICE config of the seed generation and of 6.0."""

    service_base_url: str = ""
    service_auth: ServiceAuth
    cli_config: CliConfig60 = CliConfig60()
    max_pod_restart_limit: str = "30m"
    agent_queue_size: int = 1024


class Service62(Service60):
    """The SERVICE config of 6.2."""

    cli_config: CliConfig62 = CliConfig62()


class ServiceAuth63(ServiceAuth):
    """Keys and roles of logins, from 6.3 on."""

    max_token_duration: Annotated[
        str, AfterValidator(_any_duration), Field(description="Longest life of an access token.")
    ] = "365d"  # noqa: S105 - a duration


class Service63(Service62):
    """The SERVICE config from 6.3 on."""

    service_auth: ServiceAuth63


SCHEMAS: dict[str, type[ConfigModel]] = {
    **dict.fromkeys(("seed", "6.0"), Service60),
    "6.2": Service62,
    **dict.fromkeys(("6.3", "6.4"), Service63),
}
