"""DATASET: buckets that datasets are kept in (api.md 3.9)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from osmo_cli.config.schemas.base import ConfigModel, SecretText
from osmo_cli.config.schemas.storage import (
    DATASET_PATH,
    StaticDataCredential,
    StaticDataCredential63,
    dataset_path,
)


class BasicDataCredential(ConfigModel):
    """Key of a bucket."""

    access_key_id: str
    access_key: SecretText


_DatasetPath = Annotated[
    str,
    AfterValidator(dataset_path),
    Field(
        description="Address, e.g. s3://bucket/path.", json_schema_extra={"pattern": DATASET_PATH}
    ),
]
_Mode = Literal["read-only", "read-write"]


class Bucket60(ConfigModel):
    """One bucket, up to 6.0."""

    dataset_path: _DatasetPath
    region: str = "us-east-1"
    check_key: bool = False
    description: str = ""
    mode: _Mode = "read-write"
    default_credential: BasicDataCredential | None = None


class Bucket62(ConfigModel):
    """One bucket of 6.2."""

    dataset_path: _DatasetPath
    region: str = "us-east-1"
    description: str = ""
    mode: _Mode = "read-write"
    default_credential: StaticDataCredential | None = None


class Bucket63(Bucket62):
    """One bucket of 6.3, the last version that has any."""

    default_credential: StaticDataCredential63 | None = None  # type: ignore[assignment]


class Dataset60(ConfigModel):
    """The DATASET config of the seed generation and of 6.0."""

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


SCHEMAS: dict[str, type[ConfigModel]] = {
    **dict.fromkeys(("seed", "6.0"), Dataset60),
    "6.2": Dataset62,
    "6.3": Dataset63,
}
ITEM_SCHEMAS: dict[str, type[ConfigModel]] = {
    **dict.fromkeys(("seed", "6.0"), Bucket60),
    "6.2": Bucket62,
    "6.3": Bucket63,
}
