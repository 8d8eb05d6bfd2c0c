"""Plans and drift as comments: bounded, and with text of services and files in code blocks only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from osmo_cli.config.changes.drift import Deviation, Drift, FieldDrift, ObjectDrift, Origin
from osmo_cli.config.changes.merge import Difference
from osmo_cli.config.changes.plan import Action, Plan, PlannedChange
from osmo_cli.config.problems import Problem
from osmo_cli.config.reading.layout import ConfigRef
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.output.drifts import drift_markdown
from osmo_cli.output.plan_markdown import plan_markdown

COMMENT = 65_536
"""Characters that GitHub takes in a comment."""
POOL = CONFIG_TYPES["POOL"]
OUTSIDE = re.compile(
    r"((Plan|Drift|Nothing to do|No drift): [^@<>`]*|Warnings:|Digest: |No revisions: .*"
    r"|[0-9]+ more (changes|objects) do not fit here; |<details><summary>\w+ [A-Za-z ]+</summary>"
    r"|</details>| shows all\.|\n)*"
)


def plan_of(name: str, before: Any, after: Any, number: int, warnings: int = 0) -> str:
    change = PlannedChange(
        Action.UPDATE,
        ConfigRef(POOL, name),
        before,
        after,
        (Difference((name,), before, after),),
        f"configs/{name}.json",
    )
    problems = tuple(Problem(name, f"{name}.json", severity="warning") for _ in range(warnings))
    plan = Plan("https://osmo", "6.3", ("configs",), (change,) * number, {}, {}, 0, problems, "d")
    return plan_markdown(plan)


def drift_of(name: str, before: Any, after: Any, number: int, warnings: int = 0) -> str:
    origin = Origin(3, name, "2026-01-01T00:00:00", name)
    item = ObjectDrift(
        Deviation.CHANGED,
        ConfigRef(POOL, name),
        f"configs/{name}.json",
        (FieldDrift((name,), before, after, origin),),
    )
    problems = tuple(Problem(name, f"{name}.json", severity="warning") for _ in range(warnings))
    return drift_markdown(
        Drift("https://osmo", "6.3", ("configs",), (item,) * number, 0, True, problems)
    )


RENDERERS = [plan_of, drift_of]
Render = Callable[..., str]


def outside(text: str) -> str:
    """Everything that a Markdown parser does not read as the content of a code block."""
    shown = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type in ("inline", "html_block"):
            inner = token.children or [token]
            shown += [part.content for part in inner if part.type != "code_inline"]
        elif token.type not in ("fence", "code_block"):
            assert not token.content
        assert token.type != "code_block", "what is indented would not be fenced"
    return "\n".join(shown) + "\n"


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1, 2),
        ("x" * 100_000, "y"),
        ([f"line {n}" for n in range(20)], []),
        ({str(n): n for n in range(5000)}, "`" * 30_000),
        ("\U0001f600" * 5000, "a\n" * 5000),
    ],
    ids=["short", "long line", "folded", "many lines", "wide"],
)
@pytest.mark.parametrize("number", [1, 1000])
def test_a_comment_has_room_for_it_and_what_is_cut_is_said(
    render: Render, before: Any, after: Any, number: int
) -> None:
    text = render("n" * 50, before, after, number, warnings=number)
    assert len(text) < COMMENT - 4000
    shown = len(re.findall("^[~+-] .*POOL n", text, re.MULTILINE))
    assert shown
    if shown < number:
        assert f"\n{number - shown} more " in text
    if len(str(before)) > 50_000:
        assert "more characters)" in text or "more lines)" in text
    assert OUTSIDE.fullmatch(outside(text)), outside(text)


@pytest.mark.parametrize("render", RENDERERS)
def test_a_thousand_short_changes_are_mostly_shown(render: Render) -> None:
    text = render("pool", 1, 2, 1000)
    assert len(re.findall("^~ ", text, re.MULTILINE)) > 200


PIECES = st.sampled_from(
    ["```", "~~~", "`", "\n", "\r", "</details>", "@everyone ", "<script>", "#1", "\u2028", "    "]
)
EVIL = st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join)


@pytest.mark.sample(1)
@pytest.mark.parametrize("render", RENDERERS)
@settings(max_examples=40, deadline=None)
@example(name="\n```\n</details>@everyone", before="", after="x")
@given(name=EVIL, before=EVIL, after=EVIL | st.lists(EVIL, min_size=15, max_size=15))
def test_text_of_a_service_stays_in_code_blocks(
    render: Render, name: str, before: str, after: Any
) -> None:
    text = outside(render(name, before, after, 2, warnings=1))
    assert OUTSIDE.fullmatch(text), text
