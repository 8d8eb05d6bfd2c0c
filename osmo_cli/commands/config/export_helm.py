"""`osmo config export --helm`: the configuration as values of a chart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.bounded_files import STDIN
from osmo_cli.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from osmo_cli.commands.session import Session
    from osmo_cli.config.helm.charts import Chart
    from osmo_cli.config.helm.export import ExportedValues
    from osmo_cli.config.registry.dialects import Dialect
    from osmo_cli.output.printer import Printer


@dataclass(frozen=True)
class HelmExportOptions:
    """What to export as values.

    Attributes:
        file: the values file, or `-` for standard output.
        chart: the chart, or None for that of the service's version.
        directory: where the configuration is, or None for the service.
        all_fields: also write fields that have the service's default.
    """

    file: str
    chart: Chart | None
    directory: str | None
    all_fields: bool


def export_helm(session: Session, options: HelmExportOptions) -> int:
    """Write the values, and say what they do not hold."""
    from osmo_cli.config.helm.charts import OSMO, chart_of
    from osmo_cli.config.helm.detection import dialect_for
    from osmo_cli.config.helm.export import export_values

    dialect, states = _states(session, options.directory)
    chart = options.chart or chart_of(dialect) or OSMO
    target = dialect_for(chart)
    exported = export_values(states, chart, dialect, target, all_fields=options.all_fields)
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


def _states(session: Session, directory: str | None) -> tuple[Dialect, dict[str, Any]]:
    """Return the version of the service and its types' data; or that of a directory."""
    from osmo_cli.config.registry.types import CONFIG_TYPES

    if directory is not None:
        return _states_of_files(session, directory)
    with session.connect() as service:
        dialect = service.dialect
        rows = [row for row in CONFIG_TYPES.values() if row.name in dialect.config_types]
        return dialect, {row.name: service.configs.read(row).data for row in rows}


def _states_of_files(session: Session, directory: str) -> tuple[Dialect, dict[str, Any]]:
    from osmo_cli.commands.arguments import chosen_dialect
    from osmo_cli.config.checking.file_checks import check_files
    from osmo_cli.config.checking.validate import unwrapped
    from osmo_cli.config.problems import raise_for_errors
    from osmo_cli.config.reading.inputs import read_inputs
    from osmo_cli.config.secrets import MASK
    from osmo_cli.config.values import replaced

    dialect = chosen_dialect(None)
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
        name = item.shape.config_type.name
        if item.shape.name is None:
            states[name] = states.get(name, {}) | value
        else:
            states.setdefault(name, {})[item.shape.name] = value
    return dialect, states


def _text(file: str, exported: ExportedValues) -> str:
    from osmo_cli.config.helm.existing import merge_into
    from osmo_cli.config.helm.values_yaml import write_values
    from osmo_cli.config.reading.files import read_input

    if file != STDIN and Path(file).exists():
        name, text = read_input(file)
        return merge_into(name, text, exported.values, exported.sections_at)
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
    try:
        Path(file).write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from None


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
