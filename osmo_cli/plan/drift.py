"""Finding drift: what a service has that the files do not, and the revisions that brought it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from osmo_cli.config.changes.drift import Deviation, Drift, FieldDrift, ObjectDrift, Origin
from osmo_cli.config.changes.plan import Action, PlannedChange
from osmo_cli.config.problems import Path, Problem, path_text
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.secrets import REMARKS, SENT_SECRET, is_mask, without_masks
from osmo_cli.config.values import ABSENT, same, value_at
from osmo_cli.errors import MissingError
from osmo_cli.plan.live_object import state_of
from osmo_cli.plan.names import first_names

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision
    from osmo_cli.api.service import Service
    from osmo_cli.config.reading.layout import ConfigRef
    from osmo_cli.config.registry.types import ConfigType
    from osmo_cli.plan.planning import Prepared

_LISTED_REVISIONS = 1000
_MOST_READ = 60
"""Revisions of a type that are read with their data; each holds the whole type."""
_NAMED_FIELDS = 5


def find_drift(service: Service, prepared: Prepared) -> Drift:
    """Return what a service has that the files do not.

    Args:
        service: the service; its history is read of the types that differ.
        prepared: a plan of the files that deletes what they do not have.

    Raises:
        OsmoError: the history cannot be read.
    """
    plan = prepared.plan
    warnings = list(plan.warnings)
    deviating: list[ObjectDrift] = []
    only_secrets = 0
    for change in plan.changes:
        if unknown := [item.path for item in change.differences if item.after == SENT_SECRET]:
            warnings.append(_not_compared(change.ref, unknown))
        drift = _drift_of(change)
        if drift is None:
            only_secrets += 1
        else:
            deviating.append(drift)
    deviating += (ObjectDrift(Deviation.MISSING, ref, file) for ref, file in prepared.missing)
    has_history = not (deviating and (service.is_managed or service.refuses_writes()))
    if has_history:
        deviating = _with_origins(service, deviating)
    return Drift(
        service=plan.service,
        dialect=plan.dialect,
        source=plan.source,
        objects=tuple(deviating),
        unchanged=plan.unchanged + only_secrets,
        has_history=has_history,
        warnings=tuple(warnings),
    )


def _not_compared(ref: ConfigRef, paths: list[Path]) -> Problem:
    fields = first_names([path_text(path) for path in paths], _NAMED_FIELDS)
    return Problem(
        f"not compared, since the service does not show secrets: {ref} {fields}",
        severity="warning",
    )


def _drift_of(change: PlannedChange) -> ObjectDrift | None:
    """Return what a planned change says of the service; None where only secrets may differ."""
    if change.action is Action.DELETE:
        return ObjectDrift(Deviation.ONLY_ON_SERVICE, change.ref, None)
    if change.action is Action.CREATE:
        return ObjectDrift(Deviation.MISSING, change.ref, change.file)
    fields = tuple(
        FieldDrift(item.path, without_masks(item.after), without_masks(item.before))
        for item in change.differences
        if item.after != SENT_SECRET
    )
    return ObjectDrift(Deviation.CHANGED, change.ref, change.file, fields) if fields else None


def _with_origins(service: Service, deviating: list[ObjectDrift]) -> list[ObjectDrift]:
    """Return the deviations with the revisions that brought them."""
    result: list[ObjectDrift] = []
    for config_type, group in groupby(deviating, key=lambda drift: drift.ref.config_type):
        history = _History(service, config_type)
        result += (_with_origin(history, drift) for drift in group)
    return result


def _with_origin(history: _History, drift: ObjectDrift) -> ObjectDrift:
    name = drift.ref.name
    if drift.deviation is not Deviation.CHANGED:
        return replace(drift, origin=history.origin_of_item(str(name)))
    fields = tuple(
        replace(item, origin=history.origin_of_field(name, item.path, item.on_service))
        for item in drift.fields
    )
    return replace(drift, fields=fields)


class _TooManyReadsError(Exception):
    """The revision that is looked for is too far back."""


@dataclass
class _History:
    """The revisions of a type, newest first; their data is read as it is needed."""

    service: Service
    config_type: ConfigType
    _listed: list[Revision] | None = None
    _data: dict[int, Any] = field(default_factory=dict)

    @property
    def revisions(self) -> list[Revision]:
        """The revisions without data."""
        if self._listed is None:
            query = [("order", "DESC"), ("limit", str(_LISTED_REVISIONS))]
            self._listed = self.service.configs.history(query, self.config_type)
        return self._listed

    def origin_of_item(self, name: str) -> Origin | None:
        """Return the revision that created or deleted an item, whichever was last."""
        return self._newest(name, lambda index: name in self._items(index))

    def origin_of_field(self, name: str | None, path: Path, live: Any) -> Origin | None:
        """Return the newest revision in which a field took the value that it has now."""
        if not self.revisions or live in REMARKS:
            return None

        def value(index: int) -> Any:
            return value_at(state_of(shape, self._read(index)), path, ABSENT)

        shape = Shape(self.config_type, self.service.dialect, name)
        try:
            newest = value(0)
        except (_TooManyReadsError, MissingError):
            return None
        # Lists of the history may have another form (docs/service/history.md#data-by-type).
        if is_mask(newest) or not (same(newest, live) or isinstance(newest, list)):
            return None
        return self._newest(name, value)

    def _items(self, index: int) -> dict[str, Any]:
        return self.config_type.items_in(self._read(index))

    def _read(self, index: int) -> Any:
        number = self.revisions[index].number
        if number not in self._data:
            if len(self._data) >= _MOST_READ:
                raise _TooManyReadsError
            configs = self.service.configs
            self._data[number] = configs.revision(self.config_type, number).data
        return self._data[number]

    def _newest(self, name: str | None, value: Any) -> Origin | None:
        """Return the newest revision whose predecessor has another value than it.

        Args:
            name: the item that the value is part of, or None for the whole type.
            value: returns the value in the revision at an index.
        """
        try:
            index = self._index_of_newest(name, value)
        except (_TooManyReadsError, MissingError):
            return None
        if index is None or self._may_be_hidden(index, name):
            return None
        entry = self.revisions[index]
        description = " ".join(entry.description.split())
        return Origin(entry.number, entry.username, entry.created_at, description)

    def _may_be_hidden(self, index: int, name: str | None) -> bool:
        """Whether a deleted revision before it may have brought the value of another item."""
        entry, *older = self.revisions[index : index + 2]
        if name is None or entry.name in ("", name):
            return False
        return any(entry.number - before.number > 1 for before in older)

    def _index_of_newest(self, name: str | None, value: Any) -> int | None:
        revisions = self.revisions
        if not revisions:
            return None
        last = len(revisions) - 1
        now = value(0)
        known = 0  # this revision and all newer ones have the value of now
        for index, entry in enumerate(revisions):
            if name is not None and entry.name not in ("", name):
                continue
            if index > known and not same(value(index), now):
                return self._between(known, index, value, now)
            if index < last and not same(value(index + 1), now):
                return index
            known = min(index + 1, last)
        if not same(value(last), now):
            return self._between(known, last, value, now)
        # What the first revision has was there from the beginning.
        is_whole = len(revisions) < _LISTED_REVISIONS and now is not ABSENT and now is not False
        return last if is_whole else None

    def _between(self, newer: int, older: int, value: Any, now: Any) -> int:
        """Return a revision with the value of now after one with another, between two."""
        while older - newer > 1:
            middle = (newer + older) // 2
            if same(value(middle), now):
                newer = middle
            else:
                older = middle
        return newer
