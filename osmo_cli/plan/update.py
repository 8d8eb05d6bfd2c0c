"""One object's update: planned against the live state, sent once, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from osmo_cli.api import configs
from osmo_cli.api.client import Client
from osmo_cli.api.configs import Revision
from osmo_cli.api.errors import ServiceError, UnexpectedAnswerError, UnreachableError
from osmo_cli.config.dialects import Dialect
from osmo_cli.config.document import Document
from osmo_cli.config.merge import Difference, differences, merge_input, same
from osmo_cli.config.patch import Patch, make_patch
from osmo_cli.config.problems import Path, Problem, path_text, raise_for_errors
from osmo_cli.config.secrets import MASK, is_mask
from osmo_cli.config.types import ConfigType, Verb
from osmo_cli.errors import ConflictError, ExitCode, OsmoError, UsageError

_NAMED_FIELDS = 6
_SECRET_REMARK = "(new secret)"  # noqa: S105 - shown in place of one


class SecretMemory(Protocol):
    """Knows whether a secret is the one that was sent before, without keeping it."""

    def recall(self, key: str, value: str) -> int | None:
        """The revision at which this value was stored, or None."""

    def remember(self, key: str, value: str, revision: int) -> None:
        """`value` was stored at `revision`."""


@dataclass(frozen=True)
class Target:
    """What an update is about: a whole type, or one item of it, as it is stored now."""

    config_type: ConfigType
    name: str | None
    verb: Verb
    dialect: Dialect
    base: Revision | None
    live: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """The difference between what is stored and what shall be, and the request for it.

    Attributes:
        patch: None where there is nothing to do.
        differences: what changes, to be shown: secrets in it are replaced by a remark.
        secrets: the new secrets by path.
        warnings: about the input.
    """

    target: Target
    wanted: dict[str, Any]
    patch: Patch | None
    differences: tuple[Difference, ...]
    secrets: dict[Path, str]
    warnings: tuple[Problem, ...]

    def summary(self) -> str:
        """The changed fields, for a history entry."""
        fields = [path_text(difference.path) for difference in self.differences]
        more = len(fields) - _NAMED_FIELDS
        named = ", ".join(fields[:_NAMED_FIELDS])
        return f"Set {named}" + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class Applied:
    """A stored change: its revision, and what else happened."""

    revision: int | None
    warnings: tuple[str, ...]


class StoredDifferentlyError(OsmoError):
    """After the write the service shows something else than was sent (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


def find_target(
    client: Client, config_type: ConfigType, name: str | None, dialect: Dialect
) -> Target:
    """Read what is to be updated.

    Raises:
        UsageError: the type is updated by name only, or as a whole only, or has no such item.
    """
    verb = config_type.whole if name is None else config_type.named
    if verb is None:
        if name is None:
            hint = f"osmo config update {config_type.name} NAME"
            raise UsageError(f"{config_type.name} is updated one item at a time", hint=hint)
        hint = f"osmo config update {config_type.name}"
        raise UsageError(f"{config_type.name} has no named items", hint=hint)
    snapshot = configs.read(client, config_type, with_revision=True)
    live = snapshot.data if name is None else snapshot.item(name)
    return Target(config_type, name, verb, dialect, snapshot.revision, live)


def plan_update(
    client: Client, target: Target, document: Document, memory: SecretMemory, *, whole: bool = False
) -> Change:
    """What `document` changes in `target`; nothing is sent but reads.

    Args:
        client: the service.
        target: what is stored.
        document: the input; `whole` where it is the complete object.
        memory: tells known secrets.
        whole: the input comes from the editor.

    Raises:
        InvalidInputError: the input is wrong; holds every problem.
    """
    if not whole and _says_nothing_new(document, target):
        # What is stored already needs no schema, and loading one takes longest of all.
        return Change(target, target.live, None, (), {}, ())
    from osmo_cli.config.validate import check_input

    checked = check_input(document, target.config_type, target.dialect, target.live, whole=whole)
    warnings = raise_for_errors(checked.problems)
    wanted, secrets = _without_known_secrets(client, target, checked.wanted, memory)
    patch = make_patch(target.verb, target.dialect, target.live, wanted)
    shown = wanted
    for path in secrets:
        shown = _replaced(shown, path, _SECRET_REMARK)
    changed = tuple(differences(target.live, shown))
    return Change(target, wanted, patch, changed, secrets, tuple(warnings))


def _says_nothing_new(document: Document, target: Target) -> bool:
    given = document.value
    if not isinstance(given, dict):
        return False
    told = {key: given[key] for key in given if key not in target.config_type.volatile}
    return same(merge_input(target.live, told), target.live)


def _secret_values(target: Target, value: Any) -> dict[Path, str]:
    """Secrets in `value` by path, masks left out."""
    from osmo_cli.config.schemas.base import field_path, secret_paths

    model = target.config_type.schema(target.dialect)
    patterns = set(secret_paths(model))
    found: dict[Path, str] = {}

    def walk(here: Any, path: Path) -> None:
        if isinstance(here, dict):
            for key, inner in here.items():
                walk(inner, (*path, key))
        elif isinstance(here, str) and not is_mask(here) and field_path(model, path) in patterns:
            found[path] = here

    walk(value, ())
    return found


def _without_known_secrets(
    client: Client, target: Target, wanted: dict[str, Any], memory: SecretMemory
) -> tuple[dict[str, Any], dict[Path, str]]:
    """Put the mask in place of each secret that is stored already; also the ones that are not."""
    secrets = _secret_values(target, wanted)
    known: list[Path] = []
    for path, value in secrets.items():
        if not is_mask(_at(target.live, path)) or target.base is None:
            continue
        stored_at = memory.recall(memory_key(target, path), value)
        if stored_at is not None and _unchanged_since(client, target, path, stored_at):
            known.append(path)
    for path in known:
        wanted = _replaced(wanted, path, MASK)
    return wanted, {path: value for path, value in secrets.items() if path not in known}


def memory_key(target: Target, path: Path) -> str:
    """Under which name a secret's fingerprint is kept."""
    return " ".join((target.config_type.name, target.name or "", path_text(path)))


def _unchanged_since(client: Client, target: Target, path: Path, revision: int) -> bool:
    """Whether the service says that the secret is the one of `revision` (api.md 4, Diff)."""
    assert target.base is not None
    if revision == target.base.number:
        return True
    try:
        data = configs.changed_secrets(client, target.config_type, revision, target.base.number)
    except ServiceError:
        return False
    if target.name is not None:
        data = configs.items_by_name(target.config_type, data).get(target.name)
    return bool(_at(data, path) == MASK)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _replaced(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    return value | {path[0]: _replaced(value[path[0]], path[1:], new)}


def apply_change(
    client: Client,
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
    if change.patch is None:
        return Applied(None, ())
    current = configs.newest_revision(client, target.config_type)
    if current != target.base:
        raise ConflictError(
            f"{target.config_type.name} was changed since it was read{_by(current)}",
            hint="nothing was sent; run the command again to lay your change over the new state",
        )
    warnings = []
    text = description or change.summary()
    try:
        configs.write(
            client,
            target.config_type,
            target.name,
            change.patch,
            description=text,
            tags=tags,
        )
    except (ServiceError, UnreachableError, UnexpectedAnswerError) as error:
        if not error.outcome_unknown:
            raise
        warnings.append(_explain_failure(client, change, error))
    wrong = _not_stored(client, change)
    later = configs.revisions_after(client, target.config_type, _number(target.base))
    others = [entry for entry in later if entry.description != text]
    if wrong:
        fields = ", ".join(path_text(difference.path) for difference in wrong)
        if others:
            raise ConflictError(
                f"{target.config_type.name} was changed at the same time{_by(others[-1])}; "
                f"your value is not stored for: {fields}",
                hint="look at what is stored with `osmo config show`, and update again",
            )
        raise StoredDifferentlyError(
            f"the service accepted the write and shows another value for: {fields}",
            hint="`osmo config show` tells what is stored",
        )
    if others:
        warnings.append(f"another change came at the same time{_by(others[0])}; both are stored")
    stored_at = next((entry.number for entry in later if entry.description == text), None)
    if stored_at is not None:
        for path, value in change.secrets.items():
            memory.remember(memory_key(target, path), value, stored_at)
    return Applied(stored_at, tuple(warnings))


def _number(revision: Revision | None) -> int:
    return revision.number if revision else 0


def _by(revision: Revision | None) -> str:
    if revision is None:
        return ""
    who = f" by {revision.username}" if revision.username else ""
    return f" (revision {revision.number}{who}: {revision.description})"


def _not_stored(client: Client, change: Change) -> Sequence[Difference]:
    """Where the live object differs from the wanted one; secrets cannot be compared."""
    target = change.target
    snapshot = configs.read(client, target.config_type)
    live = snapshot.data if target.name is None else snapshot.item(target.name)
    wanted = change.wanted
    for path in change.secrets:
        wanted = _replaced(wanted, path, MASK)
    return [
        difference
        for difference in differences(live, wanted)
        if difference.path[0] not in target.config_type.read_only
        and not (difference.after == MASK and difference.before == "")
    ]


def _explain_failure(
    client: Client, change: Change, error: ServiceError | UnreachableError | UnexpectedAnswerError
) -> str:
    """After a failure of unknown outcome: what the service shows now.

    Returns:
        A warning, where the change is stored all the same.

    Raises:
        OsmoError: the failure, with what was found.
    """
    try:
        wrong = _not_stored(client, change)
        newest = configs.newest_revision(client, change.target.config_type)
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
