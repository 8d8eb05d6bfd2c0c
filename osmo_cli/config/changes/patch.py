"""The request that turns the stored object into the wanted one."""

from __future__ import annotations

from typing import Any

from osmo_cli.config.changes.strategic_merge import (
    ACTION,
    DELETE,
    INDEX,
    MergeFault,
    strategic_merge,
)
from osmo_cli.config.problems import path_text
from osmo_cli.config.registry.dialects import Dialect
from osmo_cli.config.registry.types import Verb
from osmo_cli.config.secrets import mask_paths
from osmo_cli.config.values import copied, same
from osmo_cli.errors import UsageError
from osmo_cli.quick_dataclass import dataclass


@dataclass(frozen=True, repr=False)
class Patch:
    """One write.

    Attributes:
        verb: the method, the body's key and the semantics.
        content: the value of the body's key; may hold secrets, so it is not in the repr.
    """

    verb: Verb
    content: Any

    def __repr__(self) -> str:
        names = ", ".join(self.content) if isinstance(self.content, dict) else "a list"
        return f"Patch({self.verb.method}, fields: {names})"

    def body(self, description: str, tags: list[str] | None) -> dict[str, Any]:
        """Return the request's JSON body (docs/service/routes.md#request-bodies)."""
        body: dict[str, Any] = {self.verb.body_key: self.content, "description": description}
        return body | ({"tags": tags} if tags else {})


def make_patch(verb: Verb, dialect: Dialect, live: Any, wanted: Any) -> Patch | None:
    """Return the write after which the service shows `wanted`, or None if it already does.

    A secret that stays is a mask on both sides, so it is never part of the patch; if a list of
    objects with one had to be sent whole, that is refused.

    Raises:
        UsageError: the service has no request that ends in exactly `wanted`.
    """
    if verb.semantics in ("replace-object", "upsert"):
        return _replacement(verb, dialect, live, wanted)
    if gone := [key for key in live if key not in wanted]:
        # Neither verb removes a field at the top: PATCH writes only what is there after the
        # merge, POST only what is present (docs/service/merge.md#patch, docs/service/backend.md).
        raise _no_request(dialect, "remove", gone, "keep the field, or give it another value")
    changed = {
        key: value for key, value in wanted.items() if key not in live or not same(live[key], value)
    }
    if verb.semantics == "replace-fields":
        content = copied(changed)
    else:
        content = {
            key: _edit(live[key], v, dialect) if key in live else v for key, v in changed.items()
        }
    if not content:
        return None
    _refuse_masks(content)
    if verb.semantics == "strategic-merge":
        _prove(live, content, wanted, dialect)
    return Patch(verb, content)


def _replacement(verb: Verb, dialect: Dialect, live: Any, wanted: Any) -> Patch | None:
    """Return the PUT of an item, or of each item that differs; the service keeps the others."""
    if same(live, wanted):
        return None
    content = wanted
    if verb.semantics == "upsert":
        if gone := [name for name in live if name not in wanted]:
            raise _no_request(dialect, "remove", gone, "use `osmo config delete`")
        content = {
            name: item
            for name, item in wanted.items()
            if name not in live or not same(live[name], item)
        }
    _refuse_masks(content)
    return Patch(verb, copied(list(content.values()) if verb.as_list else content))


def _refuse_masks(content: Any) -> None:
    if (mask := next(mask_paths(content), None)) is not None:
        raise UsageError(
            f"{path_text(mask)}: this change would send the mask of a stored secret",
            hint="add the secret itself to the input",
        )


def _edit(live: Any, wanted: Any, dialect: Dialect) -> Any:
    """Return the PATCH that turns `live` into `wanted` (docs/service/merge.md#patch)."""
    if isinstance(wanted, dict) and isinstance(live, dict):
        return _edit_object(live, wanted, dialect)
    if wanted == [] and dialect.empty_list_is_lost:
        # Without the key the field has its default, []; other defaults were refused before.
        return dict(DELETE)
    if isinstance(wanted, list) and isinstance(live, list) and _are_objects([*live, *wanted]):
        return _edit_list(live, wanted)
    return copied(wanted)


def _edit_object(live: dict[str, Any], wanted: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    edits = {
        key: _edit(live[key], value, dialect) if key in live else copied(value)
        for key, value in wanted.items()
        if key not in live or not same(live[key], value)
    }
    return edits | {key: dict(DELETE) for key in live if key not in wanted}


def _edit_list(live: list[Any], wanted: list[Any]) -> list[Any]:
    """Return the edits of a list of objects by index."""
    replaced_items = [
        {INDEX: index, ACTION: "replace", **copied(item)}
        for index, item in enumerate(wanted[: len(live)])
        if not same(live[index], item)
    ]
    removed_items = [{INDEX: index, **DELETE} for index in range(len(wanted), len(live))]
    return replaced_items + wanted[len(live) :] + removed_items


def _are_objects(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) for item in items)


def _prove(
    live: dict[str, Any], content: dict[str, Any], wanted: dict[str, Any], dialect: Dialect
) -> None:
    """Run the service's own merge; raise if it would not end in `wanted`."""
    try:
        result = strategic_merge(live, content, dialect)
    except MergeFault:
        result = {}
    wrong = [key for key in wanted if not same(_bare(result.get(key)), _bare(wanted[key]))]
    if wrong:
        hint = "change it in two steps: first without the field, then with it"
        raise _no_request(dialect, "change", wrong, hint)


def _no_request(dialect: Dialect, verb: str, fields: list[str], hint: str) -> UsageError:
    return UsageError(
        f"services of {dialect.name} cannot {verb} this in one request: {', '.join(fields)}",
        hint=hint,
    )


def _bare(value: Any) -> Any:
    """Return `value` without empty lists, the default of removed lists."""
    if isinstance(value, dict):
        return {key: _bare(inner) for key, inner in value.items() if inner != []}
    return value
