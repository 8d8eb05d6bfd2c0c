"""The scripts behind the figures of docs/performance.md run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("script", "arguments", "rows"),
    [
        ("imports.py", ["--runs", "1"], 7),
        ("nodes.py", ["--nodes", "100"], 5),
        ("plan.py", ["--sizes", "2", "--loop", "2"], 3),
        ("startup.py", ["--runs", "1"], 6),
    ],
)
def test_a_benchmark_prints_its_table(script: str, arguments: list[str], rows: int) -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    figures = [line for line in done.stdout.splitlines() if re.search(r"\| \d+\.\d\d", line)]
    assert len(figures) >= rows, done.stdout
