"""The embedded service's answers against those recorded from real services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.conformance.differences import KNOWN
from tests.conformance.replay import RECORDINGS_BY_VERSION, Recording, Result, replay

LEAST_SAME = 0.99
"""Share of the answers that must be the recorded ones."""


@dataclass(frozen=True)
class Replayed:
    """A recording's exchanges, replayed, and which of them may differ."""

    recording: Recording
    results: list[Result]

    @property
    def known(self) -> Mapping[int, str]:
        return KNOWN.get(self.recording.version, {})


@pytest.fixture(
    scope="module",
    params=RECORDINGS_BY_VERSION.values(),
    ids=lambda recording: recording.version,
)
def replayed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, figures: list[str]
) -> Replayed:
    recording: Recording = request.param
    if not recording.path.is_file():
        pytest.skip(f"no recorded exchanges: {recording.path} does not exist")
    done = Replayed(recording, replay(recording, tmp_path_factory.mktemp("replay")))
    same = sum(result.same for result in done.results)
    figures.append(
        f"{recording.version} exchanges: {len(done.results)} replayed, {same} same, "
        f"{len(done.known)} listed as different"
    )
    return done


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


@pytest.mark.sample(2)
def test_answers_are_the_recorded_ones(replayed: Replayed) -> None:
    different = [r for r in replayed.results if not r.same and r.index not in replayed.known]
    assert not different, "\n" + "\n".join(_text(result) for result in different)


@pytest.mark.sample(2)
def test_every_listed_difference_is_one(replayed: Replayed) -> None:
    differing = {result.index for result in replayed.results if not result.same}
    known = set(replayed.known)
    assert known <= differing, f"no longer different: {sorted(known - differing)}"


def test_nearly_all_answers_are_the_recorded_ones(replayed: Replayed) -> None:
    assert len(replayed.results) == len(replayed.recording.read()) > 0
    same = sum(result.same for result in replayed.results)
    assert same >= LEAST_SAME * len(replayed.results)
