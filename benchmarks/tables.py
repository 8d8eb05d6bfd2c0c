"""Tables of the benchmarks in the documentation."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from osmo_cli import __version__

END = "<!-- end of table -->"


def machine() -> str:
    """What the figures were measured with."""
    return (
        f"osmo {__version__}, Python {platform.python_version()}, {platform.system()}, "
        f"{os.cpu_count()} processors"
    )


def replace_table(page: Path, script: str, text: str) -> None:
    """Replace the table of a script in a page, between its comments."""
    begin = f"<!-- table: benchmarks/{script} -->"
    before, mark, rest = page.read_text("utf-8").partition(begin)
    if not mark:
        raise SystemExit(f"{page} has no {begin}")
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{begin}\n{text}\n{END}{after}", "utf-8")
