"""`osmo config export --helm`: the configuration as values of a chart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.bounded_files import STDIN
from osmo_cli.config.changes.merge import merge_input
from osmo_cli.config.registry.types import BACKEND
from osmo_cli.config.values import replaced, value_at
from osmo_cli.errors import ExitCode
from osmo_cli.text_files import write_text

if TYPE_CHECKING:
    from osmo_cli.commands.session import Session
    from osmo_cli.config.helm.charts import Chart
    from osmo_cli.config.helm.export import ExportedValues
    from osmo_cli.config.registry.dialects import Dialect
    from osmo_cli.output.printer import Printer


_NAMESPACE = "k8s_namespace"


@dataclass(frozen=True)
class HelmExportOptions:
    """What to export as values.

    Attributes:
        file: the values file, or `-` for standard output.
        chart: the chart, or None for that of the service's version.
        directory: where the configuration is, or None for the service.
        dialect: the version of the service that the directory is for; None: that of the chart.
        prune: remove items that the directory does not have, of the types that it has.
        all_fields: also write fields that have the service's default.
    """

    file: str
    chart: Chart | None
    directory: str | None
    dialect: Dialect | None
    prune: bool
    all_fields: bool


def export_helm(session: Session, options: HelmExportOptions) -> int:
    """Write the values, and say what they do not hold."""
    from osmo_cli.config.helm.detection import dialect_for

    chart, dialect, states = _source(session, options)
    target = dialect_for(chart)
    exported = _exported(options, chart, dialect, states)
    text = _text(options.file, exported)
    problems = _problems(options.file, text, chart, target)
    _write(session.printer, options.file, text)
    session.printer.note(f"values of {chart.summary}")
    _write_secrets(session.printer, options.file, exported)
    _say(session.printer, exported, chart)
    for problem in problems:
        session.printer.warn(str(problem))
    # What the service has, also if a later one refuses it, is exported; warnings say so.
    is_too_large = any(problem.severity == "error" and not problem.path for problem in problems)
    return ExitCode.INVALID if is_too_large else ExitCode.OK


def _source(session: Session, options: HelmExportOptions) -> tuple[Chart, Dialect, dict[str, Any]]:
    """Return the chart, and the version and the data of the configuration to export."""
    from osmo_cli.config.helm.charts import OSMO, chart_of
    from osmo_cli.config.helm.detection import dialect_for

    if options.directory is None:
        dialect, states = _states_of_service(session)
        return options.chart or chart_of(dialect) or OSMO, dialect, states
    chart = options.chart or (options.dialect and chart_of(options.dialect)) or OSMO
    dialect = options.dialect or dialect_for(chart)
    return chart, dialect, _states_of_files(session, options.directory, dialect)


def _exported(
    options: HelmExportOptions, chart: Chart, dialect: Dialect, states: dict[str, Any]
) -> ExportedValues:
    from osmo_cli.config.helm.detection import dialect_for
    from osmo_cli.config.helm.export import export_values

    target = dialect_for(chart)
    if options.directory is None:
        return export_values(states, chart, dialect, target, all_fields=options.all_fields)
    existing = _existing(options.file)
    _add_namespaces(states, value_at(existing, (*chart.writes_to, BACKEND.helm_section)))
    exported = export_values(
        states,
        chart,
        dialect,
        target,
        all_fields=options.all_fields,
        is_part=not options.prune,
    )
    _keep_secret_refs(exported, existing, chart)
    return exported


def _states_of_service(session: Session) -> tuple[Dialect, dict[str, Any]]:
    """Return the version of the service and its types' data, without secrets that are not set."""
    from osmo_cli.config.registry.shape import Shape
    from osmo_cli.config.registry.types import CONFIG_TYPES
    from osmo_cli.plan.export import unset_secrets

    states: dict[str, Any] = {}
    with session.connect() as service:
        dialect = service.dialect
        known = [row for row in CONFIG_TYPES.values() if row.name in dialect.config_types]
        for snapshot in service.configs.read_each(known):
            row, data = snapshot.config_type, snapshot.data
            if row.secrets and row.whole is not None:
                for path in unset_secrets(service, Shape(row, dialect), data):
                    data = replaced(data, path, "")
            states[row.name] = data
        return dialect, states


