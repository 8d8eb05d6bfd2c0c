"""Every command in README and docs runs, and prints what its page shows.

The commands of a page run in order in one shell with its own home directory. A page can ask for a
service (`<!-- tests run: osmo local serve ... -->`), which its example address then reaches.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.pages import ALL, Page, fits
from tests.support.processes import LIMIT_SECONDS, OSMO, ROOT, Shell

EXAMPLE_ADDRESSES = ("https://osmo.example.com", "http://127.0.0.1:8470")
MARK = "\x1e"
# The mark keeps the last command's status, so that a page can show `echo $?`.
MARKER = "mark() { local status=$?; printf '\\036'; return $status; }\n"
PAGES_WITH_COMMANDS = [page for page in ALL if page.examples]


@contextmanager
def serving(page: Page, shell: Shell) -> Iterator[str | None]:
    """Run the page's service in the directory of its commands; yield its address, or None."""
    if page.service_flags is None:
        yield None
        return
    process = subprocess.Popen(
        [OSMO, "local", "serve", "--port", "0", *page.service_flags],
        env=shell.env,
        cwd=shell.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        yield url
    finally:
        process.terminate()
        process.wait(LIMIT_SECONDS)
        process.stdout.close()


def outputs(commands: list[str], shell: Shell) -> list[str]:
    """Return the output of each command, stdout and stderr interleaved."""
    script = MARKER + "".join(f"mark\n{command}\n" for command in commands)
    done = subprocess.run(
        ["bash", "-c", script],
        env=shell.env,
        cwd=shell.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT_SECONDS * 3,
        text=True,
    )
    return done.stdout.split(MARK)[1:]


def one_width(text: str) -> str:
    """Return `text` without the widths of tables, which depend on the address."""
    lines = [re.sub(r"^=+$", "====", line) for line in text.splitlines()]
    return "".join(re.sub(r"(?<=\S) {3,}(?=\S)", "   ", line) + "\n" for line in lines)


@pytest.mark.sample(1)
@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=str)
def test_the_commands_of_a_page_print_what_it_says(page: Page, tmp_path: Path) -> None:
    shell = Shell.at(tmp_path / "home")
    with serving(page, shell) as url:
        used = [address for address in EXAMPLE_ADDRESSES if address in page.text]
        example_address = used[0] if url else ""
        commands = [
            example.command.replace(example_address, url) if url else example.command
            for example in page.examples
        ]
        printed = outputs(commands, shell)
    if url:
        printed = [text.replace(url, example_address) for text in printed]
    assert len(printed) == len(page.examples)
    wrong = [
        f"{page}:{example.line}: $ {example.command}\n--- the page:\n{example.expected}"
        f"--- the program:\n{actual}"
        for example, actual in zip(page.examples, printed, strict=True)
        if not fits(one_width(example.expected), one_width(actual))
    ]
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=str)
def test_a_page_with_an_address_says_what_runs_there(page: Page) -> None:
    commands = "\n".join(example.command for example in page.examples)
    named = [address for address in EXAMPLE_ADDRESSES if address in commands]
    assert len(named) == (page.service_flags is not None)


@pytest.mark.thorough
def test_the_picture_shows_what_the_program_prints_now() -> None:
    folder = ROOT / "docs" / "images"
    spec = importlib.util.spec_from_file_location("make_pictures", folder / "make_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def texts(svg: str) -> list[str]:
        return re.findall(r">([^<\n]+)</text>", svg)

    kept = (folder / "tour.svg").read_text("utf-8")
    assert len(texts(kept)) > 20
    assert texts(module.picture()) == texts(kept), "run `make pictures`"
    assert not re.search(r"/(home|root|tmp)\b", kept)
