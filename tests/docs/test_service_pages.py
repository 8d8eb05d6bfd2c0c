"""The code cites pages of docs/service; each cited page and heading exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT

PAGES = sorted((ROOT / "docs" / "service").glob("*.md"))
CITING = [*sorted((ROOT / "osmo_cli").rglob("*.py")), *sorted((ROOT / "tests").rglob("*.py"))]
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
# A citation may be wrapped behind its page, but not inside a word.
_CITATION = re.compile(r"docs/service/([\w.-]+\.md)(?:#([\w-]+))?")
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {anchor(heading) for heading in _HEADING.findall(_FENCE.sub("", page.read_text()))}


def citations(source: Path) -> Iterator[tuple[str, str | None]]:
    for page, heading in _CITATION.findall(source.read_text("utf-8")):
        yield page, heading or None


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("login.yaml", "loginyaml"),
        ("`external_roles`", "external_roles"),
        ("`$action` and `$index`", "action-and-index"),
        ("The Ready rule", "the-ready-rule"),
        ("See [PATCH](merge.md)", "see-patch"),
    ],
)
def test_anchor(heading: str, expected: str) -> None:
    assert anchor(heading) == expected


def test_cited_headings_exist() -> None:
    known = {page.name: anchors(page) for page in PAGES}
    missing = [
        f"{source.relative_to(ROOT)}: docs/service/{page}#{heading or ''}"
        for source in CITING
        for page, heading in citations(source)
        if page not in known or (heading is not None and heading not in known[page])
    ]
    assert missing == []


def test_only_pages_of_the_repository_are_cited() -> None:
    elsewhere = re.compile(r"\b(api|helm)\.md\b")
    sources = [source for source in CITING if source != Path(__file__)]
    assert [str(source) for source in sources if elsewhere.search(source.read_text("utf-8"))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_headings_are_unique(page: Path) -> None:
    headings = _HEADING.findall(_FENCE.sub("", page.read_text()))
    assert len({anchor(heading) for heading in headings}) == len(headings)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, heading in _LINK.findall(_CODE.sub("", page.read_text())):
        linked = page.parent / target if target else page
        assert linked.exists(), f"{target} does not exist"
        assert not heading or heading in anchors(linked), f"no heading {target}#{heading}"


def test_every_page_is_listed() -> None:
    index = (ROOT / "docs" / "service" / "README.md").read_text()
    assert [page.name for page in PAGES if f"({page.name})" not in index] == ["README.md"]
