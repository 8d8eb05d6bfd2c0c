"""A change written as values of the service's Helm chart (docs/service/helm-values.md).

In ConfigMap mode the service takes no writes: its configuration comes from a values file. Helm
merges maps and replaces everything else, so the values hold what changes and nothing more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from osmo_cli.config.changes.merge import differences
from osmo_cli.config.helm.charts import Chart, chart_of
from osmo_cli.config.helm.secrets import secret_name
from osmo_cli.config.helm.values_yaml import lost_in_helm
from osmo_cli.config.problems import Path, path_text
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND
from osmo_cli.config.secrets import CHANGED_SECRET, is_mask
from osmo_cli.config.values import ABSENT, same, value_at

_CREDENTIALS = frozenset({"credential", "default_credential"})
"""Objects that take their secret from a reference beside their other fields; any other secret is
replaced by a reference of its own, as one below an object with a reference is never read."""
_KEY_OF_CREDENTIAL, _KEY_OF_VALUE = "cred.yaml", "value.yaml"
_TEMPLATES = frozenset({"POD_TEMPLATE", "GROUP_TEMPLATE"})
_NAMESPACE, _USUAL_NAMESPACE = "k8s_namespace", "osmo-workflows"


@dataclass
class HelmValues:
    """What to put into a values file.

    Attributes:
        key: the path of all of it, e.g. `services.configs.backends.gpu-a.description`.
        values: the values from the top of the file; empty if no values make the change.
        notes: what else to do or to know, a sentence each.
        deletes: some notes name keys to delete from the values file.
        warnings: what would not arrive at the service as it is.
    """

    key: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    deletes: bool = False
    warnings: list[str] = field(default_factory=list)


def helm_values(
    shape: Shape, before: Any, after: Any, secrets: Collection[Path] = ()
) -> HelmValues | None:
    """The values that make `after` of `before`.

    Args:
        shape: what the two are states of.
        before: what the service shows; `ABSENT` if there is no such item.
        after: the wanted state; `ABSENT` for an item that is to be removed.
        secrets: paths of the values in `after` that may not be shown.

    Returns:
        None for a service whose configuration cannot come from a chart.
    """
    chart = chart_of(shape.dialect)
    if chart is None:
        return None
    writer = _Writer(chart, shape)
    for part in _objects(shape, before, after, secrets):
        writer.write(part)
    return writer.result()


@dataclass(frozen=True)
class _Object:
    """One object of a section: an item, or the whole of a type without items."""

    shape: Shape
    before: Any
    after: Any
    secrets: tuple[Path, ...]

    @property
    def is_new(self) -> bool:
        """Whether it is an item that does not exist yet."""
        is_missing = self.before is ABSENT or not self.before
        return self.shape.name is not None and is_missing and self.after is not ABSENT


def _objects(shape: Shape, before: Any, after: Any, secrets: Collection[Path]) -> Iterator[_Object]:
    if shape.name is not None or not shape.config_type.is_by_item:
        yield _Object(shape, before, after, tuple(secrets))
        return
    then, now = (shape.config_type.items_in(state) for state in (before, after))
    for name in {**then, **now}:
        of_item = tuple(path[1:] for path in secrets if path[0] == name)
        item = replace(shape, name=name)
        yield _Object(item, then.get(name, ABSENT), now.get(name, ABSENT), of_item)


class _Writer:
    """Collects the values of one change."""

    def __init__(self, chart: Chart, shape: Shape) -> None:
        config_type = shape.config_type
        self._chart = chart
        self._root = chart.block
        self._section: Path = (config_type.helm_section,)
        if shape.name is not None and not config_type.is_by_item and config_type.wrapper:
            self._section = (*self._section, config_type.wrapper)
        self._keys: list[Path] = []
        self._values = HelmValues()

    def result(self) -> HelmValues:
        """What was collected."""
        result = self._values
        result.key = path_text(_common(self._keys or [(*self._root, *self._section)]))
        if result.values and self._chart.also:
            result.notes.append(self._chart.also)
        result.notes = list(dict.fromkeys(result.notes))
        result.warnings = list(dict.fromkeys(map(str, lost_in_helm(result.values))))
        return result

    def write(self, part: _Object) -> None:
        """Add the values of one object."""
        top = self._section
        if part.shape.name is not None:
            top = (*top, part.shape.name)
        for path, value in self._changes(part, top):
            at = (*top, *path)
            if path and path[0] in part.shape.config_type.not_in_values:
                self._note(at, "the service keeps this itself")
            elif value is ABSENT:
                self._remove(at)
            else:
                self._put(at, value, part, top)

    def _changes(self, part: _Object, top: Path) -> Iterator[tuple[Path, Any]]:
        """The deepest places that change, with their new values."""
        shape = part.shape
        before, after = (
            state if state is ABSENT else shape.editable(state)
            for state in (part.before, part.after)
        )
        if part.is_new:
            yield (), self._new_item(part, after, top)
            return
        for difference in differences(before, after):
            if self._is_unknown_secret(difference.before, difference.after):
                at = (*top, *difference.path)
                self._note(at, "that revision does not show whether it had a secret here")
                continue
            value = difference.after
            yield difference.path, self._without_nulls(value, shape) if value else value

    @staticmethod
    def _is_unknown_secret(before: Any, after: Any) -> bool:
        """Whether a mask takes the place of nothing: history masks secrets that were never set."""
        return before in ("", ABSENT) and is_mask(after)

    def _new_item(self, part: _Object, after: Any, top: Path) -> Any:
        """An item as it is written whole."""
        shape, config_type = part.shape, part.shape.config_type
        if not isinstance(after, dict):
            return after
        value = {key: inner for key, inner in after.items() if key not in config_type.not_in_values}
        if config_type is BACKEND:
            value |= self._namespace(part, top)
        if not self._chart.sets(top):
            value = _without_defaults(shape, value)
        return self._without_nulls(value, shape)

    def _namespace(self, part: _Object, top: Path) -> dict[str, str]:
        """`k8s_namespace` of a new backend, which the API does not take but the file needs."""
        self._note(top, "its operator can register once this is deployed")
        if given := part.after.get(_NAMESPACE):
            return {_NAMESPACE: given}
        if _NAMESPACE not in part.shape.dialect.configmap_backend_fields:
            return {}
        text = "must be the namespace in which the operator runs workflows"
        self._note((*top, _NAMESPACE), text + " (global.backendNamespace)")
        return {_NAMESPACE: _USUAL_NAMESPACE}

    def _without_nulls(self, value: Any, shape: Shape) -> Any:
        """A new object without its nulls, which have no effect there."""
        cleaned = _without_nulls(value)
        if shape.config_type.name in _TEMPLATES and not same(cleaned, value):
            self._values.notes.append("nulls in the template are left out: they have no effect")
        return cleaned

    def _remove(self, at: Path) -> None:
        if self._chart.sets(at):
            self._set(at, None)
            self._values.notes.append("null removes a default of the chart")
        else:
            self._note(at, "delete this key from your values; the chart has no default here")
            self._values.deletes = True

    def _put(self, at: Path, value: Any, part: _Object, top: Path) -> None:
        """Set a value, with references in place of what may not be shown."""
        hidden = {(*top, *path) for path in part.secrets} | set(_masks(value, at))
        hidden = {path for path in hidden if path[: len(at)] == at}
        if at not in hidden:
            self._set(at, deepcopy(value))
        for path in sorted(hidden, key=str):
            self._refer(path, stored=is_mask(value_at(part.before, path[len(top) :])))
        if note := self._chart.note_on(at):
            self._note(at, note)
        if CHANGED_SECRET in str(value_at(self._values.values, (*self._root, *at))):
            self._note(at, "a value that comes from a reference is not shown; write it here")
        if part.shape.config_type.name in _TEMPLATES and _has_reference(value):
            self._note(at, "a map with secretName is replaced if that Secret is mounted")
        if at[-1] == "external_roles" and value == []:
            self._note(at, "an empty list maps the role to its own name")

    def _refer(self, path: Path, *, stored: bool) -> None:
        """Put a reference to a Secret in place of a secret, and say what it must hold."""
        _unset(self._values.values, (*self._root, *path))
        is_credential = path[-2] in _CREDENTIALS
        at = path[:-1] if is_credential else path
        key = _KEY_OF_CREDENTIAL if is_credential else _KEY_OF_VALUE
        name = secret_name(at)
        self._set((*at, "secretName"), name)
        self._set((*at, "secretKey"), key)
        content = f"`{path[-1]}`" if is_credential else "only `value`"
        self._note(
            path,
            f"create the Secret {name} whose key {key} is a YAML mapping with {content}, and "
            + self._chart.mounting.format(name=name),
        )
        if stored:
            self._note(
                path,
                "if your values name a Secret for this already, change that one instead; it is "
                "read at the next change of the configuration or restart",
            )

    def _set(self, at: Path, value: Any) -> None:
        self._keys.append((*self._root, *at))
        _set(self._values.values, (*self._root, *at), value)

    def _note(self, at: Path, text: str) -> None:
        self._values.notes.append(f"{path_text((*self._root, *at))}: {text}")


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}


def _without_defaults(shape: Shape, item: dict[str, Any]) -> dict[str, Any]:
    """An item without the fields in which it has the service's default."""
    from osmo_cli.config.schemas.base import defaults

    known = defaults(shape.model())
    known |= {name: [shape.name] for name in shape.config_type.mapping_fields}
    return {
        key: value for key, value in item.items() if key not in known or not same(value, known[key])
    }


def _has_reference(value: Any) -> bool:
    """Whether a map outside lists has a `secretName`, which the service takes for a reference."""
    if not isinstance(value, dict):
        return False
    return "secretName" in value or any(map(_has_reference, value.values()))


def _masks(value: Any, at: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _masks(inner, (*at, key))
    elif is_mask(value):
        yield at


def _set(values: dict[str, Any], at: Path, value: Any) -> None:
    for step in at[:-1]:
        values = values.setdefault(str(step), {})
    values[str(at[-1])] = value


def _unset(values: dict[str, Any], at: Path) -> None:
    for step in at[:-1]:
        values = values.get(str(step), {})
    values.pop(str(at[-1]), None)


def _common(paths: list[Path]) -> Path:
    first = paths[0]
    for length in range(len(first), 0, -1):
        if all(path[:length] == first[:length] for path in paths):
            return first[:length]
    return ()
