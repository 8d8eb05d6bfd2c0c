"""DATASET: the buckets of datasets (docs/service/dataset.md#buckets)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from osmo_cli.config.registry.definition import Definition, Finding, checks, warning
from osmo_cli.config.schemas.base import ConfigModel, SecretText
from osmo_cli.config.schemas.rules.secrets import secret
from osmo_cli.config.schemas.rules.urls import web_addresses
from osmo_cli.config.schemas.storage import (
    CREDENTIAL_DESCRIPTIONS,
    CREDENTIAL_ENDPOINT,
    DatasetPath,
    StaticDataCredential,
    StaticDataCredential63,
)


class BasicDataCredential(ConfigModel):
    """Key of a bucket, up to 6.0."""

    access_key_id: str
    access_key: SecretText


_Mode = Literal["read-only", "read-write"]


class Bucket60(ConfigModel):
    """A bucket, up to 6.0."""

    dataset_path: DatasetPath
    region: str = "us-east-1"
    check_key: bool = False
    description: str = ""
    mode: _Mode = "read-write"
    default_credential: BasicDataCredential | None = None


class Bucket62(ConfigModel):
    """A bucket of 6.2."""

    dataset_path: DatasetPath
    region: str = "us-east-1"
    description: str = ""
    mode: _Mode = "read-write"
    default_credential: StaticDataCredential | None = None


class Bucket63(Bucket62):
    """A bucket of 6.3."""

    default_credential: StaticDataCredential63 | None = None  # type: ignore[assignment]


class Dataset60(ConfigModel):
    """The DATASET config up to 6.0."""

    buckets: dict[str, Bucket60] = {}
    default_bucket: str = ""


class Dataset62(ConfigModel):
    """The DATASET config of 6.2."""

    buckets: dict[str, Bucket62] = {}
    default_bucket: str = ""


class Dataset63(ConfigModel):
    """The DATASET config of 6.3."""

    buckets: dict[str, Bucket63] = {}
    default_bucket: str = ""


def _default_bucket(value: Any) -> Iterator[Finding]:
    if not isinstance(value, dict):
        return
    name, buckets = value.get("default_bucket"), value.get("buckets")
    if isinstance(name, str) and name and isinstance(buckets, dict) and name not in buckets:
        yield warning("is not one of buckets", at=("default_bucket",), beside=(("buckets",),))


DEFINITION = Definition(
    models={"seed": Dataset60, "6.2": Dataset62, "6.3": Dataset63},
    item_models={"seed": Bucket60, "6.2": Bucket62, "6.3": Bucket63},
    helm_section="dataset",
    checks=(
        *checks(_default_bucket, "`default_bucket` is one of `buckets`", "", whole=True),
        *secret("buckets.*.default_credential.access_key"),
        *web_addresses("buckets.*.default_credential.override_url"),
    ),
    descriptions={
        **CREDENTIAL_DESCRIPTIONS,
        "buckets": "Buckets by name.",
        "dataset_path": "Storage address, e.g. s3://bucket/path.",
        "check_key": "Whether the key of a user is tested.",
        "description": "Purpose of the bucket.",
        "mode": "Whether users may write to the bucket.",
        "default_credential": "Key for users who have no key of their own.",
        "default_bucket": "Bucket of datasets that name none; empty for no default.",
    },
    keywords={
        "dataset_path": {"examples": ["s3://bucket/datasets"]},
        "endpoint": {"pattern": CREDENTIAL_ENDPOINT, "examples": ["s3://bucket/datasets"]},
    },
)
