"""Storage addresses and credentials (docs/service/workflow.md#data-credentials)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from osmo_cli.config.schemas.base import ConfigModel, SecretText

_EXAMPLES = "s3://bucket/path, gs://, azure://, tos:// or swift://host/container"


def _patterns(**by_scheme: str) -> tuple[re.Pattern[str], ...]:
    # U is one part of a path.
    return tuple(
        re.compile(rf"{scheme}://" + rest.replace("U", r"[^/,;*]+") + "/*")
        for scheme, rest in by_scheme.items()
    )


_BACKENDS = _patterns(swift="U(/U){2,}", s3="U(/U)*", gs="U(/U)*", tos="U(/U)+", azure="U(/U)+")
_PROFILES = _patterns(swift="U(/U)", tos="U(/U)?", azure="U")
DATASET_PATH = "(" + "|".join(f"^{pattern.pattern}$" for pattern in _BACKENDS) + ")"
"""Regular expression for `dataset_path`, as the service writes it."""
CREDENTIAL_ENDPOINT = (
    "^(" + "|".join(pattern.pattern for pattern in (*_BACKENDS, *_PROFILES)) + ")$"
)
"""Regular expression for a credential's `endpoint`."""


def credential_endpoint(value: str) -> str:
    """Check the address of a container or of what is above it; trailing slashes are dropped."""
    if not any(pattern.fullmatch(value) for pattern in (*_BACKENDS, *_PROFILES)):
        raise PydanticCustomError(
            "storage_endpoint", f"must be a storage endpoint such as {_EXAMPLES}"
        )
    return value.rstrip("/")


def dataset_path(value: str) -> str:
    """Check the address where a bucket's datasets are."""
    if not any(pattern.fullmatch(value) for pattern in _BACKENDS):
        raise PydanticCustomError(
            "dataset_path",
            f"must be a storage address such as {_EXAMPLES}/path",
            {"pattern": DATASET_PATH},
        )
    return value


_Endpoint = Annotated[str, AfterValidator(credential_endpoint)]
DatasetPath = Annotated[
    str, AfterValidator(dataset_path), Field(json_schema_extra={"pattern": DATASET_PATH})
]

CREDENTIAL_DESCRIPTIONS = {
    "endpoint": "Storage address, e.g. s3://bucket/path.",
    "access_key_id": "ID of the key; not secret.",
    "access_key": "The secret key.",
    "region": "Region of the storage.",
    "override_url": "HTTP address of a storage that is not the provider's own.",
    "addressing_style": "Whether the bucket is part of the host name (virtual) or of the path.",
}


class DataCredential(ConfigModel):
    """A storage credential, up to 6.0."""

    access_key_id: str
    access_key: SecretText
    endpoint: _Endpoint
    region: str = "us-east-1"


class StaticDataCredential(ConfigModel):
    """A storage credential with keys, in 6.2."""

    endpoint: _Endpoint
    region: str | None = None
    override_url: str | None = None
    access_key_id: str
    access_key: SecretText


class DefaultDataCredential(ConfigModel):
    """A storage credential without keys, for a service that has access by other means."""

    endpoint: _Endpoint
    region: str | None = None
    override_url: str | None = None
    addressing_style: Literal["virtual", "path", "auto"] | None = None


class StaticDataCredential63(DefaultDataCredential):
    """A storage credential with keys, from 6.3 on."""

    access_key_id: str
    access_key: SecretText


DataCredential63 = StaticDataCredential63 | DefaultDataCredential
"""A credential with both keys or with neither."""
