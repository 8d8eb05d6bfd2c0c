"""Every command with variables that other tools, images and people set.

Each works as without the variable, or ends with one error that names the variable. A row is a
variable with a value, in one of three worlds: a login to a service on a loopback port, a service
elsewhere that the environment names, the embedded service. Only some pairs of row and command run
by default, others on other days; `make faults` (or OSMO_FAULTS=all) runs all, and
OSMO_FAULTS_COMMANDS="config show,token list" those of these commands.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from osmo_cli.errors import ExitCode
from tests.support import sampling
from tests.support.every_command import COMMANDS, make_database, new_shell
from tests.support.faulty import answering, json_reply
from tests.support.fronted import Fronted, fronted
from tests.support.loopback import Server
from tests.support.processes import Result, Shell

ALL = os.environ.get("OSMO_FAULTS") == "all"
SAMPLE = sampling.examples(30)
SECRET = "s3cr3t-of-a-proxy"
HUGE = "x" * 100_000
ELSEWHERE = "https://osmo.example.invalid"
JWT = "e30.e30.e30"
OFFLINE = {
    *("config schema", "config validate", "help", "logout", "login"),
    *("local add-backend", "local reset", "local serve"),
    *("token get", "whoami"),
}
"""Commands that ask no service with the arguments in `COMMANDS`; the login is to `local`."""

World = Literal["loopback", "elsewhere", "embedded"]
Ending = Literal["works", "named", "either", "other data"]


@dataclass(frozen=True)
class Row:
    """A variable with a value, and how commands end with it.

    Attributes:
        variables: what is set; None removes one.
        world: see above.
        ending: `works` as without the variable, `named` in an error of every command that asks a
            service, or `either`; `other data` is found there, so that the command may fail for it.
        is_process: it has effect only when Python starts.
    """

    variables: dict[str, str | None]
    world: World = "loopback"
    ending: Ending = "works"
    is_process: bool = False

    def __str__(self) -> str:
        shown = [
            f"{name}={value if value is None else value[:40]}"
            for name, value in self.variables.items()
        ]
        return f"{self.world} {' '.join(shown)}"

    @property
    def name(self) -> str:
        return next(iter(self.variables))


def each(
    names: str, values: list[str], world: World = "loopback", ending: Ending = "works"
) -> list[Row]:
    return [Row({name: value}, world, ending) for name in names.split() for value in values]


UNUSABLE_PROXIES = [
    "socks5h://127.0.0.1:1",
    "ftp://127.0.0.1:1",
    f"ftp://user:{SECRET}@127.0.0.1:1",
    f"http://user:{SECRET}",
    "http://[::1",
    "http://pro xy:1",
    "proxy:99999",
    "http://",
    f"http://{HUGE}:0",
]
NO_FILES = ["/nonexistent.pem", "/etc/hostname", "/", os.devnull, "relative.pem", HUGE]
NO_FOLDERS = [
    "",
    "relative/folder",
    "/proc/nonexistent/folder",
    "/dev/null/folder",
    "/proc",
    "~/x",
    HUGE,
]
WIDTHS = ["", "0", "-1", "abc", "1", "99999999999999999999", "1e3", "٣"]
WORDS = ["", "dumb", "nonsense", HUGE]

ROWS: list[Row] = [
    *each(
        "NO_PROXY no_proxy",
        [
            *("", "*", "::1/128", "fd07:b51a:cc66:f0::/64", "[::1]:80", ".svc,.local", " , ;; ,"),
            *("%00//:@", "10.0.0.0/8 , localhost", "127.0.0.1:0", "ü.example", "x," * 40_000),
        ],
    ),
    *each("HTTP_PROXY http_proxy HTTPS_PROXY ALL_PROXY all_proxy", [*UNUSABLE_PROXIES, "PROXY"]),
    *each("HTTPS_PROXY https_proxy ALL_PROXY all_proxy", UNUSABLE_PROXIES, "elsewhere", "named"),
    *each("HTTPS_PROXY", [f"http://user:{SECRET}@127.0.0.1:1"], "elsewhere", "named"),
    *each("SSL_CERT_FILE SSL_CERT_DIR", NO_FILES),
    *each("SSL_CERT_FILE OSMO_CA_FILE", NO_FILES, "elsewhere", "named"),
    *each("SSL_CERT_DIR", ["/nonexistent", "/etc/hostname", HUGE], "elsewhere", "named"),
    *each("OSMO_CA_FILE", NO_FILES, "loopback", "either"),
    *each("OSMO_CA_FILE SSL_CERT_FILE SSL_CERT_DIR OSMO_ALLOW_HTTP OSMO_PROFILE", [""]),
    *each("OSMO_ALLOW_HTTP", ["0", "1", "true", HUGE]),
    *each("OSMO_PROFILE", ["missing", "../../etc", "a b", "ü", HUGE], "loopback", "named"),
    *each("OSMO_URL", ["", " "], "loopback", "either"),
    *each(
        "OSMO_URL",
        [
            *(
                "osmo.example.com",
                "http://osmo.example.invalid",
                "ftp://a",
                "https://",
                "https://[::1",
            ),
            *(f"https://u:{SECRET}@a.example", "https://a.example/path", "\x1b[31m", "LOCAL", HUGE),
        ],
        "loopback",
        "named",
    ),
    *each("OSMO_TOKEN", ["", " ", "a b", "a\nb", "ü", '"quoted token"'], "elsewhere", "named"),
    *each("OSMO_TOKEN", [JWT], "loopback", "named"),  # without OSMO_URL
    *each("OSMO_CONFIG_FILE_DIR", [""]),
    *each("OSMO_LOCAL_DB", ["/", "/etc/hostname", "/dev/null/x", HUGE], "embedded", "named"),
    *each("OSMO_LOCAL_DB", ["", "relative.db"], "embedded", "other data"),
    *each("OSMO_LOCAL_CONFIGMAP", ["/", "/nonexistent", HUGE], "embedded", "named"),
    *each("OSMO_LOCAL_DB OSMO_LOCAL_CONFIGMAP", ["/", "/proc/nonexistent", HUGE]),
    *each("NGC_API_KEY", ["", "a b", "a\nb", "ü", HUGE], "loopback", "either"),
    *each("HOME", ["/proc/nonexistent", *NO_FOLDERS], "elsewhere"),
    Row({"HOME": None}, "elsewhere"),
    *each("XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME XDG_DATA_HOME", NO_FOLDERS, "elsewhere"),
    *each("XDG_STATE_HOME XDG_CACHE_HOME XDG_DATA_HOME", NO_FOLDERS, "loopback", "either"),
    *each("COLUMNS LINES", WIDTHS),
    *each("NO_COLOR CLICOLOR CLICOLOR_FORCE COLORTERM PAGER EDITOR VISUAL BROWSER", WORDS),
    *each("TZ", ["", "Nonsense/Zone", "UTC+99", ":/etc/passwd", "../../etc/passwd", HUGE]),
    *each("TMPDIR TMP", NO_FOLDERS),
    *each("KUBECONFIG DOCKER_CONFIG HELM_CONFIG_HOME NETRC REQUEST_METHOD CI", WORDS),
    *(
        Row(row.variables, is_process=True)
        for row in [
            *each("TERM LANG LC_ALL LC_CTYPE", WORDS[:3]),
            *each("FORCE_COLOR PY_COLORS GITHUB_ACTIONS", ["", "1", "nonsense"]),
            *each("PYTHONUTF8", ["0", "1"]),
            *each("PYTHONIOENCODING", ["ascii", "latin-1", "utf-8:strict"]),
            *each("PYTHONOPTIMIZE", ["1", "2"]),
            *each("PYTHONDEVMODE PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE PYTHONNOUSERSITE", ["1"]),
            *each(
                "PYTHONPATH PYTHONPYCACHEPREFIX PYTHONSTARTUP PYTHONUSERBASE", ["/proc/nonexistent"]
            ),
            *each("PYTHON_KEYRING_BACKEND", ["", "nonsense", "keyring.backends.null.Keyring"]),
            *each("DBUS_SESSION_BUS_ADDRESS", ["", "nonsense", "unix:path=/nonexistent"]),
        ]
    ),
]


def pairs() -> list[tuple[Row, str]]:
    every = [
        (row, words)
        for row in ROWS
        for words in COMMANDS
        if not (row.world == "elsewhere" and words in OFFLINE)
    ]
    if only := os.environ.get("OSMO_FAULTS_COMMANDS"):
        return [pair for pair in every if pair[1] in only.split(",")]
    if ALL:
        return every
    quick = [pair for pair in every if not pair[0].is_process]
    day = random.Random(time.time_ns() // 10**9 // 86400)
    slow = [pair for pair in every if pair[0].is_process]
    return day.sample(quick, SAMPLE) + day.sample(slow, SAMPLE // 15)


class Worlds:
    """Runs commands, each with a database and a home of its own."""

    def __init__(self, folder: Path, service: Fronted, proxy: Server) -> None:
        self.proxy = proxy
        self._folder, self._service = folder, service
        self._database = make_database(folder)
        self._number = 0
        self._usual: dict[tuple[World, str], Result] = {}
        login = Shell.at(folder / "login")
        login.ok("login", service.url, "--method", "dev", "--username", "admin")
        self._profile = login.home / ".config"

    def usual(self, world: World, words: str) -> Result:
        """What the command does without the variable."""
        if (world, words) not in self._usual:
            self._usual[world, words] = self.run(Row({}, world), words)
        return self._usual[world, words]

    def run(self, row: Row, words: str) -> Result:
        self._number += 1
        folder = self._folder / str(self._number)
        shell = new_shell(folder, self._database)
        try:
            return self._run(shell, row, words)
        finally:
            shutil.rmtree(folder)

    def _run(self, shell: Shell, row: Row, words: str) -> Result:
        if row.world == "loopback":
            self._service.open(Path(shell.env.pop("OSMO_LOCAL_DB")))
            del shell.env["OSMO_URL"]
            shutil.copytree(self._profile, shell.home / ".config")
        elif row.world == "elsewhere":
            shell.env |= {"OSMO_URL": ELSEWHERE, "OSMO_TOKEN": JWT}
        for name, value in row.variables.items():
            if value is None:
                del shell.env[name]
            else:
                shell.env[name] = self.proxy.url if value == "PROXY" else value
        return shell.osmo("--timeout", "20", *words.split(), *COMMANDS[words].split())


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    folder = tmp_path_factory.mktemp("variables")
    with (
        answering(lambda method, path, body: json_reply({})) as proxy,
        fronted(make_database(tmp_path_factory.mktemp("first"))) as service,
    ):
        yield Worlds(folder, service, proxy)


@pytest.mark.parametrize(("row", "words"), pairs(), ids=str)
def test_a_variable_works_or_is_named(row: Row, words: str, worlds: Worlds) -> None:
    usual, done = worlds.usual(row.world, words), worlds.run(row, words)
    text = done.out + done.err
    for word in ("Traceback", "internal error", "Error:", SECRET, HUGE):
        assert word not in text
    assert done.code in set(ExitCode), done
    assert worlds.proxy.requests == []
    works = done.code == usual.code and _shape(done.out) == _shape(usual.out)
    # A folder of a standard is named by the file that is in it.
    path = row.variables[row.name] if row.name.startswith("XDG_") else None
    is_named = bool(re.search(rf"\b{row.name}\b", done.err) or (path and path in done.err))
    asks = words not in OFFLINE
    if row.ending == "works" and asks:
        assert works, (usual, done)
    elif row.ending == "named" and asks:
        assert is_named, (usual, done)
    elif row.ending != "other data":
        assert works or is_named or done.code == 0, (usual, done)
    assert len(done.err.splitlines()) <= 6


def _shape(out: str) -> int:
    """What stays the same from run to run."""
    return len(out.splitlines())
