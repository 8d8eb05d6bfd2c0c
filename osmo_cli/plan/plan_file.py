"""Writing the file of a plan, and planning again from it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.config.changes.merge import Mode
from osmo_cli.config.changes.plan_file import (
    PlanFile,
    PlannedFile,
    document_of,
    is_plan,
    parse_plan_file,
    plan_file_of,
)
from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.reading.inputs import Group, Input, Inputs
from osmo_cli.config.values import replaced, value_at
from osmo_cli.errors import ConflictError, OsmoError, UsageError
from osmo_cli.plan.execution import check_unmoved
from osmo_cli.plan.planning import Prepared, Scope, prepare, read_snapshots, types_to_read
from osmo_cli.private_files import read_private, replace_private

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.config.reading.references import References
    from osmo_cli.plan.secrets import SecretMemory

MAX_BYTES = 64 << 20
_MAKE_AGAIN = "nothing was sent; make a new plan: osmo config plan DIR --out FILE"


def save_plan(path: str, prepared: Prepared, scope: Scope) -> None:
    """Write a plan to a 0600 file; only an earlier plan is replaced.

    Raises:
        UsageError: something else is there, or the file cannot be written.
    """
    target = Path(path)
    _check_replaceable(target)
    content = plan_file_of(
        prepared.plan,
        prepared.inputs,
        types=scope.types,
        names=scope.names,
        prune=scope.prune,
        partial=scope.mode is Mode.MERGE,
    )
    try:
        replace_private(target, content.text())
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def _check_replaceable(path: Path) -> None:
    """Raise UsageError unless there is nothing at a path, or the file of an earlier plan."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        if path.parent.is_dir():
            return
        raise UsageError(f"cannot write {path}: {path.parent} is not a directory") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    try:
        if stat.S_ISREG(mode) and is_plan(json.loads(read_private(path))):
            return
    except (OSError, ValueError, RecursionError):
        pass
    raise UsageError(
        f"{path} exists already and is not a plan", hint="name a new file; nothing was overwritten"
    )


def read_plan(path: str) -> PlanFile:
    """Return the plan in a file.

    Raises:
        UsageError: it cannot be read, is not a plan, or has a later format.
        ConflictError: it was changed after it was written.
    """
    from osmo_cli.text_files import NotTextError, read_text

    try:
        text = read_text(path, MAX_BYTES)
    except NotTextError:
        text = ""
    return parse_plan_file(path, text)


def scope_of(content: PlanFile) -> Scope:
    """Return what a plan covers."""
    mode = Mode.MERGE if content.partial else Mode.REPLACE
    return Scope(content.types, content.names, content.prune, mode)


def plan_again(
    service: Service,
    content: PlanFile,
    references: Callable[[str], References],
    memory: SecretMemory,
    *,
    resumed_in: str | None = None,
) -> Prepared:
    """Compare the state in the file of a plan with what a service stores; nothing is written.

    Args:
        service: the service.
        content: the plan.
        references: returns how the references of a file are looked up.
        memory: recognizes known secrets.
        resumed_in: the directory in which an interrupted apply of it was started; None for a new
            apply, which must be exactly what was planned.

    Raises:
        ConflictError: the plan was made for another service, or would be another now.
        InvalidInputError: a secret is gone; holds every problem.
        OsmoError: the service cannot be read.
    """
    origin = str(service.credential.origin)
    if content.service != origin:
        raise ConflictError(
            f"the plan was made for {content.service}, not for {origin}",
            hint=f"nothing was sent; use that login, or make a plan for {origin}",
        )
    dialect = service.confirm_dialect()
    if dialect.name != content.dialect:
        raise ConflictError(
            f"the service was {content.dialect} when the plan was made, and is {dialect.name} now",
            hint=_MAKE_AGAIN,
        )
    if resumed_in is None:
        check_unmoved(service, content.bases)
    group = Group(is_directory=False)
    inputs = Inputs([group], [], len(content.files))
    for planned in content.files:
        try:
            group.inputs.append(_input(service, planned, references, resumed_in or ""))
        except InvalidInputError as error:
            inputs.problems += error.problems
    scope = scope_of(content)
    snapshots = read_snapshots(service, types_to_read(inputs, scope, dialect))
    prepared = prepare(service, inputs, snapshots, memory, scope=scope, source=content.source)
    digest = prepared.plan.digest
    if resumed_in is None and digest != content.digest:
        raise ConflictError(
            f"the plan would be another now: its digest is {digest}, not {content.digest}",
            hint=_MAKE_AGAIN,
        )
    return prepared


def _input(
    service: Service, planned: PlannedFile, references: Callable[[str], References], folder: str
) -> Input:
    from osmo_cli.config.reading.references import resolve
    from osmo_cli.config.registry.shape import Shape

    file = os.path.join(folder, planned.file)
    shape = Shape(planned.ref.config_type, service.dialect, planned.ref.name)
    document = document_of(_with_secrets(planned, file), planned.file)
    return Input(resolve(document, shape, references(file)), shape)


def _with_secrets(planned: PlannedFile, file: str) -> Any:
    """Return the content of a planned file with the secrets that are written in clear in it.

    Raises:
        InvalidInputError: they are not there any more.
    """
    from osmo_cli.config.reading.files import read_document

    value = planned.value
    if not planned.secrets:
        return value
    try:
        source = read_document(file).value
    except OsmoError:
        source = None
    problems = []
    for path in planned.secrets:
        secret = value_at(source, path)
        if secret in (None, ""):
            problems.append(
                Problem(
                    "the plan does not hold this secret, and the file does not have it any more",
                    planned.file,
                    path=path,
                    hint="apply where the files are, or write it as a reference: ${env:NAME}",
                )
            )
        else:
            value = replaced(value, path, secret)
    if problems:
        raise InvalidInputError(problems)
    return value
