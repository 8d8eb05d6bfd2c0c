"""Drift as text, as data and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from osmo_cli.config.changes.drift import Deviation, Drift, FieldDrift, ObjectDrift, Origin
from osmo_cli.config.changes.history import shown_time
from osmo_cli.config.problems import path_text
from osmo_cli.config.values import ABSENT
from osmo_cli.output.changes import one_line
from osmo_cli.output.markdown import block, comment
from osmo_cli.output.plans import SHORT, value_diff

_SIGNS = {Deviation.CHANGED: "~", Deviation.ONLY_ON_SERVICE: "+", Deviation.MISSING: "-"}
_VERBS = {
    Deviation.CHANGED: "changed",
    Deviation.ONLY_ON_SERVICE: "created",
    Deviation.MISSING: "deleted",
}
NO_HISTORY = "the configuration comes from Helm values; the service does not record them"


def drift_lines(drift: Drift) -> Iterator[str]:
    """Return the lines of a drift: each object with its fields and revisions, and the numbers."""
    for item in drift.objects:
        yield _heading(item)
        yield from (f"    {line}" for line in _object_lines(item, drift.has_history))
        yield ""
    yield _summary(drift)


def drift_markdown(drift: Drift) -> str:
    """Return a drift as a comment or the body of an issue; long diffs are folded."""
    return comment(
        _summary(drift),
        [str(warning) for warning in drift.warnings],
        (
            block(
                _heading(item),
                list(_object_lines(item, drift.has_history)),
                f"{item.ref.config_type.name} {item.deviation}",
            )
            for item in drift.objects
        ),
        len(drift.objects),
        rest="objects do not fit here; `osmo config drift` shows all.",
        end="" if drift.has_history else f"\nNo revisions: {NO_HISTORY}.\n",
    )


def drift_data(drift: Drift) -> dict[str, Any]:
    """Return a drift as data, for JSON."""
    counts = drift.counts
    return {
        "service": drift.service,
        "dialect": drift.dialect,
        "source": list(drift.source),
        "has_history": drift.has_history,
        "summary": {
            "changed": counts[Deviation.CHANGED],
            "only_on_service": counts[Deviation.ONLY_ON_SERVICE],
            "missing": counts[Deviation.MISSING],
            "unchanged": drift.unchanged,
        },
        "drift": [_object_data(item) for item in drift.objects],
        "warnings": [warning.data() for warning in drift.warnings],
    }


def _summary(drift: Drift) -> str:
    unchanged = f"{drift.unchanged} unchanged"
    if not drift.objects:
        return f"No drift: {unchanged}."
    counts = ", ".join(f"{drift.counts[deviation]} {deviation}" for deviation in Deviation)
    return f"Drift: {counts}; {unchanged}."


def _heading(item: ObjectDrift) -> str:
    deviation = item.deviation
    where = " on the service" if deviation is Deviation.CHANGED else ""
    file = f" ({item.file})" if item.file else ""
    return f"{_SIGNS[deviation]} {deviation}{where}: {item.ref}{file}"


def _object_lines(item: ObjectDrift, has_history: bool) -> Iterator[str]:
    for origin, fields in groupby(item.fields, key=lambda field: field.origin):
        for field in fields:
            yield from _field_lines(field)
        if has_history:
            yield f"  {_origin_text(origin, item.deviation)}"
    if not item.fields and has_history:
        yield _origin_text(item.origin, item.deviation)


def _field_lines(field: FieldDrift) -> Iterator[str]:
    in_file, on_service = field.in_file, field.on_service
    name = path_text(field.path) or "value"
    here, there = (None if value is ABSENT else one_line(value) for value in (in_file, on_service))
    if all(len(text or "") <= SHORT for text in (here, there)):
        text = "not on the service" if there is None else there
        yield f"{name}: {text} ({'not in the file' if here is None else f'in the file: {here}'})"
        return
    sign = "+ only on the service" if here is None else "- only in the file"
    yield f"{name} ({sign if None in (here, there) else '- in the file, + on the service'}):"
    yield from (f"    {line}" for line in value_diff(in_file, on_service))


def _origin_text(origin: Origin | None, deviation: Deviation) -> str:
    verb = _VERBS[deviation]
    if origin is None:
        return f"{verb} in an unknown revision"
    who = f" by {origin.username}" if origin.username else ""
    when = f", {shown_time(origin.created_at)}" if origin.created_at else ""
    description = f": {origin.description}" if origin.description else ""
    return f"{verb} in revision {origin.number}{who}{when}{description}"


def _object_data(item: ObjectDrift) -> dict[str, Any]:
    data: dict[str, Any] = {
        "deviation": item.deviation.name.lower(),
        "type": item.ref.config_type.name,
        "name": item.ref.name,
        "file": item.file,
    }
    if item.deviation is Deviation.CHANGED:
        return data | {"fields": [_field_data(field) for field in item.fields]}
    return data | {"revision": _origin_data(item.origin)}


def _field_data(field: FieldDrift) -> dict[str, Any]:
    values = {"in_file": field.in_file, "on_service": field.on_service}
    shown = {key: value for key, value in values.items() if value is not ABSENT}
    return {
        "path": path_text(field.path),
        **shown,
        "revision": _origin_data(field.origin),
    }


def _origin_data(origin: Origin | None) -> dict[str, Any] | None:
    return None if origin is None else dict(vars(origin))
