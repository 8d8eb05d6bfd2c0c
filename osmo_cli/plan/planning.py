"""Planning many changes: what a service stores compared with files, object by object.

Each object's change is the one that `osmo config update` would make of its file
(`osmo_cli.plan.change`); here they are put in order, together with the items to delete.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from osmo_cli.config.changes.merge import Mode
from osmo_cli.config.changes.plan import Action, Plan, PlannedChange, plan_digest
from osmo_cli.config.problems import InvalidInputError, Problem, raise_for_errors
from osmo_cli.config.reading.inputs import Input, Inputs
from osmo_cli.config.reading.layout import ConfigRef
from osmo_cli.config.registry.order import write_order
from osmo_cli.config.registry.types import CONFIG_TYPES, NAME_RULE, ConfigType
from osmo_cli.config.secrets import without_masks
from osmo_cli.config.values import ABSENT, same, value_at
from osmo_cli.errors import UsageError
from osmo_cli.plan.change import Change, plan_update
from osmo_cli.plan.live_object import LiveObject, live_of
from osmo_cli.plan.names import first_names

if TYPE_CHECKING:
    from osmo_cli.api.configs import Snapshot
    from osmo_cli.api.service import Service
    from osmo_cli.config.helm.charts import Chart
    from osmo_cli.config.reading.references import References
    from osmo_cli.config.registry.dialects import Dialect
    from osmo_cli.plan.secrets import SecretMemory

_NAMED_ITEMS = 5


@dataclass(frozen=True)
class Scope:
    """What of an input and of a service a plan covers.

    Attributes:
        types: names of the types; all where empty.
        names: patterns of the names of items, as in a shell; all where empty.
        prune: delete the items that the input does not have, of the types that it has.
        mode: whether a file is a part of its object, or the whole of it.
        compares_only: nothing will be written, so that what could not be is no error.
    """

    types: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    prune: bool = False
    mode: Mode = Mode.REPLACE
    compares_only: bool = False

    def has_type(self, config_type: ConfigType) -> bool:
        """Whether a type is part of it."""
        return not self.types or config_type.name in self.types

    def has(self, ref: ConfigRef) -> bool:
        """Whether an object is part of it; patterns match only items with a name."""
        if not self.has_type(ref.config_type):
            return False
        name = ref.name
        return not self.names or (
            name is not None and any(fnmatchcase(name, pattern) for pattern in self.names)
        )


@dataclass(frozen=True)
class Prepared:
    """A plan, and what is needed to carry it out.

    Attributes:
        plan: what may be shown.
        changes: the writes, in order; may hold secrets.
        deletes: the items to delete, in order.
        snapshots: the types as they were read, by name.
        wanted: digest of the wanted state alone, which stays the same while it is applied.
        inputs: the files.
        missing: objects of the input that only their operator can create, and their files; empty
            unless the scope only compares.
    """

    plan: Plan
    changes: tuple[Change, ...] = field(repr=False)
    deletes: tuple[ConfigRef, ...]
    snapshots: Mapping[str, Snapshot] = field(repr=False)
    wanted: str
    inputs: Inputs = field(repr=False)
    missing: tuple[tuple[ConfigRef, str], ...] = ()


def types_to_read(inputs: Inputs, scope: Scope, dialect: Dialect) -> list[ConfigType]:
    """Return the types that a plan needs: those of the input, and what these refer to.

    Where items may be deleted, also the types that refer to them.
    """
    own = {row.name for row in managed_types(inputs, scope)}
    needed = set(own)
    for config_type in write_order(dialect):
        targets = {reference.target for reference in config_type.definition.references}
        if config_type.name in own:
            needed |= targets
        elif scope.prune and targets & own:
            needed.add(config_type.name)
    return [row for row in write_order(dialect) if row.name in needed]


def managed_types(inputs: Inputs, scope: Scope) -> list[ConfigType]:
    """Return the types that the input has files for, within the scope."""
    names = {item.shape.config_type.name for item in inputs.all}
    return [row for row in CONFIG_TYPES.values() if row.name in names and scope.has_type(row)]


def prepare(
    service: Service,
    inputs: Inputs,
    snapshots: Mapping[str, Snapshot],
    memory: SecretMemory,
    *,
    scope: Scope,
    source: Sequence[str],
) -> Prepared:
    """Compare an input with what is stored; nothing is written.

    Args:
        service: the service; asked only whether secrets have changed.
        inputs: the files.
        snapshots: the types of `types_to_read`, with their newest revisions, by name.
        memory: recognizes known secrets.
        scope: what the plan covers.
        source: what the user named as the input.

    Raises:
        InvalidInputError: the input has errors; holds every problem.
    """
    planner = _Planner(service, snapshots, memory, scope)
    problems = list(inputs.problems)
    items = planner.items(inputs, problems)
    missing = [item for item in items if planner.is_missing(item)]
    planned = planner.changes((item for item in items if not planner.is_missing(item)), problems)
    own = managed_types(inputs, scope)
    deletes = planner.deletes(own, planned)
    problems += planner.reference_problems(planned, deletes)
    problems += (warning for _, change in planned for warning in change.warnings)
    warnings = raise_for_errors(problems)
    warnings += planner.notes_about_others(own, planned, deletes)
    pending = [(item, change) for item, change in planned if change.patches]
    bases = {row.name: snapshots[row.name].number for row in own}
    origin, wanted = str(service.credential.origin), _wanted(planned)
    plan = Plan(
        service=origin,
        dialect=service.dialect.name,
        source=tuple(source),
        changes=(
            *(_planned_write(item, change) for item, change in pending),
            *(planner.planned_delete(ref) for ref in deletes),
        ),
        bases=bases,
        stored={row.name: max(len(snapshots[row.name].items()), 1) for row in own},
        unchanged=len(planned) - len(pending),
        warnings=tuple(warnings),
        digest=plan_digest(origin, bases, wanted, _by_type(deletes)),
    )
    changes = tuple(change for _, change in pending)
    wanted_digest = plan_digest(origin, {}, wanted, {})
    absent = tuple((_ref(item), item.document.name) for item in missing)
    return Prepared(plan, changes, tuple(deletes), snapshots, wanted_digest, inputs, absent)


@dataclass(frozen=True)
class _Planner:
    """Compares objects with what was read."""

    service: Service
    snapshots: Mapping[str, Snapshot]
    memory: SecretMemory
    scope: Scope

    def items(self, inputs: Inputs, problems: list[Problem]) -> list[Input]:
        """Return the objects of an input in the order of writing; adds to `problems`.

        The file of a whole type that consists of items is taken apart.
        """
        rank = {row.name: rank for rank, row in enumerate(write_order(self.service.dialect))}
        objects: list[Input] = []
        for group in inputs.groups:
            if group.is_directory:
                problems += _among_files(group)
            for file in group.inputs:
                try:
                    objects += self._apart(file)
                except InvalidInputError as error:
                    problems += error.problems
        return sorted(
            (item for item in objects if self.scope.has(_ref(item))),
            key=lambda item: (rank[item.shape.config_type.name], item.shape.name or ""),
        )

    def _apart(self, file: Input) -> Iterable[Input]:
        """Return the objects in a file.

        Raises:
            InvalidInputError: it does not hold items by name.
        """
        from osmo_cli.config.checking.validate import unwrapped, wrong_shape
        from osmo_cli.config.checking.wrapping import wrapped_problem

        shape = file.shape
        if not shape.is_map or not self.scope.has_type(shape.config_type):
            return [file]
        document = unwrapped(file.document, shape)
        live = self.snapshots[shape.config_type.name].items()
        problem = wrapped_problem(document, shape, live) or wrong_shape(document, shape)
        if problem is not None:
            raise InvalidInputError([problem])
        return [Input(item, replace(shape, name=name)) for name, item in document.items().items()]

    def is_missing(self, item: Input) -> bool:
        """Whether a comparison finds no such object, and only its operator could create it."""
        config_type, name = item.shape.config_type, item.shape.name
        if not self.scope.compares_only or config_type.create is not None:
            return False
        return name is not None and name not in self.snapshots[config_type.name].items()

    def changes(
        self, items: Iterable[Input], problems: list[Problem]
    ) -> list[tuple[Input, Change]]:
        """Return the change that each object's file makes; adds to `problems`."""
        planned = []
        for item in items:
            try:
                planned.append((item, self.change(item)))
            except InvalidInputError as error:
                problems += (
                    replace(problem, file=problem.file or item.document.name)
                    for problem in error.problems
                )
        return planned

    def change(self, item: Input) -> Change:
        """Return the change that an object's file makes.

        Raises:
            InvalidInputError: it is invalid.
        """
        target = self._target(item)
        try:
            return plan_update(
                self.service,
                target,
                item.document,
                self.memory,
                mode=self.scope.mode,
                known_names=lambda config_type: self._known_names(config_type, item),
            )
        except InvalidInputError:
            raise
        except UsageError as error:
            # No request of this version leads to the wanted state.
            problem = item.document.problem(error.message, (), hint=error.hint)
            raise InvalidInputError([problem]) from None

    def _known_names(self, config_type: ConfigType, item: Input) -> Collection[str]:
        """Return the names that an object may use: where nothing is written, all that it does."""
        known = self.snapshots[config_type.name].items().keys()
        if not self.scope.compares_only:
            return known
        from osmo_cli.config.checking.cross_checks import names_at

        references = item.shape.config_type.definition.references
        paths = [row.path for row in references if row.target == config_type.name]
        return known | {name for path in paths for _, name in names_at(item.document.value, path)}

    def _target(self, item: Input) -> LiveObject:
        shape = item.shape
        config_type, name = shape.config_type, shape.name
        snapshot = self.snapshots[config_type.name]
        if name is None:
            assert config_type.whole is not None
            return LiveObject(shape, config_type.whole, snapshot, live_of(shape, snapshot))
        assert config_type.named is not None
        if name in snapshot.items():
            return LiveObject(shape, config_type.named, snapshot, snapshot.item(name))
        message, hint = f'invalid name "{name}"', NAME_RULE
        if config_type.create is None:
            message = f"{shape} not found on the service"
            hint = "its operator registers it when it connects"
        elif config_type.is_name(name):
            empty: Any = [] if config_type.items_are_lists else {}
            return LiveObject(shape, config_type.create, snapshot, empty)
        raise InvalidInputError([item.document.problem(message, (), hint=hint)])

    def deletes(
        self, own: Iterable[ConfigType], planned: Sequence[tuple[Input, Change]]
    ) -> list[ConfigRef]:
        """Return the items to delete, in order: each before those that it refers to."""
        if not self.scope.prune:
            return []
        rows = {row.name for row in own}
        order = [row for row in reversed(write_order(self.service.dialect)) if row.name in rows]
        return [
            ref
            for row in order
            for ref in self._others(row, planned)
            if not self._is_protected(ref)
        ]

    def _others(
        self, config_type: ConfigType, planned: Sequence[tuple[Input, Change]]
    ) -> list[ConfigRef]:
        """Return the stored items that the input does not have."""
        named = {item.shape.name for item, _ in planned if item.shape.config_type == config_type}
        if None in named:
            return []  # the file of the whole type has all its items
        refs = (
            ConfigRef(config_type, name)
            for name in sorted(self.snapshots[config_type.name].items())
            if name not in named
        )
        return [ref for ref in refs if self.scope.has(ref)]

    def _is_protected(self, ref: ConfigRef) -> bool:
        """Return whether an item is never pruned.

        A plan deletes nothing that it could not create again, and no item that every service has.
        """
        row = ref.config_type
        return row.create is None or ref.name in row.initial_names(self.service.dialect)

    def planned_delete(self, ref: ConfigRef) -> PlannedChange:
        """Return the deletion of an item, as it may be shown."""
        assert ref.name is not None
        stored = without_masks(self.snapshots[ref.config_type.name].item(ref.name))
        return PlannedChange(Action.DELETE, ref, stored, ABSENT, ())

    def reference_problems(
        self, planned: Sequence[tuple[Input, Change]], deletes: Collection[ConfigRef]
    ) -> Iterator[Problem]:
        """Return the names in the files that will not exist, and deletions of what is in use."""
        from osmo_cli.config.checking.cross_checks import unknown_names

        comparing = self.scope.compares_only
        gone = _by_type(deletes)
        written = _by_type(_ref(item) for item, _ in planned)
        known = {
            name: (snapshot.items().keys() | set(written.get(name, ()))) - set(gone.get(name, ()))
            for name, snapshot in self.snapshots.items()
        }
        for item, change in planned:
            for problem in unknown_names(
                [item], known, where="on the service", hint="create it first, or add its file"
            ):
                # What is stored already is not judged.
                if change.patches and not same(
                    *(
                        value_at(state, problem.path)
                        for state in (change.target.live, change.wanted)
                    )
                ):
                    yield replace(problem, severity="warning") if comparing else problem
        if not comparing:
            yield from self._deletes_in_use(planned, gone)

    def _deletes_in_use(
        self, planned: Sequence[tuple[Input, Change]], gone: Mapping[str, list[str]]
    ) -> Iterator[Problem]:
        from osmo_cli.config.checking.cross_checks import names_at

        in_files = {(item.shape.config_type.name, item.shape.name) for item, _ in planned}
        for snapshot in self.snapshots.values() if gone else ():
            row = snapshot.config_type
            for name, item in _stored_objects(snapshot):
                is_known = (row.name, name) in in_files or name in gone.get(row.name, ())
                for reference in () if is_known else row.definition.references:
                    for _, used in names_at(item, reference.path):
                        if used in gone.get(reference.target, ()):
                            user = ConfigRef(row, name)
                            yield Problem(
                                f"cannot delete {reference.target} {used}: {user} uses it",
                                hint=f"add a file for it, or for {user} without it",
                            )

    def notes_about_others(
        self,
        own: Iterable[ConfigType],
        planned: Sequence[tuple[Input, Change]],
        deletes: Collection[ConfigRef],
    ) -> Iterator[Problem]:
        """Return a warning for the stored items that the input does not have, and that stay."""
        for config_type in own:
            others = self._others(config_type, planned)
            if names := [
                str(ref.name)
                for ref in others
                if ref not in deletes and not self._is_protected(ref)
            ]:
                hint = "add their files, or delete them with --prune"
                yield _not_in_input(config_type, names, hint)
            if self.scope.prune and config_type.create is None and others:
                names = [str(ref.name) for ref in others]
                hint = f"a plan does not delete them; use `osmo config delete {config_type.name}`"
                if self.scope.compares_only:
                    hint = "add their files; their operators have registered them"
                yield _not_in_input(config_type, names, hint)


