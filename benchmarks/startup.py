"""How long commands take, as ratios to a bare script that makes the same GET.

Every command runs as a process of its own against one local service on a loopback port. The
machine may be busy, so the commands take turns, in another order each time, and what counts is the
median of the ratios to the floor of the same turn. Where more processes want to run than there
are processors, the ratio of processor time says more.

    python benchmarks/startup.py [--runs 20] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tables import machine, replace_table

OSMO = str(Path(sys.executable).with_name("osmo"))
FLOOR = """
import http.client, json, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("GET", "/api/configs/backend/gpu-a", headers={"x-osmo-user": "admin"})
print(json.dumps(json.loads(connection.getresponse().read()), indent=2))
"""


class Run(NamedTuple):
    """One run of a command."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


class Figures(NamedTuple):
    """The medians of a command's runs and of their ratios to the floor, and its peak memory."""

    name: str
    ms: float
    ratio: float
    cpu_ratio: float
    peak_mb: float


def environment(home: Path) -> dict[str, str]:
    """What the measured commands see: a home of their own."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


def once(command: list[str], env: dict[str, str]) -> Run:
    """Run a command, which must succeed, and read its output."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measure(runs: int) -> list[Figures]:
    """Measure each command on a service of its own."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = environment(home)
        database = home / "service.db"
        server = subprocess.Popen(
            [OSMO, "local", "serve", "--port", "0", "--db", str(database), "--dialect", "6.0"],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            add = [OSMO, "local", "add-backend", "gpu-a", "--db", str(database), "--offline"]
            login = [OSMO, "login", url, "--method", "dev", "--username", "admin"]
            for command in (add, login, [OSMO, "token", "set", "laptop", "--no-store"]):
                subprocess.run(command, env=env, check=True, capture_output=True)
            return rounds(url, home, env, runs)
        finally:
            server.terminate()
            server.wait()


def rounds(url: str, home: Path, env: dict[str, str], runs: int) -> list[Figures]:
    """Run all commands in turn, `runs` times."""
    port = url.rsplit(":", 1)[1]
    patch, same = home / "patch.json", home / "same.json"
    same.write_text('{"dashboard_url": ""}')
    commands = {
        "floor: bare http.client GET": [sys.executable, "-c", FLOOR, port],
        "osmo --version": [OSMO, "--version"],
        "osmo config show BACKEND gpu-a": [OSMO, "config", "show", "BACKEND", "gpu-a"],
        "osmo token list": [OSMO, "token", "list"],
        "osmo config update BACKEND gpu-a (unchanged)": [
            *(OSMO, "config", "update", "BACKEND", "gpu-a", "--file", str(same)),
        ],
        "osmo config update BACKEND gpu-a (a change)": [
            *(OSMO, "config", "update", "BACKEND", "gpu-a", "--file", str(patch)),
        ],
    }
    measured: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(-1, runs):
        patch.write_text(f'{{"description": "turn {turn}"}}')
        for name in random.sample(list(commands), len(commands)):
            run = once(commands[name], env)
            if turn >= 0:  # the first turn warms the caches
                measured[name].append(run)
    floors = measured["floor: bare http.client GET"]
    return [
        Figures(
            name,
            statistics.median(run.seconds for run in done) * 1000,
            statistics.median(
                run.seconds / floor.seconds for run, floor in zip(done, floors, strict=True)
            ),
            statistics.median(
                run.cpu_seconds / floor.cpu_seconds for run, floor in zip(done, floors, strict=True)
            ),
            max(run.peak_mb for run in done),
        )
        for name, done in measured.items()
    ]


def table(figures: list[Figures], runs: int) -> str:
    """The figures as Markdown."""
    lines = [
        f"{machine()}, median of {runs} runs:",
        "",
        "| command | ms | ratio to the floor | ratio of processor time | peak MB |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row.name}` | {row.ms:.0f} | {row.ratio:.2f} | {row.cpu_ratio:.2f} "
        f"| {row.peak_mb:.0f} |"
        for row in figures
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and with --write replace the table in a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    text = table(measure(options.runs), options.runs)
    print(text)
    if options.write:
        replace_table(options.write, "startup.py", text)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
