"""What was recorded of 6.2.10, asked of the embedded service in later dialects.

There is no recording of those, but api.md (section 11) says what they refuse that 6.2 took:
nothing else may end otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from tests.conformance.replay import V6_2, Result, replay

LATER = [dialect for dialect in DIALECTS.values() if dialect.pydantic == 2]
ENDS_OTHERWISE = {
    76: "a number is no text",
    119: "an unknown field is refused in developer mode too",
    403: "a fraction is no whole number",
    433: "what is no version is refused in cli_config",
    434: "so that the client with a version is not locked out",
}
"""By position in the recording."""
BUCKET_DELETED = 376
"""Fails behind the deletion where there are buckets and another has a credential (api.md 4)."""
_SHIFTED = "No config history entry found"


def is_consequence(result: Result, dialect: Dialect) -> bool:
    """Whether a request ends otherwise since one before it did, or since its type is gone."""
    _, _, body = result.answered
    if isinstance(body, dict) and str(body.get("message")).startswith(_SHIFTED):
        return True  # a refused write leaves no revision: the numbers behind it are others
    if "DATASET" in dialect.config_types:
        return False
    return "/dataset" in result.request or "rollback" in result.request


@dataclass(frozen=True)
class Replayed:
    dialect: Dialect
    results: list[Result]


@pytest.fixture(scope="module", params=LATER, ids=lambda dialect: dialect.name)
def replayed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    if not V6_2.path.is_file():
        pytest.skip(f"no recorded exchanges: {V6_2.path} does not exist")
    recording = replace(V6_2, dialect=request.param.name)
    return Replayed(request.param, replay(recording, tmp_path_factory.mktemp("replay")))


def test_only_what_api_md_names_ends_otherwise(replayed: Replayed) -> None:
    dialect = replayed.dialect
    assert len(replayed.results) == 443
    otherwise = {
        result.index: result.request
        for result in replayed.results
        if result.recorded[0] != result.answered[0] and not is_consequence(result, dialect)
    }
    expected = {*ENDS_OTHERWISE, *([BUCKET_DELETED] if "DATASET" in dialect.config_types else [])}
    assert otherwise.keys() == expected, otherwise


def test_no_answer_is_worded_by_the_older_generation(replayed: Replayed) -> None:
    entries = [
        entry
        for result in replayed.results
        if result.answered[0] == 422
        for entry in result.answered[2]["detail"]
    ]
    assert len(entries) > 10
    assert all({"type", "loc", "msg", "input"} <= entry.keys() for entry in entries)
    assert not [entry for entry in entries if entry["type"].startswith(("value_error.", "type_"))]