def _not_in_input(config_type: ConfigType, names: list[str], hint: str) -> Problem:
    shown = first_names(names, _NAMED_ITEMS)
    message = f"on the service, but not in the input: {config_type.name} {shown}"
    return Problem(message, hint=hint, severity="warning")


def _among_files(group: Any) -> Iterator[Problem]:
    from osmo_cli.config.checking.file_checks import among_files

    return among_files(group)


def _planned_write(item: Input, change: Change) -> PlannedChange:
    is_new = change.target.is_new
    return PlannedChange(
        Action.CREATE if is_new else Action.UPDATE,
        _ref(item),
        ABSENT if is_new else without_masks(change.shown.before),
        without_masks(_given(item, change.shown.after) if is_new else change.shown.after),
        change.differences,
        item.document.name,
    )


def _given(item: Input, after: Any) -> Any:
    """Return the fields of a new object that its file has, without the defaults of the others."""
    given = item.document.value
    if not (isinstance(after, dict) and isinstance(given, dict)):
        return after
    return {key: value for key, value in after.items() if key in given}


def _wanted(planned: Iterable[tuple[Input, Change]]) -> dict[str, dict[str, Any]]:
    """Return the wanted objects for the digest: without secrets and what the service sets."""
    wanted: dict[str, dict[str, Any]] = {}
    for item, change in planned:
        objects = wanted.setdefault(item.shape.config_type.name, {})
        objects[item.shape.name or ""] = item.shape.editable(change.shown.after)
    return wanted


