"""The one way to write: every pair of what the requests answer and what is stored afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from osmo_cli.api.errors import (
    ForbiddenError,
    RefusedError,
    ServiceFailureError,
    UnauthorizedError,
    UnreachableError,
)
from osmo_cli.errors import ExitCode, OsmoError
from osmo_cli.plan.write import (
    NotStoredError,
    Outcome,
    UnknownOutcomeError,
    Wording,
    Write,
    perform,
)

WORDING = Wording(
    action="the update of X", done="X is stored", not_done="X is not stored", check="osmo show X"
)


@dataclass
class Shelf:
    """What stores names, and can fail before or after it does."""

    stored: set[str] = field(default_factory=set)
    sent: list[str] = field(default_factory=list)
    unreadable: OsmoError | None = None

    def put(
        self, name: str, *, fails: OsmoError | None = None, stores: bool = True
    ) -> Callable[[], str]:
        def send() -> str:
            self.sent.append(name)
            if stores:
                self.stored.add(name)
            if fails is not None:
                raise fails
            return f"put {name}"

        return send

    def look(self) -> set[str]:
        if self.unreadable is not None:
            raise self.unreadable
        return set(self.stored)

    def write(self, *requests: Callable[[], Any], wanted: str = "a", **more: Any) -> Write[Any]:
        def wrong(state: set[str]) -> list[str]:
            return sorted(set(wanted) - state)

        return Write(WORDING, requests, self.look, wrong, **more)


def failed() -> ServiceFailureError:
    return ServiceFailureError("upstream down", status=503)


def lost() -> UnreachableError:
    return UnreachableError("no answer", outcome_unknown=True)


def refused() -> RefusedError:
    return RefusedError("no", status=400)


def test_success_is_what_was_read() -> None:
    shelf = Shelf()
    outcome: Outcome[Any] = perform(shelf.write(shelf.put("a")))
    outcome.check()
    assert (outcome.wrong, outcome.warnings, outcome.answers) == ([], (), ("put a",))
    assert outcome.state == {"a"}


def test_an_accepted_write_that_is_not_stored_is_an_error() -> None:
    shelf = Shelf()
    outcome = perform(shelf.write(shelf.put("a", stores=False)))
    with pytest.raises(NotStoredError, match="accepted the update of X, but X is not stored: a"):
        outcome.check()


@pytest.mark.parametrize("error", [failed, lost], ids=["failed", "lost"])
def test_a_failed_write_is_looked_up(error: Callable[[], OsmoError]) -> None:
    shelf = Shelf()
    outcome = perform(shelf.write(shelf.put("a", fails=error())))
    outcome.check()
    assert len(outcome.warnings) == 1
    assert "but X is stored" in outcome.warnings[0]

    shelf = Shelf()
    outcome = perform(shelf.write(shelf.put("a", fails=error(), stores=False)))
    with pytest.raises(type(error())) as raised:
        outcome.check()
    assert raised.value.hint == "X is not stored (checked after the error); run the command again"
    assert raised.value.exit_code == ExitCode.SERVICE_FAILURE
    assert shelf.sent == ["a"]


@pytest.mark.parametrize(
    "error", [failed, lost, refused, None], ids=["failed", "lost", "refused", "accepted"]
)
@pytest.mark.parametrize("reading", [failed, lost, refused], ids=["failed", "lost", "refused"])
def test_what_cannot_be_read_is_an_unknown_outcome(
    error: Callable[[], OsmoError] | None, reading: Callable[[], OsmoError]
) -> None:
    shelf = Shelf(unreadable=reading())
    put = shelf.put("a", fails=error() if error else None)
    with pytest.raises(UnknownOutcomeError, match="unknown outcome") as raised:
        perform(shelf.write(put, atomic=False))
    assert raised.value.exit_code == ExitCode.SERVICE_FAILURE
    assert "osmo show X" in (raised.value.hint or "")
    assert shelf.sent == ["a"]


def test_a_refusal_needs_no_look() -> None:
    shelf = Shelf(unreadable=failed())
    with pytest.raises(RefusedError) as raised:
        perform(shelf.write(shelf.put("a", fails=refused(), stores=False)))
    assert raised.value.hint is None


def test_a_refusal_that_may_have_done_a_part_is_looked_up() -> None:
    shelf = Shelf()

    def send() -> None:
        shelf.stored.add("a")
        raise refused()

    outcome = perform(shelf.write(send, wanted="ab", unchanged=is_empty, atomic=False))
    with pytest.raises(RefusedError) as raised:
        outcome.check()
    assert "half-way, and this is not as wanted: b" in (raised.value.hint or "")


def is_empty(state: set[str]) -> bool:
    return not state


def test_requests_stop_at_the_first_failure_and_the_rest_is_told() -> None:
    shelf = Shelf()
    requests = [shelf.put("a"), shelf.put("b", fails=refused(), stores=False), shelf.put("c")]
    outcome = perform(shelf.write(*requests, wanted="abc", unchanged=is_empty))
    assert shelf.sent == ["a", "b"]
    with pytest.raises(RefusedError) as raised:
        outcome.check()
    assert "not as wanted: b, c" in (raised.value.hint or "")


@pytest.mark.parametrize("stores_first", [True, False])
def test_a_write_that_stopped_half_way_is_completed_once(stores_first: bool) -> None:
    shelf = Shelf()
    requests = [shelf.put("a", stores=stores_first, fails=failed()), shelf.put("b")]

    def repair(state: set[str]) -> list[Callable[[], Any]]:
        return [shelf.put(name) for name in sorted(set("ab") - state)]

    outcome = perform(shelf.write(*requests, wanted="ab", unchanged=is_empty, repair=repair))
    if stores_first:
        outcome.check()
        assert shelf.sent == ["a", "b"]
        return
    # Nothing was stored, so there is nothing to repair.
    with pytest.raises(ServiceFailureError):
        outcome.check()
    assert shelf.sent == ["a"]


def test_a_repair_that_fails_is_told() -> None:
    shelf = Shelf()
    second = shelf.put("b", stores=False, fails=failed())

    outcome = perform(
        shelf.write(
            shelf.put("a"), second, wanted="ab", unchanged=is_empty, repair=lambda _: [second]
        )
    )
    with pytest.raises(ServiceFailureError) as raised:
        outcome.check()
    assert "not as wanted: b" in (raised.value.hint or "")
    assert shelf.sent == ["a", "b", "b"]


def forbidden() -> ForbiddenError:
    error = ForbiddenError("access denied", status=403)
    error.needs_look = True
    return error


def test_a_refusal_that_a_proxy_may_have_given_is_looked_up() -> None:
    shelf = Shelf()
    outcome = perform(shelf.write(shelf.put("a", fails=forbidden())))
    outcome.check()
    assert "but X is stored" in outcome.warnings[0]

    outcome = perform(shelf.write(shelf.put("b", fails=forbidden(), stores=False), wanted="b"))
    with pytest.raises(ForbiddenError) as raised:
        outcome.check()
    assert "X is not stored (checked after the error)" in (raised.value.hint or "")


def test_a_refusal_after_which_nothing_can_be_read_stays_one() -> None:
    shelf = Shelf(unreadable=forbidden())
    with pytest.raises(ForbiddenError) as raised:
        perform(shelf.write(shelf.put("a", fails=forbidden(), stores=False)))
    assert "could not be read: check `osmo show X`" in (raised.value.hint or "")


@pytest.mark.parametrize("stores", [True, False])
def test_a_write_is_repeated_with_a_new_login_only_if_it_is_not_stored(stores: bool) -> None:
    shelf = Shelf()
    ended = UnauthorizedError("login ended", status=401)
    ended.needs_look = ended.may_repeat = True
    failures = [ended]

    def send() -> None:
        shelf.sent.append("a")
        if failures:
            if stores:
                shelf.stored.add("a")
            raise failures.pop()
        shelf.stored.add("a")

    outcome = perform(shelf.write(send, unchanged=is_empty))
    outcome.check()
    assert shelf.sent == (["a"] if stores else ["a", "a"])
