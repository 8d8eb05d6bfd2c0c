"""Mutated documents: none ends in anything but problems, none shows a secret, none takes long.

OSMO_FUZZ_DOCUMENTS says how many in all; `make fuzz` checks 20,000. They are the same each time.
"""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osmo_cli.config.checking.offline import check_document
from osmo_cli.config.checking.validate import check_input
from osmo_cli.config.problems import Problem
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.files import read_document
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.errors import UsageError
from tests.unit.config.fields import ITEM
from tests.unit.config.mutations import CANARY, documents, whole_document

_ASKED = os.environ.get("OSMO_FUZZ_DOCUMENTS")  # a test's own environment has none of ours
DOCUMENTS = int(_ASKED or "400")
LONGEST_SECONDS = 1.0
MOST_MEGABYTES = 200
_SECRET = CANARY[:6]


def keys_in(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(key + keys_in(inner) for key, inner in value.items())
    return "".join(map(keys_in, value)) if isinstance(value, list) else ""


def said_of(problems: list[Problem] | tuple[Problem, ...]) -> str:
    # The one hint that has what the input has: the other form of node_conditions.
    return " ".join(
        f"{problem.message} {problem.hint}"
        for problem in problems
        if problem.path[:1] != ("node_conditions",)
    )


def check_both_ways(document: Document, shape: Shape, new: bool) -> list[Problem]:
    """As a file without a service, and over what a service has stored."""
    problems = check_document(document, shape, new=new)
    live = json.loads(whole_document(shape.config_type.name, shape.dialect.name))
    if shape.is_map:
        live = {ITEM: live}
    elif shape.path_of_items and shape.name is not None:
        live = live["buckets"][ITEM]
    return [*problems, *check_input(document, shape, live).problems]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_mutated_documents(dialect: str, tmp_path: Path, figures: list[str]) -> None:
    seconds: list[float] = []
    kinds = {"parsed": 0, "refused": 0, "right": 0}
    subjects = [
        Shape(CONFIG_TYPES[kind], DIALECTS[dialect], name)
        for kind in sorted(DIALECTS[dialect].config_types)
        for name in (ITEM, None)
        if name is None or CONFIG_TYPES[kind].named
    ]

    @settings(
        max_examples=max(DOCUMENTS // len(DIALECTS), 1),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), shape=st.sampled_from(subjects), new=st.booleans())
    def run(data: st.DataObject, shape: Shape, new: bool) -> None:
        text = data.draw(documents(shape.config_type.name, dialect))
        if shape.is_map:
            text = b'{"%s": %s}' % (ITEM.encode(), text)
        file = tmp_path / data.draw(st.sampled_from(["in.json", "in.yaml"]))
        file.write_bytes(text)
        started = time.process_time()
        try:
            document = read_document(str(file))
            problems: list[Problem] | tuple[Problem, ...] = check_both_ways(document, shape, new)
        except UsageError as error:
            # InvalidInputError is one, and has its problems.
            problems = getattr(error, "problems", ())
            assert problems, "a file that can be read is wrong at a place"
            assert _SECRET not in said_of(problems)
            kinds["refused"] += 1
        else:
            kinds["parsed"] += 1
            kinds["right"] += not problems
            if _SECRET not in keys_in(document.value):
                assert _SECRET not in said_of(problems)
            for problem in problems:
                assert problem.line is None or (problem.line > 0 and problem.column)
        seconds.append(time.process_time() - started)

    run()
    assert max(seconds) < LONGEST_SECONDS
    # Half of them at least reach the checks.
    assert kinds["parsed"] > len(seconds) // 3
    figure = (
        f"fuzzing {dialect}: {len(seconds)} documents, {kinds['refused']} refused by the parser, "
        f"{kinds['right']} without problems, longest {max(seconds) * 1000:.0f} ms"
    )
    if _ASKED is not None:
        # Only then does nothing else run in this process.
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        assert megabytes < MOST_MEGABYTES
        figure += f", process {megabytes} MB"
    figures.append(figure)
