"""A plan: what takes a service from its state to the wanted one, without secrets.

Everything in it may be shown, written to a file, or posted to a pull request.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from osmo_cli.config.changes.merge import Difference
from osmo_cli.config.problems import Problem
from osmo_cli.config.reading.layout import ConfigRef
from osmo_cli.config.secrets import REMARKS, STORED_SECRET, is_mask
from osmo_cli.config.values import ABSENT

DIGEST_FORM = 1
"""Changes when the same plan would get another digest."""


class Action(StrEnum):
    """What happens to an object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class PlannedChange:
    """One object that is created, changed or deleted.

    Attributes:
        action: what happens to it.
        ref: the object.
        before: what is stored, or ABSENT; remarks stand for secrets.
        after: what is wanted, or ABSENT; remarks stand for secrets.
        differences: the fields that change.
        file: the file that asks for it, or None.
    """

    action: Action
    ref: ConfigRef
    before: Any
    after: Any
    differences: tuple[Difference, ...]
    file: str | None = None


@dataclass(frozen=True)
class Counts:
    """Numbers of objects.

    Attributes:
        unchanged: objects of the input that are stored as they are wanted.
    """

    create: int = 0
    update: int = 0
    delete: int = 0
    unchanged: int = 0

    @property
    def changes(self) -> int:
        """The number of objects that change."""
        return self.create + self.update + self.delete


@dataclass(frozen=True)
class Plan:
    """What takes a service from its state to the wanted one.

    Attributes:
        service: the address of the service.
        dialect: the version that it uses.
        source: the directory or files that hold the wanted state.
        changes: in the order in which they are made.
        bases: number of the newest revision of each type in the plan; None for an empty history.
        stored: number of stored objects of each type in the plan.
        unchanged: number of objects that are stored as they are wanted.
        warnings: about the input and the changes.
        digest: of the wanted state and the base revisions; without the values of secrets.
    """

    service: str
    dialect: str
    source: tuple[str, ...]
    changes: tuple[PlannedChange, ...]
    bases: Mapping[str, int | None]
    stored: Mapping[str, int]
    unchanged: int
    warnings: tuple[Problem, ...]
    digest: str

    @property
    def counts(self) -> Counts:
        """The number of objects by what happens to them."""
        actions = [change.action for change in self.changes]
        numbers = {str(action): actions.count(action) for action in Action}
        return Counts(**numbers, unchanged=self.unchanged)


def plan_digest(
    service: str,
    bases: Mapping[str, int | None],
    wanted: Mapping[str, Mapping[str, Any]],
    deleted: Mapping[str, list[str]],
) -> str:
    """Return the digest of a wanted state on its base revisions.

    No secret enters it: it says that a field holds one, never which, so that nobody can find a
    secret by trying values.

    Args:
        service: the address of the service.
        bases: the revisions that the plan is made on, by type.
        wanted: the wanted objects by type and name, with remarks or masks in place of secrets;
            the name of a whole type is "".
        deleted: names of the items to delete, by type.
    """
    content = {
        "form": DIGEST_FORM,
        "service": service,
        "bases": dict(bases),
        "wanted": {name: _without_secrets(objects) for name, objects in wanted.items()},
        "deleted": {name: sorted(names) for name, names in deleted.items()},
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_secrets(value: Any) -> Any:
    """Return a copy in which each secret is the same remark, whatever is known about it."""
    if isinstance(value, Mapping):
        return {key: _without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    if value is ABSENT:
        return None
    if isinstance(value, str) and (value in REMARKS or is_mask(value)):
        return STORED_SECRET
    # 30 and 30.0 are one number.
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value
