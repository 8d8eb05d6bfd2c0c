"""What values files ask for, compared with what a service shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from osmo_cli.config.changes.merge import Difference, Mode, differences
from osmo_cli.config.checking.validate import check_input
from osmo_cli.config.helm.inputs import ValuesFiles
from osmo_cli.config.secrets import is_mask


def different_objects(
    values: ValuesFiles, answers: Mapping[str, Any]
) -> Iterator[tuple[str, Difference]]:
    """Return each difference of an object, with its name; secrets do not count.

    Args:
        values: the values files.
        answers: each type's data as the service shows it, by the type's path segment.
    """
    for item in values.inputs.all:
        shape = item.shape
        if shape.config_type.path not in answers:
            continue
        live = answers[shape.config_type.path]
        if shape.name is not None:
            live = shape.config_type.items_in(live).get(shape.name)
            if live is None:
                continue
        checked = check_input(item.document, shape, live, mode=Mode.MERGE)
        if any(problem.severity == "error" for problem in checked.problems):
            continue
        for difference in differences(shape.editable(live), shape.editable(checked.wanted)):
            if not is_mask(difference.before):
                yield str(shape), difference
