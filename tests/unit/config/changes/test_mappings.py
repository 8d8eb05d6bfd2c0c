"""Requests that change a role's external_roles, against the service's rule for a PUT."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.changes.mappings import requests_for, with_mappings_of
from osmo_cli.config.changes.patch import Patch, make_patch
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import POD_TEMPLATE, ROLE

SEMANTIC = [dialect for dialect in DIALECTS.values() if dialect.semantic_roles]
MAPPINGS = st.lists(st.sampled_from("abcd"), unique=True).map(sorted)


def put(stored: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """Store roles as the service does: an entry that a PUT keeps is lost."""
    for item in items:
        before = stored.get(item["name"], {}).get("external_roles")
        given = item.get("external_roles")
        if given is None:
            given = [item["name"]] if before is None else before
        else:
            given = sorted(set(given) - set(before or ()))
        stored[item["name"]] = item | {"external_roles": given}


def role(name: str, mapping: list[str] | None, description: str = "") -> dict[str, Any]:
    return {"name": name, "description": description, "external_roles": mapping}


def sent(shape: Shape, live: Any, wanted: Any) -> tuple[Patch, ...]:
    verb = ROLE.named if shape.name else ROLE.whole
    assert verb is not None
    patch = make_patch(verb, shape.dialect, live, wanted)
    return () if patch is None else requests_for(shape, patch, live)


@given(before=MAPPINGS, after=MAPPINGS, is_new=st.booleans(), described=st.booleans())
def test_a_role_ends_with_the_mapping_that_was_written(
    before: list[str], after: list[str], is_new: bool, described: bool
) -> None:
    live = {} if is_new else role("a", before)
    wanted = role("a", after, "new" if described else "")
    stored = {} if is_new else {"a": live}
    requests = sent(Shape(ROLE, SEMANTIC[0], "a"), live, wanted)
    for request in requests:
        put(stored, [request.content])
    assert stored["a"] == wanted
    # Two requests only where one would lose an entry.
    kept = set(before) & set(after) if not is_new and before != after else set()
    assert len(requests) <= (2 if kept else 1)


@given(
    st.dictionaries(st.sampled_from("xyz"), st.tuples(st.none() | MAPPINGS, MAPPINGS), min_size=1)
)
def test_the_whole_type_ends_with_the_mappings_that_were_written(
    states: dict[str, tuple[list[str] | None, list[str]]],
) -> None:
    live = {name: role(name, old) for name, (old, _) in states.items() if old is not None}
    wanted = {name: role(name, new, "described") for name, (_, new) in states.items()}
    stored = dict(live)
    requests = sent(Shape(ROLE, SEMANTIC[0]), live, wanted)
    for request in requests:
        put(stored, request.content)
    assert stored == wanted
    assert len(requests) <= 2


@pytest.mark.parametrize("dialect", SEMANTIC, ids=lambda dialect: dialect.name)
def test_an_unchanged_mapping_is_not_sent(dialect: Dialect) -> None:
    live, wanted = role("a", ["b", "c"]), role("a", ["c", "b"], "new")
    (request,) = sent(Shape(ROLE, dialect, "a"), live, wanted)
    assert "external_roles" not in request.content


def test_types_without_mappings_are_sent_as_they_are() -> None:
    patch = Patch(POD_TEMPLATE.named, {"external_roles": ["a"]})  # type: ignore[arg-type]
    assert requests_for(Shape(POD_TEMPLATE, SEMANTIC[0], "x"), patch, {}) == (patch,)


def test_roles_before_mappings_existed_are_sent_as_they_are() -> None:
    wanted = {"name": "a", "description": "new"}
    (request,) = sent(Shape(ROLE, DIALECTS["6.0"], "a"), {"name": "a", "description": ""}, wanted)
    assert request.content == wanted


def test_mappings_of_a_revision_are_laid_over_the_stored_roles() -> None:
    live = {"a": role("a", []), "b": role("b", ["b"]), "c": role("c", ["c"])}
    earlier = {"a": role("a", ["x"]), "b": {"name": "b"}}
    mapped = with_mappings_of(Shape(ROLE, SEMANTIC[0]), live, earlier)
    assert {name: item["external_roles"] for name, item in mapped.items()} == {
        "a": ["x"],
        "b": ["b"],
        "c": ["c"],
    }
