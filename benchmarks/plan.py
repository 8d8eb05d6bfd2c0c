"""How time and memory of a plan and of an apply grow with the number of objects.

Every command is a process of its own, against a local service on a loopback port that is fresh
for each number of objects. In the same run, the same change of some objects is made by an apply and
by a loop of `osmo config update`, a process for each object.

    python benchmarks/plan.py [--sizes 10 100 1000 10000] [--loop 100] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from startup import OSMO, Run, environment, once
from tables import machine, replace_table

ROUNDS = 3
"""Each command that changes nothing is the quickest of so many runs."""


@dataclass(frozen=True)
class Figures:
    """CPU seconds and peak MB of each command, by its name."""

    objects: int
    seconds: dict[str, float]
    peaks: dict[str, float]


@contextmanager
def served() -> Iterator[tuple[Path, dict[str, str]]]:
    """A home with a login for a fresh service."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = environment(home)
        serve = [OSMO, "local", "serve", "--port", "0", "--db", str(home / "service.db")]
        server = subprocess.Popen(serve, env=env, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            login = [OSMO, "login", url, "--method", "dev", "--username", "admin"]
            subprocess.run(login, env=env, check=True, capture_output=True)
            yield home, env
        finally:
            server.terminate()
            server.wait()


def write_templates(home: Path, number: int, turn: int) -> Path:
    """Write pod templates that differ from turn to turn; returns their directory."""
    folder = home / "configs" / "pod_template"
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(number):
        spec = {"priority": turn, "nodeSelector": {"rack": f"r{index}", "gpu": "a100"}}
        (folder / f"team-{index}.json").write_text(json.dumps({"spec": spec}))
    return folder.parent


def measure(number: int) -> Figures:
    """Measure a directory of so many pod templates."""
    seconds: dict[str, float] = {}
    peaks: dict[str, float] = {}
    with served() as (home, env):
        folder = str(write_templates(home, number, 0))
        plan = [OSMO, "config", "plan", folder]
        apply = [OSMO, "config", "apply", folder, "--yes", "--max-changes", "100%"]

        def run(name: str, command: list[str], rounds: int = 1) -> None:
            results = [once(command, env) for _ in range(rounds)]
            seconds[name] = min(result.cpu_seconds for result in results)
            peaks[name] = max(result.peak_mb for result in results)

        once([OSMO, "config", "plan", folder, "--type", "POOL"], env)  # warms the caches
        run("apply: create", apply)
        run("plan: nothing to do", plan, ROUNDS)
        write_templates(home, number, 1)
        run("plan: all change", plan, ROUNDS)
        run("apply: all change", apply)
    return Figures(number, seconds, peaks)


def against_a_loop(number: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Seconds and peak MB of plan and apply, and of a loop that makes the same change."""
    with served() as (home, env):
        folder = write_templates(home, number, 0)
        apply = [OSMO, "config", "apply", str(folder), "--yes", "--max-changes", "100%"]
        once(apply, env)
        write_templates(home, number, 1)
        together = [once([OSMO, "config", "plan", str(folder)], env), once(apply, env)]
        write_templates(home, number, 2)
        single = [
            once([OSMO, "config", "update", "POD_TEMPLATE", path.stem, "--file", str(path)], env)
            for path in sorted((folder / "pod_template").iterdir())
        ]
    return _sum(together), _sum(single)


def _sum(runs: list[Run]) -> tuple[float, float]:
    return sum(run.seconds for run in runs), max(run.peak_mb for run in runs)


def table(
    figures: list[Figures],
    number: int,
    together: tuple[float, float],
    single: tuple[float, float],
) -> str:
    """The figures as Markdown."""
    names = list(figures[0].seconds)
    lines = [
        f"{machine()}; CPU seconds and peak MB of the command:",
        "",
        f"| pod templates | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for row in figures:
        cells = [f"{row.seconds[name]:.2f} s, {row.peaks[name]:.0f} MB" for name in names]
        lines.append(f"| {row.objects:,} | {' | '.join(cells)} |")
    lines += [
        "",
        f"The same change of {number} pod templates, in one run:",
        "",
        "| command | wall seconds | ratio | peak MB of a process |",
        "|---|---|---|---|",
        f"| `osmo config plan` and `osmo config apply` | {together[0]:.2f} "
        f"| 1 | {together[1]:.0f} |",
        f"| {number} times `osmo config update` | {single[0]:.2f} "
        f"| {single[0] / together[0]:.0f} | {single[1]:.0f} |",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and with --write replace the table in a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 10000])
    parser.add_argument("--loop", type=int, default=100)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    figures = []
    for size in options.sizes:
        figures.append(measure(size))
        print(figures[-1], file=sys.stderr)
    text = table(figures, options.loop, *against_a_loop(options.loop))
    print(text)
    if options.write:
        replace_table(options.write, "plan.py", text)


if __name__ == "__main__":
    main()
