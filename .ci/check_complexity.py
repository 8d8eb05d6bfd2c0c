#!/usr/bin/env python3
"""Fail if a function's cyclomatic complexity, as radon counts it, is above its room's limit."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from radon.complexity import cc_visit
from radon.visitors import Function

PACKAGE = Path(__file__).resolve().parents[1] / "osmo_cli"
LIMIT = 15
LIMITS = {"commands": 12}
"""Of rooms where functions are to be simpler: a command parses, calls and prints."""


def too_complex() -> Iterator[str]:
    """Yield the place, name and complexity of each function above its limit."""
    for path in sorted(PACKAGE.rglob("*.py")):
        limit = LIMITS.get(path.relative_to(PACKAGE).parts[0], LIMIT)
        for block in cc_visit(path.read_text("utf-8")):
            # Methods are listed on their own; a class has the mean of its methods.
            if isinstance(block, Function) and block.complexity > limit:
                place = f"{path.relative_to(PACKAGE.parent)}:{block.lineno}"
                yield f"{place}: {block.fullname} has complexity {block.complexity} ({limit} max)"


if __name__ == "__main__":
    sys.exit("\n".join(too_complex()) or 0)
