"""Drift: what a service has that the files do not, and which revisions brought it.

Everything in it may be shown, written to a file, or posted to a pull request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from osmo_cli.config.problems import Path, Problem
from osmo_cli.config.reading.layout import ConfigRef


class Deviation(StrEnum):
    """How an object on the service deviates from its file."""

    CHANGED = "changed"
    ONLY_ON_SERVICE = "only on the service"
    MISSING = "missing on the service"


@dataclass(frozen=True)
class Origin:
    """The revision that brought a deviation.

    Attributes:
        number: of the revision.
        username: who made it; "" where the service did.
        created_at: ISO 8601, as the service writes it.
        description: what the writer said about it, on one line.
    """

    number: int
    username: str
    created_at: str
    description: str


@dataclass(frozen=True)
class FieldDrift:
    """A field with another value on the service than in its file.

    Attributes:
        path: of the field.
        in_file: the value in the file, or its default; ABSENT for none.
        on_service: the value on the service, or ABSENT.
        origin: the revision that brought the service's value; None where that is not known.
    """

    path: Path
    in_file: Any
    on_service: Any
    origin: Origin | None = None


@dataclass(frozen=True)
class ObjectDrift:
    """An object that deviates from its file.

    Attributes:
        deviation: how.
        ref: the object.
        file: its file, or None.
        fields: those that differ; only where the object has changed.
        origin: the revision that created or deleted it; None where that is not known.
    """

    deviation: Deviation
    ref: ConfigRef
    file: str | None
    fields: tuple[FieldDrift, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True)
class Drift:
    """The deviations of a service from files.

    Attributes:
        service: the address of the service.
        dialect: the version that it uses.
        source: the directory or files.
        objects: those that deviate, in the order in which a plan would write them.
        unchanged: number of objects that agree with their files.
        has_history: whether the revisions could be looked up; a service in ConfigMap mode has none.
        warnings: about the input, and what could not be compared.
    """

    service: str
    dialect: str
    source: tuple[str, ...]
    objects: tuple[ObjectDrift, ...]
    unchanged: int
    has_history: bool
    warnings: tuple[Problem, ...]

    @property
    def counts(self) -> Mapping[Deviation, int]:
        """The number of objects by how they deviate."""
        deviations = [drift.deviation for drift in self.objects]
        return {deviation: deviations.count(deviation) for deviation in Deviation}
