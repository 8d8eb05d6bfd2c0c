"""Carrying a plan out: step by step, each read back and noted in the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from osmo_cli.api.configs import Revision, Snapshot
from osmo_cli.api.urls import is_segment
from osmo_cli.config.changes.merge import Difference
from osmo_cli.config.reading.layout import ConfigRef
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.config.secrets import CHANGED_SECRET
from osmo_cli.errors import ConflictError, OsmoError
from osmo_cli.plan.apply import store_change
from osmo_cli.plan.change import Change, requests_between
from osmo_cli.plan.config_write import Stored, by
from osmo_cli.plan.delete import delete_item
from osmo_cli.plan.live_object import LiveObject, state_of
from osmo_cli.plan.redacted import Redacted
from osmo_cli.plan.secrets import SecretMemory, memory_key

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.plan.journal import Journal
    from osmo_cli.plan.planning import Prepared


@dataclass(frozen=True)
class Step:
    """What is written together.

    Attributes:
        refs: the objects.
        change: what is written, or None for a deletion.
        parts: the changes of the single objects, whose secrets are remembered.
    """

    refs: tuple[ConfigRef, ...]
    change: Change | None = field(repr=False)
    parts: tuple[Change, ...] = field(default=(), repr=False)

    @property
    def config_type(self) -> ConfigType:
        """The type that it writes."""
        return self.refs[0].config_type

    @property
    def names(self) -> list[str]:
        """The names of its items; "" is the whole type."""
        return [ref.name or "" for ref in self.refs]

    def summary(self) -> str:
        """Return what it does, as the description of a revision."""
        if self.change is None:
            return f"Delete {self.refs[0]}"
        if len(self.refs) == 1:
            return self.change.summary()
        return f"Set {len(self.refs)} items of {self.config_type.name}"


def steps_of(prepared: Prepared) -> list[Step]:
    """Return the steps of a plan; items that the service takes together are one step."""
    steps: list[Step] = []
    for config_type, group in groupby(
        prepared.changes, key=lambda change: change.target.shape.config_type
    ):
        changes = tuple(group)
        refs = tuple(ConfigRef(config_type, change.target.shape.name) for change in changes)
        whole = config_type.whole
        # The name of an item that no path can have is in the body of the whole type.
        needs_body = len(changes) > 1 or not all(is_segment(ref.name or "x") for ref in refs)
        if needs_body and whole is not None and whole.semantics == "upsert":
            steps.append(Step(refs, _combined(changes), changes))
        else:
            steps += (
                Step((ref,), change, (change,)) for ref, change in zip(refs, changes, strict=True)
            )
    return steps + [Step((ref,), None) for ref in prepared.deletes]


def _combined(changes: tuple[Change, ...]) -> Change:
    """Return the change of a type that makes the changes of several of its items."""
    first = changes[0].target
    config_type = first.shape.config_type
    assert config_type.whole is not None
    shape = Shape(config_type, first.shape.dialect)
    before = state_of(shape, first.snapshot.data)
    items = {str(change.target.shape.name): change for change in changes}
    wanted = before | {name: change.wanted for name, change in items.items()}
    target = LiveObject(shape, config_type.whole, first.snapshot, before)
    shown = Redacted(
        before | {name: change.shown.before for name, change in items.items()},
        before | {name: change.shown.after for name, change in items.items()},
    )
    return Change(
        target,
        wanted,
        requests_between(target, before, wanted),
        tuple(
            Difference((name, *difference.path), difference.before, difference.after)
            for name, change in items.items()
            for difference in change.differences or (Difference((), None, change.shown.after),)
        ),
        {(name, *path): v for name, change in items.items() for path, v in change.secrets.items()},
        (),
        shown,
    )


@dataclass
class Execution:
    """One run of a plan.

    Attributes:
        on_step: called before each step with its number and the number of all.
        bases: the types as this run left or found them, by name.
        touched: names of the types that were written, in order.
    """

    service: Service
    memory: SecretMemory
    journal: Journal
    description: str | None
    tags: list[str]
    on_step: Callable[[int, int, Step], None]
    bases: dict[str, Snapshot]
    touched: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def run(self, steps: list[Step]) -> None:
        """Make each step, in order.

        Raises:
            ConflictError: somebody else changed a type; the step after it was not sent.
            OsmoError: a write failed; the hint says what is stored.
        """
        for number, step in enumerate(steps, start=1):
            self.on_step(number, len(steps), step)
            name = step.config_type.name
            base = self.bases[name]
            self.journal.about_to(name, step.names, base.number)
            if name not in self.touched:
                self.touched.append(name)
            stored = self._make(step, base)
            revision = stored.revision
            self.journal.done(name, step.names, revision)
            self.warnings += stored.warnings
            self._remember(step, revision)
            own = stored.state.own
            self.bases[name] = Snapshot(
                step.config_type, stored.state.live.data, own[-1] if own else None
            )
            first = next(
                (entry for entry in stored.state.others if not own or entry.number < own[0].number),
                None,
            )
            if first is not None and number < len(steps):
                raise ConflictError(
                    f"{name} was changed at the same time{by(first)}; "
                    f"stopped after {number} of {len(steps)} steps",
                    hint="check the service with `osmo config plan`, and apply again",
                )

    def _make(self, step: Step, base: Snapshot) -> Stored:
        text = self.description or step.summary()
        tags = [*self.tags, self.journal.tag]
        if step.change is None:
            name = step.names[0]
            return delete_item(self.service, base, name, description=text, tags=tags, force=False)
        target = replace(step.change.target, snapshot=base)
        change = replace(step.change, target=target)
        return store_change(self.service, change, text, tags, own_tag=self.journal.tag)

    def _remember(self, step: Step, revision: int | None) -> None:
        for change in step.parts if revision is not None else ():
            for path, value in change.secrets.items():
                self.memory.remember(memory_key(change.target, path), value, revision or 0)


def check_unmoved(service: Service, bases: Mapping[str, int | None]) -> None:
    """Check that no type has another revision than the plan was made on.

    Raises:
        ConflictError: one has; nothing was sent.
    """
    hint = "nothing was sent; make a new plan with `osmo config plan`"
    _check_revisions(bases, service.configs.revisions_by_type(), "the plan", hint)


def _check_revisions(
    expected: Mapping[str, int | None],
    current: Mapping[str, Revision | None],
    since: str,
    hint: str,
) -> None:
    """Raise ConflictError if the newest revision of a type has another number than expected."""
    moved = []
    for name, number in expected.items():
        revision = current.get(name)
        if (None if revision is None else revision.number) != number:
            moved.append(f"{name} was changed since {since}{by(revision)}")
    if moved:
        raise ConflictError("\n".join(moved), hint=hint)


def left_to_do(service: Service, prepared: Prepared, journal: Journal) -> Prepared:
    """Return the rest of an interrupted plan, made again from what is stored now.

    What is stored already makes no difference any more, except secrets, which are masked: they
    are left out where the journal or the history says that they were written.

    Raises:
        ConflictError: the input changed, or somebody else changed a type meanwhile.
    """
    if prepared.wanted != journal.header["wanted"]:
        raise ConflictError(
            "the input changed since the interrupted apply",
            hint="nothing was sent; apply it anew: osmo config apply DIR",
        )
    expected, written = _so_far(service, journal)
    snapshots = prepared.snapshots
    _check_revisions(
        {name: number for name, number in expected.items() if name in snapshots},
        {name: snapshot.revision for name, snapshot in snapshots.items()},
        "the interrupted apply",
        "nothing was sent; apply anew: osmo config apply DIR",
    )
    rest = tuple(change for change in prepared.changes if not _is_written(change, written))
    return replace(prepared, changes=rest)


def _so_far(
    service: Service, journal: Journal
) -> tuple[dict[str, int | None], set[tuple[str, str]]]:
    """Return the revision of each type after the apply so far, and the objects it has stored."""
    expected: dict[str, int | None] = dict(journal.header["bases"])
    written: set[tuple[str, str]] = set()
    for entry in journal.entries:
        later = service.configs.revisions_after(CONFIG_TYPES[entry.config_type], entry.base or 0)
        own = [revision.number for revision in later if journal.tag in revision.tags]
        if entry.done or own:
            written |= {(entry.config_type, name) for name in entry.names}
        expected[entry.config_type] = max(own, default=entry.revision or entry.base)
    return expected, written


def _is_written(change: Change, written: set[tuple[str, str]]) -> bool:
    """Return whether a change that is left only sends secrets, and the apply has sent these."""
    shape = change.target.shape
    return (shape.config_type.name, shape.name or "") in written and all(
        difference.path in change.secrets and difference.after != CHANGED_SECRET
        for difference in change.differences
    )


@dataclass(frozen=True)
class RolledBack:
    """What came of returning a type to its base revision.

    Attributes:
        config_type: its name.
        text: what came of it, as a sentence.
        complete: whether the type is as it was before the apply.
        may_work_later: whether it was a request that failed.
    """

    config_type: str
    text: str
    complete: bool = True
    may_work_later: bool = False


def roll_back_all(service: Service, journal: Journal) -> Iterator[RolledBack]:
    """Return the types of an apply to the revisions that it began on; yield what came of each.

    The type that was touched first comes last: its new items are in use until then. Where a type
    needs items of another that were deleted, it is tried again after the others. A type that
    somebody else has changed since stays as it is. What the journal has as returned is left out.
    """
    bases, tag = journal.header["bases"], journal.tag
    left = [name for name in reversed(journal.touched) if name not in journal.rolled_back]
    while left:
        failed: dict[str, RolledBack] = {}
        for name in left:
            result = _roll_back_type(service, name, bases[name], tag)
            if result.complete:
                yield result
            else:
                failed[name] = result
        if len(failed) == len(left):
            yield from failed.values()
            return
        left = list(failed)


def _roll_back_type(service: Service, name: str, number: int | None, tag: str) -> RolledBack:
    from osmo_cli.config.changes.history import losses_of_rollback
    from osmo_cli.config.registry.types import BACKEND
    from osmo_cli.plan.names import missing_names
    from osmo_cli.plan.rollback import roll_back

    row = CONFIG_TYPES[name]
    try:
        live = service.configs.read(row, with_revision=True)
        if live.number == number:
            return RolledBack(name, f"{name} is unchanged")
        later = service.configs.revisions_after(row, number or 0)
        if others := [revision for revision in later if tag not in revision.tags]:
            reasons = [f"it was changed meanwhile{by(others[-1])}"]
        elif number is None:
            reasons = ["it had no revision before the apply"]
        else:
            wanted = service.configs.revision(row, number)
            backends = service.configs.read(BACKEND).items().keys()
            losses = losses_of_rollback(row, wanted.name, wanted.data, live.data, backends)
            reasons = [loss.text for loss in losses if loss.grave]
            if row.named is not None:
                reasons += missing_names(service, row, row.items_in(wanted.data))
            if not reasons:
                roll_back(service, wanted, live, description=None, tags=[tag])
                return RolledBack(name, f"{name} is rolled back to revision {number}")
        where = "" if number is None else f" to revision {number}"
        text = f"{name} cannot be rolled back{where}: {'; '.join(reasons)}"
        return RolledBack(name, text, complete=False)
    except OsmoError as error:
        text = f"{name} could not be rolled back to revision {number}: {error.message}"
        return RolledBack(name, text, complete=False, may_work_later=True)
