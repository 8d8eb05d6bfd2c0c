"""What importing the libraries costs, as ratios to the floor of benchmarks/startup.py.

    python benchmarks/imports.py [--runs 20]

Each line is a process of its own; they take turns with the floor, and only the medians' ratios
count. Garbage collection is off where the program has it off.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from startup import FLOOR, OSMO, environment, once

QUIET = "import gc; gc.disable()\n"
LEAN_HTTPX = "import sys; sys.modules['httpx._main'] = None; import httpx\n"
PYDANTIC = "import os; os.environ['PYDANTIC_DISABLE_PLUGINS'] = '__all__'; import pydantic\n"
# pydantic builds its classes when a first model is made of it.
MODEL = "type('M', (pydantic.BaseModel,), {})\n"
PROGRAMS = {
    "python -c pass": "pass",
    "typer": QUIET + "import typer",
    "httpx": QUIET + "import httpx",
    "httpx without httpx._main": QUIET + LEAN_HTTPX,
    "pydantic with one model": QUIET + PYDANTIC + MODEL,
    "typer, httpx (without _main), pydantic": QUIET
    + "import typer\n"
    + LEAN_HTTPX
    + PYDANTIC
    + MODEL,
    "the same three, garbage collection on": "import typer\n" + LEAN_HTTPX + PYDANTIC + MODEL,
}


def measure(runs: int) -> dict[str, float]:
    """Ratio of each program's median to the floor's."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        env = environment(home)
        database = str(home / "service.db")
        add = [OSMO, "local", "add-backend", "gpu-a", "--db", database]
        subprocess.run(add, env=env, check=True, capture_output=True)
        server = subprocess.Popen(
            [OSMO, "local", "serve", "--port", "0", "--db", database],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip().rsplit(":", 1)[1]
            commands = {name: [sys.executable, "-c", code] for name, code in PROGRAMS.items()}
            commands["floor"] = [sys.executable, "-c", FLOOR, port]
            times: dict[str, list[float]] = {name: [] for name in commands}
            for turn in range(-1, runs):
                for name, command in commands.items():
                    run = once(command, env)
                    if turn >= 0:  # the first turn warms the caches
                        times[name].append(run.seconds)
        finally:
            server.terminate()
            server.wait()
    floor = statistics.median(times.pop("floor"))
    return {name: statistics.median(values) / floor for name, values in times.items()}


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    print("| process | ratio to the floor |\n|---|---|")
    for name, ratio in measure(parser.parse_args().runs).items():
        print(f"| {name} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
