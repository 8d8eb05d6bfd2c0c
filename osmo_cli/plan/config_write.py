"""Writes to a config type: check the base revision, write, and say whose changes came between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from osmo_cli.errors import ConflictError
from osmo_cli.plan.write import Wording, Write, perform
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.configs import Revision, Snapshot
    from osmo_cli.api.service import Service
    from osmo_cli.config.registry.types import ConfigType


@dataclass(frozen=True)
class TypeState:
    """What is stored of a config type.

    Attributes:
        live: the live configuration.
        own: the revisions that the write made, oldest first.
        others: the other revisions since the base, oldest first.
    """

    live: Snapshot
    own: tuple[Revision, ...] = ()
    others: tuple[Revision, ...] = ()


@dataclass(frozen=True)
class ConfigWrite:
    """One change of a config type, of one item or of many.

    Attributes:
        wording: how it is named.
        base: the type as it was read, with its newest revision.
        requests: send its requests, in order.
        wrong: names what differs from the wanted state; nothing once it is stored.
        own_revisions: picks those of the later revisions that the write made.
        unchanged: whether what is stored is what the base holds.
        repair: as in `Write`.
        atomic: a refused first request has changed nothing.
    """

    wording: Wording
    base: Snapshot
    requests: Sequence[Callable[[], Any]] = field(repr=False)
    wrong: Callable[[TypeState], Sequence[str]] = field(repr=False)
    own_revisions: Callable[[Sequence[Revision]], Sequence[Revision]] = field(repr=False)
    unchanged: Callable[[TypeState], bool] = field(default=lambda _: True, repr=False)
    repair: Callable[[TypeState], Sequence[Callable[[], Any]]] | None = field(
        default=None, repr=False
    )
    atomic: bool = True


@dataclass(frozen=True)
class Stored:
    """A change that was read back.

    Attributes:
        state: what is stored now.
        warnings: what else happened.
    """

    state: TypeState
    warnings: tuple[str, ...]

    @property
    def revision(self) -> int | None:
        """The number of the revision that the change ended in, where the history shows it."""
        return self.state.own[-1].number if self.state.own else None


def store(service: Service, write: ConfigWrite) -> Stored:
    """Make one change of a config type, and read it back.

    The type and its history are read once after the last request, however many items change.

    Raises:
        ConflictError: the type has a newer revision than the base; or another change came at the
            same time, and this one is not stored.
        OsmoError: the write failed; the hint says what is stored.
        UnknownOutcomeError: what is stored could not be read.
    """
    config_type = write.base.config_type
    current = service.configs.newest_revision(config_type)
    if current != write.base.revision:
        raise ConflictError(
            f"{config_type.name} was changed since it was read{by(current)}",
            hint="nothing was sent; run the command again to apply your change to the new state",
        )
    outcome = perform(
        Write(
            wording=write.wording,
            requests=write.requests,
            look=lambda: _look(service, write),
            wrong=write.wrong,
            unchanged=write.unchanged,
            repair=write.repair,
            atomic=write.atomic,
        )
    )
    state = outcome.state
    if outcome.failure is None and state.others and (wrong := outcome.wrong):
        raise ConflictError(
            f"{config_type.name} was changed at the same time{by(state.others[-1])}; "
            f"{write.wording.not_done}: {', '.join(wrong)}",
            hint=f"see what is stored with `{write.wording.check}`, and run the command again",
        )
    outcome.check()
    warnings = outcome.warnings
    if state.others:
        warnings += (
            f"another change came at the same time{by(state.others[0])}; both are stored, "
            "and where both set a field the later one holds",
        )
    return Stored(state, warnings)


def _look(service: Service, write: ConfigWrite) -> TypeState:
    config_type = write.base.config_type
    live = service.configs.read(config_type)
    base = write.base.revision
    later = service.configs.revisions_after(config_type, base.number if base else 0)
    own = tuple(write.own_revisions(later))
    numbers = {entry.number for entry in own}
    return TypeState(live, own, tuple(entry for entry in later if entry.number not in numbers))


def by(revision: Revision | None) -> str:
    """Return who made a revision, as the end of a sentence: ` (revision 4 by admin: Set x)`."""
    if revision is None:
        return ""
    who = f" by {revision.username}" if revision.username else ""
    return f" (revision {revision.number}{who}: {revision.description})"


def check_command(config_type: ConfigType, name: str | None = None) -> str:
    """Return the command that shows what is stored."""
    return f"osmo config show {config_type.name}" + (f" {name}" if name is not None else "")
