"""Addresses of object stores (api.md 3.7)."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

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
