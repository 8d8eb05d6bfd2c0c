"""Every option that takes a duration refuses what is none, and what never ends.

A new one without a row in `OPTIONS` fails here.
"""

from __future__ import annotations

import pytest

from tests.support.command_tree import commands
from tests.support.processes import Shell

OPTIONS: dict[tuple[str, str], str] = {
    ("backend register", "--wait"): "gpu-c --out out --image-tag 6.2.10",
    ("backend wait", "--timeout"): "gpu-a",
    ("token list", "--expiring-within"): "",
}
"""The other arguments, by command and option."""
METAVARS = ("DURATION", "SECONDS")
ENDLESS = ["inf", "nan", "-1", "1e300", "-5s", "1e3s", "٣s", "9" * 5000 + "x", ""]


def test_every_duration_has_a_row() -> None:
    taken = {
        (words, parameter.opts[0])
        for words, command in commands()
        for parameter in command.params
        if parameter.metavar in METAVARS
    }
    assert taken == set(OPTIONS)


@pytest.mark.parametrize("text", ENDLESS, ids=lambda text: text[:8])
@pytest.mark.parametrize("row", OPTIONS, ids=" ".join)
def test_what_is_no_duration(row: tuple[str, str], text: str, admin: Shell) -> None:
    words, option = row
    done = admin.osmo(*words.split(), *OPTIONS[row].split(), f"{option}={text}")
    assert (done.code, done.out) == (2, "")
    assert option in done.err
    assert not (admin.home / "out").exists()


@pytest.mark.parametrize("text", [*ENDLESS, "0", "0.05", "86401", "5s"], ids=lambda text: text[:8])
def test_what_is_no_time_limit_of_a_request(text: str, admin: Shell) -> None:
    for words in (["config", "show", "BACKEND"], ["token", "list"], ["help"]):
        for arguments in ([f"--timeout={text}", *words], [*words, "--timeout", text]):
            done = admin.osmo(*arguments)
            assert (done.code, done.out) == (2, ""), arguments
            assert "--timeout" in done.err


def test_waiting_without_time_looks_once(admin: Shell) -> None:
    assert admin.osmo("backend", "wait", "gpu-a", "--timeout", "0s").code == 0
    done = admin.osmo("backend", "wait", "gpu-b", "--timeout", "0s")
    assert done.code == 10
    assert "gpu-b is not online" in done.err
