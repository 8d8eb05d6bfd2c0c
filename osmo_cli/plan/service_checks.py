"""Checks of files that need a service: against the stored state, and of names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from osmo_cli.api.configs import Snapshot
from osmo_cli.api.service import Service
from osmo_cli.config.checking.cross_checks import names_in, referenced_types, unknown_names
from osmo_cli.config.checking.file_checks import among_files, check_alone, in_file_order
from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.reading.inputs import Input, Inputs
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, ConfigType
from osmo_cli.plan.live_object import live_of


def check_online(service: Service, inputs: Inputs) -> list[Problem]:
    """Return every problem of every file, merged into what the service has. Loads pydantic.

    Each type is read at most once; nothing is written.

    Raises:
        OsmoError: the service cannot be read.
    """
    reads = _Reads(service)
    problems = list(inputs.problems)
    for group in inputs.groups:
        for item in group.inputs:
            merged = _merged_problems(item, reads)
            problems += merged
            wrong = {problem.path for problem in merged if problem.severity == "error"}
            problems += (
                problem for problem in _scheduler_type(item, reads) if problem.path not in wrong
            )
        if group.is_directory:
            problems += among_files(group)
    problems += _unknown_names(inputs.all, reads)
    return in_file_order(problems)


@dataclass
class _Reads:
    """What was read from a service, each type once."""

    service: Service
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    schedulers: frozenset[str] | None = None

    def read(self, config_type: ConfigType) -> Snapshot:
        if config_type.name not in self.snapshots:
            self.snapshots[config_type.name] = self.service.configs.read(config_type)
        return self.snapshots[config_type.name]

    def scheduler_types(self) -> frozenset[str]:
        if self.schedulers is None:
            self.schedulers = self.service.scheduler_types()
        return self.schedulers


def _merged_problems(item: Input, reads: _Reads) -> list[Problem]:
    from osmo_cli.config.checking.validate import check_input

    shape = item.shape
    config_type = shape.config_type
    snapshot = reads.read(config_type)
    if shape.name is not None and shape.name not in snapshot.items():
        if config_type.create is not None:
            return check_alone(item, new=True)
        message = f"{shape} not found on the service"
        hint = "its operator registers it when it connects"
        return [item.document.problem(message, (), hint=hint), *check_alone(item)]
    live = live_of(shape, snapshot)
    try:
        problems = check_input(item.document, shape, live).problems
    except InvalidInputError as error:
        return list(error.problems)
    # A problem of the stored state is in no file, so it is reported for this item.
    return [replace(problem, file=problem.file or item.document.name) for problem in problems]


def _scheduler_type(item: Input, reads: _Reads) -> Iterator[Problem]:
    """Report a scheduler type that the version has, but this service does not accept."""
    path = ("scheduler_settings", "scheduler_type")
    if item.shape.config_type is not BACKEND or path not in item.document.places:
        return
    given = item.document.value[path[0]][path[1]]
    accepted = reads.scheduler_types()
    if isinstance(given, str) and accepted and given not in accepted:
        hint = "it accepts " + ", ".join(sorted(accepted))
        yield item.document.problem(
            "this service does not accept this scheduler type", path, hint=hint
        )


def _unknown_names(inputs: list[Input], reads: _Reads) -> Iterator[Problem]:
    in_files = names_in(inputs)
    known = {
        type_name: reads.read(CONFIG_TYPES[type_name]).items().keys()
        | in_files.get(type_name, set())
        for type_name in referenced_types(inputs)
    }
    yield from unknown_names(
        inputs, known, where="on the service", hint="create it first, or add its file"
    )
