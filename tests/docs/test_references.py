"""README and docs name every command, flag and variable that exists, and no other."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from osmo_cli.commands.root import app
from osmo_cli.config.changes.exported import VARIABLE_PREFIX
from osmo_cli.errors import ExitCode
from tests.docs.pages import ALL, Page
from tests.support.processes import ROOT

DOCS = "\n".join(page.text for page in ALL)
# OSMO_ERROR is an error code of the service (docs/service/versions.md#client-version-header).
VARIABLE = re.compile(r"\bOSMO_(?!ERROR\b)[A-Z][A-Z_]*")
# Shell completion is Typer's own; --help explains itself.
NOT_OURS = {"--help", "--install-completion", "--show-completion"}
LONGEST_PAGE = 150
WORDS_OF_A_SHELL = {"|", "&&", "||", ";", ">", "&"}


def commands(node: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command and group with its words."""
    yield words, node
    for name in node.list_commands(None) if hasattr(node, "list_commands") else ():
        yield from commands(node.get_command(None, name), (*words, name))


TREE = dict(commands(typer.main.get_command(app)))
GLOBAL = {flag for parameter in TREE[()].params for flag in parameter.opts}


def flags(node: Any) -> set[str]:
    return {
        flag
        for parameter in node.params
        for flag in (*parameter.opts, *parameter.secondary_opts)
        if flag.startswith("-")
    }


def invocations(page: Page) -> Iterator[tuple[int, list[str]]]:
    """Yield the words after each `osmo` in the page's blocks and inline code."""
    texts = [(example.line, example.command) for example in page.examples]
    for block in page.blocks:
        if block.language == "sh":
            joined = block.text.replace("\\\n", " ")
            texts += [(block.line, line) for line in joined.splitlines()]
    texts += [
        (page.text.count("\n", 0, match.start()) + 1, match[1])
        for match in re.finditer(r"(?<!`)`(osmo [^`]+)`(?!`)", page.text)
    ]
    for line, text in texts:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
        lexer.commenters = "#"
        lexer.wordchars += ":/[]{}$=*,@%^+"
        words = list(lexer)
        for at, word in enumerate(words):
            if word == "osmo" and (at == 0 or words[at - 1] in WORDS_OF_A_SHELL | {"(", "$("}):
                end = next(
                    (i for i in range(at, len(words)) if words[i] in WORDS_OF_A_SHELL | {")"}),
                    len(words),
                )
                yield line, words[at + 1 : end]


def fault(words: list[str]) -> str | None:
    """Return the first unknown command or flag of a command line, or None."""
    path: tuple[str, ...] = ()
    takes_value = False
    for word in words:
        if takes_value:
            takes_value = False
        elif word.startswith("-") and path == ():
            if word.split("=")[0] not in flags(TREE[()]):
                return f"no flag {word}"
            takes_value = word in ("--profile", "--timeout")
        elif (*path, word) in TREE:
            path = (*path, word)
        else:
            break
    if hasattr(TREE[path], "list_commands") and len(words) > len(path):
        rest = [word for word in words[len(path) :] if not word.startswith("-")]
        if rest and path != ():
            return f"no command {' '.join((*path, rest[0]))}"
        if path == () and rest and not takes_value and rest[0][:1].islower():
            return f"no command {rest[0]}"
    known = flags(TREE[path]) | flags(TREE[()])
    given = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    return f"no flag {sorted(given - known)} of {' '.join(path)}" if given - known else None


@pytest.mark.parametrize("page", ALL, ids=str)
def test_the_commands_and_flags_that_a_page_names_exist(page: Page) -> None:
    lines = list(invocations(page))
    wrong = [
        f"{page}:{line}: osmo {' '.join(words)}: {fault(words)}"
        for line, words in lines
        if fault(words)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_check_of_command_lines_sees_what_is_wrong() -> None:
    assert fault(["config", "show", "BACKEND"]) is None
    assert fault(["--profile", "prod", "token", "list", "-t", "json"]) is None
    assert fault(["config", "histories"]) == "no command config histories"
    assert fault(["token", "list", "--frob"]) is not None
    assert fault(["frobnicate"]) is not None


@pytest.mark.parametrize("words", [words for words in TREE if words], ids=" ".join)
def test_every_command_and_each_of_its_flags_is_in_the_docs(words: tuple[str, ...]) -> None:
    assert f"osmo {' '.join(words)}" in DOCS
    pages = [page.text for page in ALL if f"osmo {' '.join(words)}" in page.text]
    long = {flag for flag in flags(TREE[words]) if flag.startswith("--")} - NOT_OURS
    assert not [flag for flag in long if not any(flag in text for text in pages)]


def test_every_global_flag_is_in_the_docs() -> None:
    assert not [flag for flag in GLOBAL - NOT_OURS - {"-h"} if flag not in DOCS]


def anchors(page: Page) -> set[str]:
    """Return the anchors of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", page.text, flags=re.DOTALL), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", ALL, ids=str)
def test_every_link_leads_somewhere(page: Page) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.prose):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        path = (page.path.parent / name).resolve() if name else page.path
        assert path.exists(), target
        assert path.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(Page(path)), target


def linked_pages(page: Path) -> Iterator[Path]:
    for target in re.findall(r"\]\(([^)\s#]+\.md)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if not target.startswith("https://"):
            yield (page.parent / target).resolve()


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    to_read = [ROOT / "README.md"]
    while to_read:
        page = to_read.pop()
        if page not in reached:
            reached.add(page)
            to_read += linked_pages(page)
    assert set((ROOT / "docs").rglob("*.md")) - reached == set()


@pytest.mark.parametrize("page", ALL, ids=str)
def test_a_page_is_no_longer_than_three_screens(page: Page) -> None:
    if page.path.name != "CHANGELOG.md":
        assert len(page.text.splitlines()) <= LONGEST_PAGE


def test_the_table_of_exit_codes_is_the_programs() -> None:
    text = (ROOT / "docs" / "exit-codes.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \|", text, re.MULTILINE)
    assert {int(number): name for number, name in rows} == {code: code.name for code in ExitCode}


def test_the_docs_name_each_variable_that_the_program_reads_and_no_other() -> None:
    read: set[str] = set()
    for file in (ROOT / "osmo_cli").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                read |= {node.value} if VARIABLE.fullmatch(node.value) else set()
    assert len(read) >= 5
    # A user's own variables, which exported files refer to.
    read.discard(VARIABLE_PREFIX)
    named = {name for name in VARIABLE.findall(DOCS) if not name.startswith(VARIABLE_PREFIX)}
    assert named == read


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_files_that_a_page_names_exist(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    paths = re.findall(r"`((?:osmo_cli|tests|docs|benchmarks|\.ci)/[\w./-]*)", text)
    placeholders = ("TYPE", "NOUN", "VERB", "PAGE")
    fixed = [path for path in paths if not any(word in path for word in placeholders)]
    assert len(fixed) >= 2
    assert [path for path in fixed if not (ROOT / path).exists()] == []
