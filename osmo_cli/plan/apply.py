"""A change sent once, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from osmo_cli.api.configs import Revision
from osmo_cli.api.errors import ServiceError, UnexpectedAnswerError, UnreachableError
from osmo_cli.api.service import Service
from osmo_cli.config.changes.merge import Difference, differences, replaced
from osmo_cli.config.problems import path_text
from osmo_cli.config.secrets import MASK
from osmo_cli.errors import ConflictError, ExitCode, OsmoError
from osmo_cli.plan.change import Change
from osmo_cli.plan.live_object import live_of, state_of
from osmo_cli.plan.secrets import SecretMemory, memory_key


@dataclass(frozen=True)
class Applied:
    """A stored change: its revision, and what else happened."""

    revision: int | None
    warnings: tuple[str, ...]


class StoredDifferentlyError(OsmoError):
    """After the write the service shows something else than was sent (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


def apply_change(
    service: Service,
    change: Change,
    memory: SecretMemory,
    *,
    description: str | None,
    tags: list[str] | None,
) -> Applied:
    """Send the change once, and say what the service shows then.

    Raises:
        ConflictError: the type has a newer revision than the one the change was made on.
        StoredDifferentlyError: the service accepted the write and shows something else.
        OsmoError: the write failed; where its outcome was unknown, the message says what was
            found.
    """
    target = change.target
    if not change.patches:
        return Applied(None, ())
    current = service.configs.newest_revision(target.shape.config_type)
    if current != target.base:
        raise ConflictError(
            f"{target.shape.config_type.name} was changed since it was read{_by(current)}",
            hint="nothing was sent; run the command again to lay your change over the new state",
        )
    warnings = []
    text = description or change.summary()
    try:
        for patch in change.patches:
            service.configs.write(
                target.shape.config_type,
                target.shape.name,
                patch,
                description=text,
                tags=tags,
            )
    except (ServiceError, UnreachableError, UnexpectedAnswerError) as error:
        if not error.outcome_unknown:
            raise
        warnings.append(_explain_failure(service, change, error))
    applied = _read_back(service, change, text, warnings)
    if applied.revision is not None:
        for path, value in change.secrets.items():
            memory.remember(memory_key(target, path), value, applied.revision)
    return applied


def _read_back(service: Service, change: Change, text: str, warnings: list[str]) -> Applied:
    """What the service shows after the write, and whose changes came beside it.

    Args:
        text: the write's description.
        warnings: of the write.

    Raises:
        ConflictError: another's change came at the same time, and one of the two is lost.
        StoredDifferentlyError: the service shows something else than was sent.
    """
    target = change.target
    wrong = _not_stored(service, change)
    later = service.configs.revisions_after(target.shape.config_type, _number(target.base))
    own = _own_revision(service, change, later, text)
    others = [entry for entry in later if entry != own]
    if others:
        # What another changed meanwhile is not ours to judge.
        wrong = [difference for difference in wrong if _is_of(change, difference)]
    if wrong:
        fields = ", ".join(path_text(difference.path) for difference in wrong)
        if others:
            raise ConflictError(
                f"{target.shape.config_type.name} was changed at the same time{_by(others[-1])}; "
                f"your value is not stored for: {fields}",
                hint="look at what is stored with `osmo config show`, and update again",
            )
        raise StoredDifferentlyError(
            f"the service accepted the write and shows another value for: {fields}",
            hint="`osmo config show` tells what is stored",
        )
    stored_at = own.number if own else None
    if others:
        _raise_if_undone(service, change, others, stored_at)
        warnings.append(
            f"another change came at the same time{_by(others[0])}; both are stored, "
            "and where both set a field the later one holds"
        )
    return Applied(stored_at, tuple(warnings))


def _own_revision(
    service: Service, change: Change, later: Sequence[Revision], text: str
) -> Revision | None:
    """Which of the revisions that came since is this write's; None where none is."""
    told = [entry for entry in later if entry.description == text]
    if len(told) < 2:
        return told[0] if told else None
    # Scripts describe all their changes alike: what the revisions hold tells whose they are.
    shape = change.target.shape
    wrong = [
        _wrong(change, state_of(shape, service.configs.revision(shape.config_type, one).data))
        for one in (entry.number for entry in told)
    ]
    exact = [entry for entry, found in zip(told, wrong, strict=True) if not found]
    holding = [
        entry
        for entry, found in zip(told, wrong, strict=True)
        if not any(_is_of(change, difference) for difference in found)
    ]
    # 6.0's history writes the actions of roles in another form, so that no state is the same.
    of_item = [entry for entry in reversed(told) if entry.name == (shape.name or "")]
    return next(iter([*exact, *holding, *of_item]), None)


def _raise_if_undone(
    service: Service, change: Change, others: Sequence[Revision], stored_at: int | None
) -> None:
    """An object is sent whole, and so undoes what another stored in it a moment before.

    Raises:
        ConflictError: it has.
    """
    before = [other for other in others if stored_at is not None and other.number < stored_at]
    if not before or stored_at is None:
        return
    shape = change.target.shape
    states = [
        state_of(shape, service.configs.revision(shape.config_type, number).data)
        for number in (before[-1].number, stored_at)
    ]
    undone = [
        path_text(difference.path)
        for difference in differences(*states)
        if not shape.is_read_only(difference.path) and not _is_of(change, difference)
    ]
    if undone:
        raise ConflictError(
            f"your change is stored, and has undone what another changed at the same moment"
            f"{_by(before[-1])}: {', '.join(undone)}",
            hint=f"`osmo config diff {shape.config_type.name}:{before[-1].number} "
            f"{shape.config_type.name}:{stored_at}` shows it; update those fields again",
        )


def _is_of(change: Change, difference: Difference) -> bool:
    """Whether the change itself is about the place of a difference."""
    return any(
        difference.path[: len(changed.path)] == changed.path
        or changed.path[: len(difference.path)] == difference.path
        for changed in change.differences
    )


def _number(revision: Revision | None) -> int:
    return revision.number if revision else 0


def _by(revision: Revision | None) -> str:
    if revision is None:
        return ""
    who = f" by {revision.username}" if revision.username else ""
    return f" (revision {revision.number}{who}: {revision.description})"


def _not_stored(service: Service, change: Change) -> Sequence[Difference]:
    """Where the live object differs from the wanted one; secrets cannot be compared."""
    shape = change.target.shape
    return _wrong(change, live_of(shape, service.configs.read(shape.config_type)))


def _wrong(change: Change, live: Any) -> list[Difference]:
    """Where a state differs from the wanted one."""
    target = change.target
    wanted = change.wanted
    for path in change.secrets:
        wanted = replaced(wanted, path, MASK)
    return [
        difference
        for difference in differences(live, wanted)
        if not target.shape.is_read_only(difference.path)
        and not (difference.after == MASK and difference.before == "")
    ]


def _explain_failure(
    service: Service, change: Change, error: ServiceError | UnreachableError | UnexpectedAnswerError
) -> str:
    """After a failure of unknown outcome: what the service shows now.

    Returns:
        A warning, where the change is stored all the same.

    Raises:
        OsmoError: the failure, with what was found.
    """
    try:
        wrong = _not_stored(service, change)
        newest = service.configs.newest_revision(change.target.shape.config_type)
    except OsmoError:
        error.hint = (
            "it is not known whether the change was stored, and the service cannot be asked now: "
            "look with `osmo config show` before you run this again"
        )
        raise error from None
    stored = not wrong and newest is not None and newest != change.target.base
    if not stored:
        error.hint = "the change is not stored (it was looked up); try again"
        raise error
    return f"the service answered with an error, yet the change is stored: {error.message}"
