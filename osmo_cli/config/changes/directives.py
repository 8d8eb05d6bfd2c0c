"""What an input removes or edits in place: null, `$action` and `$index`.

- null removes a key of a map, such as a platform of a pool, if the map's values cannot be null
  (JSON Merge Patch, RFC 7396). In a map of any values, such as the variables of a pool, null
  removes a value of the stored object; as part of a whole object it is a value.
- `{"$action": "delete"}` removes the key it is given for, and a list whose objects have an `$index`
  edits the stored list, as in the service's own merge
  (docs/service/merge.md#action-and-index).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from osmo_cli.config.changes.strategic_merge import (
    ACTION,
    DELETE,
    INDEX,
    MergeFault,
    merge_list,
)
from osmo_cli.config.problems import Path
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.values import ABSENT, value_at

ACTIONS = ("delete", "replace")


def resolve_directives(shape: Shape, given: Any, live: Any, *, whole: bool = False) -> Any:
    """Return the input with `ABSENT` for each key that it removes, and with edited lists in full.

    Args:
        shape: what the input describes.
        given: the input.
        live: what is stored; `ABSENT` if that is unknown: edited lists become `ABSENT` too.
        whole: the input is all of the object, so that a null which may be a value is one.
    """
    if not _has_directives(given):
        return given
    return _resolve(shape, _null_removes(shape, whole), given, live, (), whole=False)


Remark = tuple[Path, str, str]
"""A path, what is wrong there, and the fix."""


def wrong_directives(given: Any, live: Any, at: Path = ()) -> Iterator[Remark]:
    """Return a remark for each `$action` and `$index` that has no meaning."""
    if isinstance(given, dict):
        in_list = bool(at) and isinstance(at[-1], int)
        yield from _wrong_action(given, at, in_list)
        known = live if isinstance(live, dict) else {}
        for key, value in given.items():
            if key not in (ACTION, INDEX):
                yield from wrong_directives(value, known.get(key), (*at, key))
    elif isinstance(given, list):
        if any(map(_has_index, given)):
            if isinstance(live, list) and any(not isinstance(item, dict) for item in live):
                yield at, "the stored list holds no objects to edit", "give the whole list"
            elif not all(isinstance(item, dict) for item in given):
                yield at, f"all items must be objects where one has {INDEX}", "give the whole list"
        for index, item in enumerate(given):
            yield from wrong_directives(item, None, (*at, index))


def _wrong_action(
    given: dict[str, Any], at: Path, in_list: bool
) -> Iterator[tuple[Path, str, str]]:
    action, index = given.get(ACTION, ABSENT), given.get(INDEX, ABSENT)
    if action is not ABSENT and action not in ACTIONS:
        yield (*at, ACTION), "unknown action", f"write {' or '.join(ACTIONS)}"
    elif action is not ABSENT and not at:
        yield (ACTION,), "the whole cannot be deleted here", "use `osmo config delete`"
    elif action is not ABSENT and in_list and index is ABSENT:
        yield (*at, ACTION), f"the item to {action} is not named", f"add {INDEX}, counted from 0"
    elif action == "replace" and not in_list:
        hint = "leave it out, or give --replace for the whole object"
        yield (*at, ACTION), "only an item of a list can be replaced", hint
    if index is not ABSENT and not in_list:
        yield (*at, INDEX), "only items of a list have an index", "leave it out"
    elif index is not ABSENT and (isinstance(index, bool) or not isinstance(index, int)):
        yield (*at, INDEX), "must be an integer", "items are counted from 0"


def _resolve(
    shape: Shape,
    null_removes: Callable[[Path, Any], bool],
    given: Any,
    live: Any,
    at: Path,
    *,
    whole: bool,
) -> Any:
    if isinstance(given, list) and any(map(_has_index, given)):
        if live is ABSENT:
            return ABSENT
        try:
            return merge_list(live or [], given, shape.dialect)
        except MergeFault:
            return given  # `wrong_directives` says why
    if not isinstance(given, dict):
        return given
    whole = whole or shape.is_one_value(at)
    result: dict[str, Any] = {}
    for key, value in given.items():
        path = (*at, key)
        if key in (ACTION, INDEX):
            continue
        may_remove = value is None and not whole
        if _is_delete(value) or (may_remove and null_removes(path, value_at(live, (key,), ABSENT))):
            result[key] = ABSENT
        else:
            stored = live if live is ABSENT else value_at(live, (key,))
            result[key] = _resolve(shape, null_removes, value, stored, path, whole=whole)
    return result


def _has_directives(given: Any) -> bool:
    if isinstance(given, dict):
        return ACTION in given or INDEX in given or any(map(_has_directives, given.values()))
    if isinstance(given, list):
        return any(map(_has_directives, given))
    return given is None


def _has_index(item: Any) -> bool:
    return isinstance(item, dict) and INDEX in item


def _is_delete(value: Any) -> bool:
    return isinstance(value, dict) and value.get(ACTION) == DELETE[ACTION]


def _null_removes(shape: Shape, whole: bool) -> Callable[[Path, Any], bool]:
    """Whether null removes the key at a path, where a value is stored: a key of some maps."""
    from osmo_cli.config.schemas.base import model_at

    schema = shape.model()

    def removes(path: Path, stored: Any) -> bool:
        if len(path) == 1:
            return shape.is_map
        holder = model_at(schema, path[:-2])
        field = holder.model_fields.get(str(path[-2])) if holder is not None else None
        values = ABSENT if field is None else _values_of_map(field.annotation)
        if values is Any:
            return not whole and stored is not None
        return values is not ABSENT and type(None) not in get_args(values)

    return removes


def _values_of_map(annotation: Any) -> Any:
    """Return the annotation of the values of a field that is a map; `ABSENT` of any other field."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _values_of_map(get_args(annotation)[0])
    if origin in (Union, UnionType):
        kinds = map(_values_of_map, get_args(annotation))
        return next((values for values in kinds if values is not ABSENT), ABSENT)
    return get_args(annotation)[1] if origin is dict else ABSENT
