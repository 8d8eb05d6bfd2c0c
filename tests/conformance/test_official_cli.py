"""Every recorded invocation of the official CLI 6.0.0, replayed with this one."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.conformance.official import Result, replay
from tests.conformance.official_differences import KNOWN
from tests.conformance.replay import RECORDINGS
from tests.support.processes import ROOT

_RECORDING = RECORDINGS / "official-cli-6.0.0.json"

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        not _RECORDING.is_file(), reason=f"no recorded invocations: {_RECORDING} does not exist"
    ),
]

LISTED = {
    step: (reason, frozenset(what.split()))
    for reason, steps in KNOWN.items()
    for step, what in steps.items()
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, figures: list[str]) -> list[Result]:
    folder = tmp_path_factory.mktemp("official")
    with pytest.MonkeyPatch.context() as patch:
        replayed = replay(RECORDINGS, folder, patch)
    others = len(json.loads(_RECORDING.read_text("utf-8"))) - len(replayed)
    same = sum(not result.different for result in replayed)
    processes = sum(result.process for result in replayed)
    deliberate = [r for r in replayed if r.different and r.different == expected(r)]
    figures.append(
        f"6.0.0 invocations: {len(replayed)} of osmo replayed ({processes} of them as processes; "
        f"{others} more are of psql), {same} the same, {len(deliberate)} deliberately different"
    )
    counted = Counter(LISTED[result.step][0] for result in deliberate)
    figures.extend(f"  {counted[reason]:3} {reason}" for reason in KNOWN)
    return replayed


def expected(result: Result) -> frozenset[str]:
    return LISTED.get(result.step, ("", frozenset[str]()))[1]


def test_what_differs_is_listed_and_what_is_listed_differs(results: list[Result]) -> None:
    wrong = [result for result in results if result.different != expected(result)]
    assert not wrong, "\n".join(
        f"{result}\n  listed: {sorted(expected(result))}" for result in wrong
    )


def test_the_docs_give_the_figures(results: list[Result]) -> None:
    page = (ROOT / "docs" / "differences.md").read_text("utf-8")
    different = sum(bool(result.different) for result in results)
    same = len(results) - different
    assert all(f" {figure} " in page for figure in (len(results), same, different))


def test_every_listed_step_exists(results: list[Result]) -> None:
    assert LISTED.keys() <= {result.step for result in results}


def test_every_reason_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "differences.md").read_text("utf-8")
    assert not [reason for reason in KNOWN if f"`{reason}`" not in page]


def test_each_step_is_listed_once() -> None:
    steps = [step for known in KNOWN.values() for step in known]
    assert len(steps) == len(set(steps))
