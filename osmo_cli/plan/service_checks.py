"""What only a service can tell of files: what they are laid over, and what they name."""

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
    """Every problem of every file, laid over what the service has. Loads pydantic.

    Each type is read once at the most. Nothing is written.

    Raises:
        OsmoError: the service cannot be asked.
    """
    reads = _Reads(service)
    problems = list(inputs.problems)
    for group in inputs.groups:
        for one in group.inputs:
            found = _laid_over(one, reads)
            problems += found
            wrong = {problem.path for problem in found if problem.severity == "error"}
            problems += (other for other in _scheduler_type(one, reads) if other.path not in wrong)
        if group.is_directory:
            problems += among_files(group)
    problems += _unknown_names(inputs.all, reads)
    return in_file_order(problems)


@dataclass
class _Reads:
    """What was read of a service, each thing once."""

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


def _laid_over(one: Input, reads: _Reads) -> list[Problem]:
    from osmo_cli.config.checking.validate import check_input

    shape = one.shape
    config_type = shape.config_type
    snapshot = reads.read(config_type)
    if shape.name is not None and shape.name not in snapshot.items():
        if config_type.create is not None:
            return check_alone(one, new=True)
        message = f"the service has no {shape}"
        hint = "its operator makes it when it connects"
        return [one.document.problem(message, (), hint=hint), *check_alone(one)]
    live = live_of(shape, snapshot)
    try:
        problems = check_input(one.document, shape, live).problems
    except InvalidInputError as error:
        return list(error.problems)
    # What is wrong with the stored state stands in no file, but is told of this one.
    return [replace(problem, file=problem.file or one.document.name) for problem in problems]


def _scheduler_type(one: Input, reads: _Reads) -> Iterator[Problem]:
    """A type of scheduler that this version has, but this service does not take."""
    path = ("scheduler_settings", "scheduler_type")
    if one.shape.config_type is not BACKEND or path not in one.document.places:
        return
    given = one.document.value[path[0]][path[1]]
    taken = reads.scheduler_types()
    if isinstance(given, str) and taken and given not in taken:
        hint = "it takes " + ", ".join(sorted(taken))
        yield one.document.problem("this service does not take this scheduler", path, hint=hint)


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
