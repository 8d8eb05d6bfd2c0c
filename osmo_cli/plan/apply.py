"""A change of one object, sent and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from osmo_cli.config.changes.merge import Difference, differences
from osmo_cli.config.changes.patch import Patch
from osmo_cli.config.problems import path_text
from osmo_cli.config.secrets import MASK
from osmo_cli.config.values import replaced, same
from osmo_cli.errors import ConflictError, OsmoError
from osmo_cli.plan.change import Change, requests_between
from osmo_cli.plan.config_write import ConfigWrite, Stored, TypeState, by, check_command, store
from osmo_cli.plan.live_object import state_of
from osmo_cli.plan.secrets import SecretMemory, memory_key
from osmo_cli.plan.write import Wording
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision
    from osmo_cli.api.service import Service

_STEP = "(step"


@dataclass(frozen=True)
class Applied:
    """A stored change: its revision, and what else happened."""

    revision: int | None
    warnings: tuple[str, ...]


def apply_change(
    service: Service,
    change: Change,
    memory: SecretMemory,
    *,
    description: str | None,
    tags: list[str] | None,
) -> Applied:
    """Send the change, and read back what is stored.

    Raises:
        ConflictError: the type has a newer revision than the one the change was made on, or
            another change came at the same time and one of the two is lost.
        NotStoredError: the service accepted the write and shows another value.
        OsmoError: the write failed; the hint says what is stored.
        UnknownOutcomeError: what is stored could not be read.
    """
    if not change.patches:
        return Applied(None, ())
    stored = store_change(service, change, description or change.summary(), tags)
    if stored.revision is not None:
        for path, value in change.secrets.items():
            memory.remember(memory_key(change.target, path), value, stored.revision)
    return Applied(stored.revision, stored.warnings)


def store_change(
    service: Service,
    change: Change,
    description: str,
    tags: list[str] | None,
    *,
    own_tag: str | None = None,
) -> Stored:
    """Send a change that has something to do, and read back what is stored.

    With `own_tag`, one of the tags, only revisions that have it count as made by this change.

    Raises:
        OsmoError: as `apply_change`.
    """
    stored = store(service, _config_write(service, change, description, tags, own_tag))
    try:
        _raise_if_undone(service, change, stored.state)
    except ConflictError:
        raise
    except OsmoError as error:
        warning = f"whether it has undone another change could not be read: {error.message}"
        return replace(stored, warnings=(*stored.warnings, warning))
    return stored


def _config_write(
    service: Service,
    change: Change,
    text: str,
    tags: list[str] | None,
    own_tag: str | None = None,
) -> ConfigWrite:
    """Return the write of a change whose last revision is described by `text`."""
    target = change.target
    shape = target.shape

    def own_revisions(later: Sequence[Revision]) -> list[Revision]:
        if own_tag is not None:
            later = [entry for entry in later if own_tag in entry.tags]
        own = [entry for entry in later if entry.description == text]
        if len(own) > 1:
            own = _best_match(service, change, own)
        return sorted(
            [*own, *(entry for entry in later if entry.description.startswith(f"{text} {_STEP}"))],
            key=lambda entry: entry.number,
        )

    def repair(state: TypeState) -> list[Callable[[], None]]:
        live = state_of(shape, state.live.data)
        return _requests(service, change, requests_between(target, live, change.wanted), text, tags)

    def unchanged(state: TypeState) -> bool:
        return same(*(shape.editable(value) for value in (_live(change, state), target.live)))

    return ConfigWrite(
        wording=Wording(
            action=f"the update of {shape}",
            done="the change is stored",
            not_done="the change is not stored",
            check=check_command(shape.config_type, shape.name),
        ),
        base=target.snapshot,
        requests=_requests(service, change, change.patches, text, tags),
        wrong=lambda state: _wrong_fields(change, state),
        own_revisions=own_revisions,
        unchanged=unchanged,
        # Only a change of several requests can be completed; a single one is the user's to repeat.
        repair=repair if len(change.patches) > 1 else None,
        # A PUT of many items stops at the first that the service refuses, and keeps those before.
        atomic=not shape.is_map,
    )


def _requests(
    service: Service,
    change: Change,
    patches: Sequence[Patch],
    text: str,
    tags: list[str] | None,
) -> list[Callable[[], None]]:
    """Return what sends the requests; the revision of the last is described by `text`."""
    shape = change.target.shape
    last = len(patches)

    def send(step: int, patch: Patch) -> None:
        description = text if step == last else f"{text} {_STEP} {step} of {last})"
        service.configs.write(
            shape.config_type, shape.name, patch, description=description, tags=tags
        )

    return [partial(send, step, patch) for step, patch in enumerate(patches, start=1)]


def _live(change: Change, state: TypeState) -> Any:
    return state_of(change.target.shape, state.live.data)


def _wrong_fields(change: Change, state: TypeState) -> list[str]:
    """Return the fields, or the object, of which another value is stored than was wanted."""
    shape = change.target.shape
    if shape.name is not None and shape.name not in state.live.items():
        return [f"{shape} (not found)"]
    wrong = _differences(change, _live(change, state))
    if state.others:
        # What another changed meanwhile is not ours to judge.
        wrong = [difference for difference in wrong if _is_of(change, difference)]
    if not wrong and change.secrets and not state.own:
        # The service shows a mask for any secret, so only the history says that it was stored.
        return [path_text(path) for path in change.secrets]
    return [path_text(difference.path) or str(shape) for difference in wrong]


def _differences(change: Change, live: Any) -> list[Difference]:
    """Return where a state differs from the wanted one; secrets cannot be compared."""
    wanted = change.wanted
    for path in change.secrets:
        wanted = replaced(wanted, path, MASK)
    return [
        difference
        for difference in differences(live, wanted)
        if not change.target.shape.is_read_only(difference.path)
        and not (difference.after == MASK and difference.before == "")
    ]


def _best_match(service: Service, change: Change, candidates: Sequence[Revision]) -> list[Revision]:
    """Return the one of several revisions with the same description that holds the change.

    Scripts give all their changes one description.
    """
    shape = change.target.shape

    def wrong(entry: Revision) -> list[Difference]:
        data = service.configs.revision(shape.config_type, entry.number).data
        return _differences(change, state_of(shape, data))

    by_entry = [(entry, wrong(entry)) for entry in candidates]
    exact = [entry for entry, differing in by_entry if not differing]
    holding = [
        entry
        for entry, differing in by_entry
        if not any(_is_of(change, difference) for difference in differing)
    ]
    # 6.0's history writes the actions of roles in another form, so that no state is the same.
    of_item = [entry for entry in reversed(candidates) if entry.name == (shape.name or "")]
    return [*exact, *holding, *of_item][:1]


def _raise_if_undone(service: Service, change: Change, state: TypeState) -> None:
    """Raise where the whole object that was sent has undone what another had just stored in it.

    Raises:
        ConflictError: it has.
    """
    if not state.own:
        return
    own = state.own[-1].number
    before = [entry for entry in state.others if entry.number < own]
    if not before:
        return
    shape = change.target.shape
    earlier, later = (
        state_of(shape, service.configs.revision(shape.config_type, number).data)
        for number in (before[-1].number, own)
    )
    undone = [
        path_text(difference.path)
        for difference in differences(earlier, later)
        if not shape.is_read_only(difference.path) and not _is_of(change, difference)
    ]
    if undone:
        name = shape.config_type.name
        raise ConflictError(
            f"your change is stored, and has undone what another changed at the same moment"
            f"{by(before[-1])}: {', '.join(undone)}",
            hint=f"`osmo config diff {name}:{before[-1].number} {name}:{own}` shows it; "
            "update those fields again",
        )


def _is_of(change: Change, difference: Difference) -> bool:
    """Return whether the change itself includes the place of a difference."""
    return any(
        difference.path[: len(changed.path)] == changed.path
        or changed.path[: len(difference.path)] == difference.path
        for changed in change.differences
    )
