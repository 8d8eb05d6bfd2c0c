"""DATASET: buckets that datasets are kept in (api.md 3.9)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from osmo_cli.config.schemas.base import ConfigModel, SecretText
from osmo_cli.config.schemas.storage import DATASET_PATH, dataset_path


class BasicDataCredential(ConfigModel):
    """Key of a bucket."""

    access_key_id: str
    access_key: SecretText


class Bucket60(ConfigModel):
    """One bucket."""

    dataset_path: Annotated[
        str,
        AfterValidator(dataset_path),
        Field(
            description="Address, e.g. s3://bucket/path.",
            json_schema_extra={"pattern": DATASET_PATH},
        ),
    ]
    region: str = "us-east-1"
    check_key: bool = False
    description: str = ""
    mode: Literal["read-only", "read-write"] = "read-write"
    default_credential: BasicDataCredential | None = None


class Dataset60(ConfigModel):
    """The DATASET config of the seed generation and of 6.0."""

    buckets: dict[str, Bucket60] = {}
    default_bucket: str = ""


SCHEMAS: dict[str, type[ConfigModel]] = {"seed": Dataset60, "6.0": Dataset60}
ITEM_SCHEMAS: dict[str, type[ConfigModel]] = {"seed": Bucket60, "6.0": Bucket60}
