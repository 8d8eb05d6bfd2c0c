"""Addresses of object stores, and the keys that open them (api.md 3.7)."""

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
"""What `dataset_path` takes, as one regular expression in the service's own words."""


def credential_endpoint(value: str) -> str:
    """A credential's address: of a container or of what is above it; last slashes are dropped."""
    if not any(pattern.fullmatch(value) for pattern in (*_BACKENDS, *_PROFILES)):
        raise PydanticCustomError(
            "storage_endpoint", f"not a storage endpoint: it looks like {_EXAMPLES}"
        )
    return value.rstrip("/")


def dataset_path(value: str) -> str:
    """The address at which a bucket's datasets begin."""
    if not any(pattern.fullmatch(value) for pattern in _BACKENDS):
        raise PydanticCustomError(
            "dataset_path",
            f"not a storage address: it looks like {_EXAMPLES}/path",
            {"pattern": DATASET_PATH},
        )
    return value


_Endpoint = Annotated[
    str,
    AfterValidator(credential_endpoint),
    Field(description="Storage address, e.g. s3://bucket/path."),
]
_Region = Annotated[str | None, Field(description="Region of the store.")]
_OverrideUrl = Annotated[
    str | None, Field(description="HTTP address of a store that is not its provider's own.")
]


class DataCredential(ConfigModel):
    """Key of an object store, up to 6.0."""

    access_key_id: Annotated[str, Field(description="Id of the key; not secret.")]
    access_key: SecretText
    endpoint: _Endpoint
    region: Annotated[str, Field(description="Region of the store.")] = "us-east-1"


class StaticDataCredential(ConfigModel):
    """Key of an object store, in 6.2."""

    endpoint: _Endpoint
    region: _Region = None
    override_url: _OverrideUrl = None
    access_key_id: Annotated[str, Field(description="Id of the key; not secret.")]
    access_key: SecretText


class DefaultDataCredential(ConfigModel):
    """Where an object store is, for a service that its surroundings let in, from 6.3 on."""

    endpoint: _Endpoint
    region: _Region = None
    override_url: _OverrideUrl = None
    addressing_style: Annotated[
        Literal["virtual", "path", "auto"] | None,
        Field(description="Where the bucket stands in an address: before the host or behind."),
    ] = None


class StaticDataCredential63(DefaultDataCredential):
    """Key of an object store, from 6.3 on."""

    access_key_id: Annotated[str, Field(description="Id of the key; not secret.")]
    access_key: SecretText


DataCredential63 = StaticDataCredential63 | DefaultDataCredential
"""Both keys or none of them."""
