"""Whether a file is a values file, and of which chart."""

from __future__ import annotations

from osmo_cli.config.helm.charts import CHARTS, OSMO, OSMO_SNAPSHOT, SERVICE, SERVICE_6_4, Chart
from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.reading.document import Document
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.values import ABSENT, value_at
from osmo_cli.errors import UsageError
from osmo_cli.text_files import EndlessFileError


def chart_in(document: Document, dialect: Dialect | None) -> Chart | None:
    """Return the chart that values are for, by the block that they have; None for other files.

    Args:
        document: the file.
        dialect: the version of the service, if it is known.
    """
    value = document.value
    if value_at(value, SERVICE.block, ABSENT) is not ABSENT:
        is_later = dialect is not None and dialect.configmap_backend_fields
        return SERVICE_6_4 if is_later else SERVICE
    if value_at(value, OSMO.block, ABSENT) is not ABSENT:
        snapshot = value_at(value, OSMO_SNAPSHOT.writes_to)
        return OSMO if snapshot is None else OSMO_SNAPSHOT
    return None


def find_chart(name: str) -> Chart:
    """Return the chart that `--chart` names.

    Raises:
        UsageError: there is no such chart.
    """
    if chart := CHARTS.get(name):
        return chart
    raise UsageError(f'unknown chart "{name}"', hint=f"known charts: {', '.join(CHARTS)}")


def values_chart(file: str, dialect: Dialect | None) -> Chart | None:
    """Return the chart that a file is for; None if it is not a values file, or not readable.

    Raises:
        EndlessFileError: it does not end in time.
    """
    from osmo_cli.config.helm.reading import parse_values
    from osmo_cli.config.reading.files import read_input

    try:
        return chart_in(parse_values(*read_input(file)), dialect)
    except EndlessFileError:
        raise  # not to be waited for once more
    except (InvalidInputError, UsageError):
        return None


def dialect_for(chart: Chart) -> Dialect:
    """Return the version of the service that a chart is for: the newest that can use it."""
    of_chart = [row for row in DIALECTS.values() if row.helm_chart == chart.name]
    return of_chart[-1] if of_chart else list(DIALECTS.values())[-1]
