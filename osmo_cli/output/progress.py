"""Progress of long work, on a terminal's stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from osmo_cli.output.clean import clean


@contextmanager
def steps_shown(stream: TextIO) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar; what is yielded takes the number of a step, of all steps, and its name."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=Console(file=stream), transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(number: int, total: int, text: str) -> None:
            described = escape(clean(text).replace("\n", " "))
            progress.update(task, total=total, completed=number - 1, description=described)

        yield show
