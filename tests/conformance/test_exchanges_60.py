"""The embedded service's answers against those recorded from OSMO 6.0.0."""

from __future__ import annotations

import json

import pytest

from tests.conformance.differences_60 import KNOWN
from tests.conformance.replay import RECORDINGS, Result, replay

_RECORDING = "exchanges-6.0.0.json"

pytestmark = pytest.mark.skipif(
    not (RECORDINGS / _RECORDING).is_file(),
    reason=f"no recorded exchanges: {RECORDINGS / _RECORDING} does not exist",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, figures: list[str]) -> list[Result]:
    found = replay(_RECORDING, "6.0", tmp_path_factory.mktemp("replay"))
    same = sum(result.same for result in found)
    figures.append(
        f"6.0.0 exchanges: {len(found)} replayed, {same} same, {len(KNOWN)} listed as different"
    )
    return found


def _text(result: Result) -> str:
    recorded, answered = json.dumps(result.recorded), json.dumps(result.answered)
    first = next(
        (i for i, pair in enumerate(zip(recorded, answered, strict=False)) if pair[0] != pair[1]),
        min(len(recorded), len(answered)),
    )
    start = max(0, first - 80)
    return (
        f"{result.index} {result.step}: {result.request}\n"
        f"  recorded: ...{recorded[start : first + 160]}\n"
        f"  answered: ...{answered[start : first + 160]}"
    )


def test_answers_are_the_recorded_ones(results: list[Result]) -> None:
    different = [r for r in results if not r.same and r.index not in KNOWN]
    assert not different, "\n" + "\n".join(_text(result) for result in different)


def test_every_listed_difference_is_one(results: list[Result]) -> None:
    differing = {result.index for result in results if not result.same}
    assert set(KNOWN) <= differing, f"no longer different: {sorted(set(KNOWN) - differing)}"


def test_nothing_is_left_out_silently(results: list[Result]) -> None:
    assert len(results) == 443
