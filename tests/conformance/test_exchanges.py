"""The embedded service's answers against those recorded from real services."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from tests.conformance import differences_60, differences_62
from tests.conformance.replay import V6_0, V6_2, Recording, Result, replay

_DIFFERENCES = {V6_0.version: differences_60.KNOWN, V6_2.version: differences_62.KNOWN}


@dataclass(frozen=True)
class Replayed:
    """A recording's exchanges, replayed, and which of them may differ."""

    results: list[Result]
    known: dict[int, str]


@pytest.fixture(scope="module", params=[V6_0, V6_2], ids=lambda recording: recording.version)
def replayed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, figures: list[str]
) -> Replayed:
    recording: Recording = request.param
    if not recording.path.is_file():
        pytest.skip(f"no recorded exchanges: {recording.path} does not exist")
    found = replay(recording, tmp_path_factory.mktemp("replay"))
    known = _DIFFERENCES[recording.version]
    same = sum(result.same for result in found)
    figures.append(
        f"{recording.version} exchanges: {len(found)} replayed, {same} same, "
        f"{len(known)} listed as different"
    )
    return Replayed(found, known)


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


def test_answers_are_the_recorded_ones(replayed: Replayed) -> None:
    different = [r for r in replayed.results if not r.same and r.index not in replayed.known]
    assert not different, "\n" + "\n".join(_text(result) for result in different)


def test_every_listed_difference_is_one(replayed: Replayed) -> None:
    differing = {result.index for result in replayed.results if not result.same}
    known = set(replayed.known)
    assert known <= differing, f"no longer different: {sorted(known - differing)}"


def test_nothing_is_left_out_silently(replayed: Replayed) -> None:
    assert len(replayed.results) == 443