def _states_of_files(session: Session, directory: str, dialect: Dialect) -> dict[str, Any]:
    """Return the data of the types that a directory has."""
    from osmo_cli.config.changes.exported import filled
    from osmo_cli.config.checking.file_checks import check_files
    from osmo_cli.config.checking.validate import unwrapped
    from osmo_cli.config.problems import raise_for_errors
    from osmo_cli.config.reading.inputs import read_inputs
    from osmo_cli.config.secrets import MASK, mask_secrets

    inputs = read_inputs(
        [directory],
        dialect,
        references=lambda file: session.references(
            file, everywhere=False, service=None, lenient=True
        ),
    )
    for warning in raise_for_errors(check_files(inputs)):
        session.printer.warn(str(warning))
    states: dict[str, Any] = {}
    for item in inputs.all:
        document = unwrapped(item.document, item.shape)
        value = document.value
        for path in document.references():
            value = replaced(value, path, MASK)
        config_type = item.shape.config_type
        value = filled(item.shape, value)
        if not config_type.is_by_item:
            # A file may also hold a secret itself.
            if item.shape.name is not None and config_type.wrapper is not None:
                value = {config_type.wrapper: {item.shape.name: value}}
            value = mask_secrets(config_type, value)
            states[config_type.name] = merge_input(states.get(config_type.name, {}), value)
            continue
        named = value if item.shape.name is None else {item.shape.name: value}
        if config_type.wrapper is None:
            states[config_type.name] = states.get(config_type.name, {}) | named
        else:
            states.setdefault(config_type.name, {config_type.wrapper: {}})
            states[config_type.name][config_type.wrapper] |= named
    return states


def _existing(file: str) -> Any:
    """Return what a values file holds, or None if it does not exist."""
    from osmo_cli.config.helm.reading import parse_values
    from osmo_cli.config.reading.files import read_input

    if file == STDIN or not Path(file).exists():
        return None
    return parse_values(*read_input(file)).value


def _add_namespaces(states: dict[str, Any], backends: Any) -> None:
    """Give the backends of files, which need no namespace, those that the values have."""
    for name, item in BACKEND.items_in(states.get(BACKEND.name, {})).items():
        namespace = value_at(backends, (name, _NAMESPACE))
        if namespace and not item.get(_NAMESPACE):
            item[_NAMESPACE] = namespace


def _keep_secret_refs(exported: ExportedValues, existing: Any, chart: Chart) -> None:
    """Keep the Secrets that the values mount for what the directory does not have."""
    if chart.secret_refs is None:
        return
    at = (*chart.block, chart.secret_refs)
    refs, new = value_at(existing, at), value_at(exported.values, at)
    if isinstance(refs, list) and isinstance(new, list):
        new[:] = [*refs, *(ref for ref in new if ref not in refs)]


def _text(file: str, exported: ExportedValues) -> str:
    from osmo_cli.config.helm.existing import merge_into
    from osmo_cli.config.helm.values_yaml import write_values
    from osmo_cli.config.reading.files import read_input

    if file != STDIN and Path(file).exists():
        name, text = read_input(file)
        return merge_into(name, text, exported.values, exported.whole)
    return write_values(exported.values)


def _problems(file: str, text: str, chart: Chart, target: Dialect) -> list[Any]:
    """What a service would find wrong with the values."""
    from osmo_cli.config.checking.helm_values import check_values
    from osmo_cli.config.helm.inputs import values_inputs
    from osmo_cli.config.helm.reading import parse_values

    name = "<stdout>" if file == STDIN else file
    return check_values(values_inputs([parse_values(name, text)], chart, target))


def _write(printer: Printer, file: str, text: str) -> None:
    if file == STDIN:
        printer.document(text)
        return
    write_text(Path(file), text)


def _write_secrets(printer: Printer, file: str, exported: ExportedValues) -> None:
    """Write the template of the Secrets beside the values, if there is not one already."""
    from osmo_cli.config.helm.secrets import secrets_template
    from osmo_cli.private_files import create_private

    if not exported.secrets:
        return
    names = ", ".join(secret.name for secret in exported.secrets)
    printer.note(f"create these Secrets before you deploy the values: {names}")
    if file == STDIN:
        return
    path = Path(file)
    template = path.with_name(f"{path.stem}.secrets.yaml")
    if template.exists():
        printer.note(f"{template} exists, and is not changed")
        return
    create_private(template, secrets_template(exported.secrets))
    printer.note(f"wrote {template}: fill in the values, and do not commit it")


def _say(printer: Printer, exported: ExportedValues, chart: Chart) -> None:
    for note in exported.notes:
        printer.note(f"note: {note}")
    if exported.homeless:
        printer.note(f"no place in the values of the {chart.name} chart:")
    for part in exported.homeless:
        printer.note(f"  {part.what}: {part.why}; {part.instead}")
