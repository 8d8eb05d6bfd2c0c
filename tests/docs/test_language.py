"""Help, errors, docs and comments use plain, standard words (CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT

# Phrase, and what to write instead. Only phrases that are always wrong here are listed.
PHRASES = {
    r"\bstands?\b(?! for\b)": "is, exists, appears",
    r"\bstood\b": "was",
    r"\btells\b": "says, shows",
    r"\btell of\b": "log, report",
    r"\b(?-i:(is|are) none)\b": "is not a ..., does not exist",
    r"\bis about\b": "concerns, is for",
    r"\bso already\b": "already up to date",
    r"\bwhat becomes of\b": "what to do with",
    r"\bwhat goes with\b": "also deleted",
    r"\bso many\b": "maximum number",
    r"\bthere too\b": "also",
    r"\bof a form that\b": "in the format",
    r"\ba text\b(?! file)": "a string",
    r"\bno text\b": "not a string",
    r"\bwhole numbers?\b": "integer",
    r"\bspeaks?\b": "uses",
    r"\bways? out\b": "fix",
    r"\bmany a\b": "many",
    r"\bas is done there\b": "(reword)",
    r"\bnot there is no error\b": "succeeds if it does not exist",
    r"\bin a way that it should not\b": "internal error",
    r"\bno encoded name\b": "invalid percent-encoding",
    r"\bis called that\b": "unknown",
    r"\bno service is asked\b": "service version unknown",
    r"\bwhat an agent logs in with\b": "a service token",
    r"\bfirst of these that there\b": "the first that applies",
    r"\bat the most\b": "at most",
    r"\bbegins so\b": "starts with this prefix",
    r"\bshall\b": "must, will",
    r"\bin silence\b": "silently",
    r"\bto be had\b": "available",
    r"\blately\b": "recently",
    r"\bthe other way round\b": "vice versa",
    r"\bkeeps? no\b": "has no",
    r"\bknows? nothing of\b": "does not know",
}
WRONG = re.compile("|".join(f"(?:{phrase})" for phrase in PHRASES), re.IGNORECASE)
# Names that say nothing about what they hold.
EMPTY_NAMES = {"found", "one", "thing", "told"}
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)
SOURCES = [
    path
    for folder in ("osmo_cli", "tests", "benchmarks", "docs", ".ci")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
TEXTS = [
    *sorted((ROOT / "osmo_cli").rglob("*.py")),
    *sorted((ROOT / "osmo_cli").rglob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "docs").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("*.sh")),
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
]


@pytest.mark.sample(150)
@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_text_is_plain(path: Path) -> None:
    text = path.read_text("utf-8")
    wrong = [
        f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match[0]!r}"
        for match in WRONG.finditer(text)
    ]
    assert not wrong, "\n".join(wrong)


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that a module gives, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, NAMED) and node.name:
            yield node.name, node.lineno


def test_names_say_what_they_hold() -> None:
    empty = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in SOURCES
        for name, line in names(ast.parse(path.read_text("utf-8")))
        if name in EMPTY_NAMES
    ]
    assert not empty, "\n".join(empty)
