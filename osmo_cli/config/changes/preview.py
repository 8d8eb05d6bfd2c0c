"""What a change would do, without secrets: both states and the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from osmo_cli.config.changes.merge import Difference


@dataclass(frozen=True)
class Request:
    """A write that would be sent; remarks stand for the secrets in its body."""

    method: str
    path: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Preview:
    """A change before it is made.

    Attributes:
        before: the stored object or ABSENT, under `before_name`.
        after: the wanted object, under `after_name`.
        differences: the fields that change.
        requests: what would be sent, in order; nothing where nothing changes.
    """

    before: Any
    before_name: str
    after: Any
    after_name: str
    differences: tuple[Difference, ...]
    requests: tuple[Request, ...]
