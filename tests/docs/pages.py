"""README and docs as data: their blocks, and the commands in them with their expected output."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.processes import ROOT

DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *sorted(DOCS.glob("*.md")),
    *sorted((DOCS / "backend").glob("*.md")),
    *sorted((DOCS / "config").glob("*.md")),
]
ANYTHING = "..."
_FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SERVICE = re.compile(r"<!-- tests run: osmo local serve(?P<flags>.*?)-->")


@dataclass(frozen=True)
class Block:
    """A fenced block, and the line of its page on which its text begins."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Example:
    """A command and the lines that a terminal shows after it."""

    command: str
    expected: str
    line: int


@dataclass(frozen=True)
class Page:
    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        return [
            Block(
                match["language"],
                match["text"],
                self.text.count("\n", 0, match.start("text")) + 1,
            )
            for match in _FENCE.finditer(self.text)
        ]

    @cached_property
    def prose(self) -> str:
        """The page without its blocks."""
        return _FENCE.sub("", self.text)

    @cached_property
    def examples(self) -> list[Example]:
        """The commands of all `console` blocks, in order."""
        return [
            example
            for block in self.blocks
            if block.language == "console"
            for example in _examples(block)
        ]

    @cached_property
    def service_flags(self) -> list[str] | None:
        """Flags of the embedded service that the page's commands use over HTTP, or None."""
        match = _SERVICE.search(self.text)
        return match["flags"].split() if match else None


def _examples(block: Block) -> list[Example]:
    """Return each `$ command` with the lines below it; `> ` continues a command."""
    examples: list[Example] = []
    for number, line in enumerate(block.text.splitlines()):
        if line.startswith("$ "):
            examples.append(Example(line[2:], "", block.line + number))
            continue
        assert examples, f"line {block.line + number}: output without a command"
        last = examples.pop()
        if line.startswith("> ") and not last.expected:
            examples.append(Example(f"{last.command}\n{line[2:]}", "", last.line))
        else:
            examples.append(Example(last.command, f"{last.expected}{line}\n", last.line))
    return examples


ALL = [Page(path) for path in PAGES]


def without_volatile(text: str) -> str:
    """Return `text` with the parts replaced that differ from run to run."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "TOKEN", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UID", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", "TIME", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d\b", "YYYY-MM-DD", text)
    text = re.sub(r"\bin \d+ ms\b", "in N ms", text)
    text = re.sub(r"\b(sent|received) [1-9]\d* B\b", r"\1 N B", text)
    return re.sub(r"local-serve-[0-9a-f]{8}", "local-serve-ID", text)


def fits(expected: str, actual: str) -> bool:
    """Whether `actual` is the output that a page shows.

    `...` alone on a line matches any lines, and within a line any characters.
    """
    pattern = ""
    for line in without_volatile(expected).splitlines():
        if line.strip() == ANYTHING:
            pattern += r"(?:.*\n)*?"
        else:
            pattern += re.escape(line).replace(re.escape(ANYTHING), ".*") + r"\n"
    return re.fullmatch(pattern, without_volatile(actual)) is not None
