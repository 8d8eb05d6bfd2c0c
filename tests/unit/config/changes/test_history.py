"""What users write about the history, and what two revisions tell."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from osmo_cli.config.changes.history import (
    loss_of_delete,
    losses_of_rollback,
    parse_revision,
    restored_differently,
    shown_time,
    utc_query,
)
from osmo_cli.config.registry.types import BACKEND, DATASET, POOL, ROLE, WORKFLOW, parse_reference
from osmo_cli.errors import UsageError

MASK = "*" * 10


@pytest.fixture(autouse=True)
def _in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


def test_a_type_is_found_in_any_case_with_its_revision() -> None:
    assert parse_reference("backend") == (BACKEND, None)
    assert parse_reference("WorkFlow:12") == (WORKFLOW, 12)
    assert parse_revision("BACKEND:1") == (BACKEND, 1)


@pytest.mark.parametrize("text", ["BACKEND:0", "BACKEND:-1", "BACKEND:", "BACKEND:1:2", "B:1", ""])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_reference(text)


def test_a_missing_revision_is_refused() -> None:
    with pytest.raises(UsageError, match="has no revision"):
        parse_revision("BACKEND")


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("2026-01-15", "2026-01-15T05:00:00"),
        ("2026-07-15T12:30:00", "2026-07-15T16:30:00"),
        ("2026-07-15T12:30:00Z", "2026-07-15T12:30:00"),
        ("2026-07-15T12:30:00.5+02:00", "2026-07-15T10:30:00"),
    ],
)
def test_a_time_is_the_users_and_sent_as_utc(text: str, sent: str) -> None:
    assert utc_query(text) == sent


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "", "9999-12-31T23:59:59"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="invalid time"):
        utc_query(text)


def test_a_time_is_shown_in_the_users_zone() -> None:
    assert shown_time("2026-01-15T05:00:00.123456") == "Jan 15, 2026 00:00 EST"
    assert shown_time("2026-07-15T12:00:00+00:00") == "Jul 15, 2026 08:00 EDT"
    assert shown_time("some day") == "some day"


def backend(name: str, **fields: object) -> dict[str, object]:
    return {"name": name, "description": "", "online": True, **fields}


def test_a_deleted_backend_in_the_revision_is_grave() -> None:
    live = {"backends": [backend("a"), backend("c")]}
    losses = losses_of_rollback(BACKEND, "a", [backend("a"), backend("b")], live, ())
    assert [(loss.grave, name in loss.text) for loss, name in zip(losses, "cb", strict=True)] == [
        (False, True),
        (True, True),
    ]


def test_nothing_is_lost_where_the_same_backends_are() -> None:
    live = {"backends": [backend("a", description="new")]}
    assert not losses_of_rollback(BACKEND, "a", [backend("a")], live, ())


def test_a_pool_that_comes_back_without_its_backend_is_told() -> None:
    gone, there = ({"pools": {"p": {"backend": name}}} for name in ("gone", "a"))
    assert [loss.grave for loss in losses_of_rollback(POOL, "", gone, there, {"a"})] == [False]
    assert not losses_of_rollback(POOL, "", there, gone, {"a"})
    # It was so before the rollback too.
    assert not losses_of_rollback(POOL, "", gone, gone, {"a"})


def test_a_revision_made_by_deleting_a_bucket_holds_masks() -> None:
    rest = {"buckets": {"one": {"default_credential": {"access_key": MASK}}}}
    live = {"buckets": {}}
    assert [loss.grave for loss in losses_of_rollback(DATASET, "two", rest, live, ())] == [True]
    assert not any(loss.grave for loss in losses_of_rollback(DATASET, "one", rest, live, ()))
    assert not any(loss.grave for loss in losses_of_rollback(DATASET, "", rest, live, ()))
    plain = {"buckets": {"one": {"description": "no secret"}}}
    assert not any(loss.grave for loss in losses_of_rollback(DATASET, "two", plain, live, ()))


def test_a_rollback_of_roles_loses_nothing_and_lost_mappings_are_a_difference() -> None:
    old = [{"name": "ops", "external_roles": ["ops-team"]}, {"name": "user", "external_roles": []}]
    assert not losses_of_rollback(ROLE, "", old, old, ())
    emptied = [{**role, "external_roles": []} for role in old]
    assert restored_differently(ROLE, old, emptied) == ["ops"]


def test_a_rolled_back_state_is_compared_without_what_the_service_sets() -> None:
    old = [backend("a", description="x"), backend("b")]
    assert restored_differently(BACKEND, old, [backend("b", online=False), old[0]]) == []
    assert restored_differently(BACKEND, old, [backend("a", description="y")]) == ["a", "b"]


def test_a_whole_type_keeps_fields_that_the_older_revision_had_not() -> None:
    old = {"max_num_tasks": 20, "backend_images": {"credential": {"auth": ""}}}
    new = {"max_num_tasks": 20, "backend_images": {"credential": {"auth": MASK}}, "newer": 1}
    assert restored_differently(WORKFLOW, old, new) == []
    assert restored_differently(WORKFLOW, old, {**new, "max_num_tasks": 21}) == ["max_num_tasks"]


def test_what_a_delete_would_lose_is_told() -> None:
    lost = loss_of_delete(BACKEND, "a", {"backends": [backend("a")]})
    assert lost is not None
    assert "operator" in lost
    secret = {"default_credential": {"access_key": MASK}}
    both = {"buckets": {"one": secret, "two": {}}}
    assert loss_of_delete(DATASET, "one", both) is None
    lost = loss_of_delete(DATASET, "two", both)
    assert lost is not None
    assert "masks" in lost
