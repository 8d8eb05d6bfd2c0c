"""Help topics say what the docs and the program say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.processes import ROOT

TOPICS = ROOT / "osmo_cli" / "output" / "topics"
TYPES = (TOPICS / "config-types.md").read_text("utf-8")


def body(page: Path) -> str:
    """A page without its title."""
    return page.read_text("utf-8").partition("\n")[2].strip()


@pytest.mark.parametrize("topic", ["environment", "exit-codes"])
def test_a_page_has_the_text_of_its_topic(topic: str) -> None:
    assert body(TOPICS / f"{topic}.md") in (ROOT / "docs" / f"{topic}.md").read_text("utf-8")


def test_each_config_type_is_listed_with_its_updates() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| .* \| ([a-z, ]+) \|$", TYPES, re.MULTILINE))
    assert rows == {
        config_type.name: ", ".join(
            word
            for word, verb in (("whole", config_type.whole), ("items", config_type.named))
            if verb is not None
        )
        for config_type in CONFIG_TYPES.values()
    }


@pytest.mark.parametrize("name", CONFIG_TYPES)
def test_a_type_that_some_versions_lack_names_its_versions(name: str) -> None:
    having = [dialect for dialect in DIALECTS.values() if name in dialect.config_types]
    row = next(line for line in TYPES.splitlines() if line.startswith(f"| `{name}` |"))
    if len(having) < len(DIALECTS):
        assert re.search(rf"(To {having[-1].name}|{having[0].name} and later)\.", row)