def _by_type(refs: Iterable[ConfigRef]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for ref in refs:
        if ref.name is not None:
            names.setdefault(ref.config_type.name, []).append(ref.name)
    return names


def _stored_objects(snapshot: Snapshot) -> list[tuple[str | None, Any]]:
    if snapshot.config_type.named is None:
        return [(None, snapshot.data)]
    return list(snapshot.items().items())


def _ref(item: Input) -> ConfigRef:
    return ConfigRef(item.shape.config_type, item.shape.name)


def plan_directory(
    service: Service,
    directory: str,
    references: Callable[[str], References],
    memory: SecretMemory,
    scope: Scope,
) -> Prepared:
    """Compare a directory with what a service stores; nothing is written.

    Args:
        service: the service.
        directory: in the layout of `osmo config export`.
        references: returns how the references of a file are looked up.
        memory: recognizes known secrets.
        scope: what the plan covers.

    Raises:
        InvalidInputError: the directory has errors; holds every problem.
        OsmoError: the service cannot be read.
    """
    from osmo_cli.config.reading.inputs import read_inputs

    dialect = service.confirm_dialect()
    inputs = read_inputs([directory], dialect, references=references)
    snapshots = read_snapshots(service, types_to_read(inputs, scope, dialect))
    return prepare(service, inputs, snapshots, memory, scope=scope, source=[directory])


def plan_values(
    service: Service,
    files: Sequence[str],
    chart: Chart | None,
    memory: SecretMemory,
    scope: Scope,
) -> Prepared:
    """Compare values files of a chart with what a service stores; nothing is written.

    Args:
        service: the service.
        files: in the order of Helm's `-f`.
        chart: what they are values of; by default their content decides.
        memory: recognizes known secrets.
        scope: what the plan covers.

    Raises:
        InvalidInputError: the values have errors; holds every problem.
        UsageError: the files are not values of a chart.
        OsmoError: the service cannot be read.
    """
    from osmo_cli.config.helm.detection import values_chart
    from osmo_cli.config.helm.inputs import read_values_files

    dialect = service.confirm_dialect()
    chart = chart or next(filter(None, (values_chart(file, dialect) for file in files)), None)
    if chart is None:
        raise UsageError("no values of an OSMO chart in the files", hint="add --chart CHART")
    values = read_values_files(files, chart, dialect)
    snapshots = read_snapshots(service, types_to_read(values.inputs, scope, dialect))
    live = {name: snapshot.data for name, snapshot in snapshots.items()}
    inputs = values.without_new_credentials(live)
    # Values are the whole configuration: what they do not have is gone when they are deployed.
    scope = replace(scope, prune=True)
    return prepare(service, inputs, snapshots, memory, scope=scope, source=files)


def read_snapshots(service: Service, config_types: Iterable[ConfigType]) -> dict[str, Snapshot]:
    """Return what a service stores of some types, with their newest revisions, by name.

    Raises:
        OsmoError: the service cannot be read.
    """
    # Before the configurations: a change in between is then seen as one since the plan.
    revisions = service.configs.revisions_by_type()
    return {
        snapshot.config_type.name: replace(
            snapshot, revision=revisions.get(snapshot.config_type.name)
        )
        for snapshot in service.configs.read_each(list(config_types))
    }
