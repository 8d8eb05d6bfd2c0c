"""What the commands share of their command lines: argparse's habits, and common options."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from osmo_cli.config.reading.files import InputFormat
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.errors import UsageError
from osmo_cli.output.printer import Format

# Flags that the official CLI has not: a script's `--d x` means its only `--d...`, not one of these.
_ADDITIONS = frozenset(
    {
        "--dry-run",
        "--exit-code",
        "--force",
        "--format",
        "--ignore-missing",
        "--insecure-storage",
        "--no-store",
        "--output-file",
        "--store",
    }
)


class OsmoCommand(TyperCommand):
    """A command that takes flags as the official CLI's argparse does (design, promise 1).

    A repeatable option takes several values after one flag: `--tags a b` are two tags, all words
    up to the next flag. A long flag may be cut short where the rest is not in doubt: `--desc x`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Write the words as click knows them, then parse.

        Raises:
            UsageError: a long flag is cut too short.
        """
        flags = _Flags(self.params)
        return super().parse_args(ctx, list(flags.expanded(args)))


class _Flags:
    """The flags of one command."""

    def __init__(self, parameters: Sequence[Any]) -> None:
        self._long: set[str] = {"--help"}
        self._repeatable: set[str] = set()
        self._with_value: set[str] = set()
        for parameter in parameters:
            names = [
                name for name in (*parameter.opts, *parameter.secondary_opts) if name[0] == "-"
            ]
            self._long.update(name for name in names if name.startswith("--"))
            if getattr(parameter, "multiple", False):
                self._repeatable.update(names)
            elif not getattr(parameter, "is_flag", False):
                self._with_value.update(names)

    def expanded(self, words: list[str]) -> Iterator[str]:
        """The words with whole flags, each value of a repeatable one behind a flag of its own."""
        rest = deque(words)
        while rest:
            word = rest.popleft()
            flag = word if word == "--" else self._whole(word)
            yield flag
            if word == "--":
                yield from rest
                return
            if flag in self._with_value and rest:
                # Whatever follows is its value, also where it looks like a flag.
                yield rest.popleft()
            elif flag in self._repeatable:
                yield from _values(flag, rest)

    def _whole(self, word: str) -> str:
        name, sign, value = word.partition("=")
        if not name.startswith("--") or name in self._long:
            return word
        meant = sorted(flag for flag in self._long if flag.startswith(name))
        meant = [flag for flag in meant if flag not in _ADDITIONS] or meant
        if len(meant) > 1:
            raise UsageError(f"{name} may be " + " or ".join(meant), hint="write it out")
        return (meant[0] if meant else name) + sign + value


def _values(flag: str, rest: deque[str]) -> Iterator[str]:
    """The words up to the next flag, taken off `rest`, with `flag` between them."""
    between = False
    while rest and (rest[0] == "-" or not rest[0].startswith("-")):
        if between:
            yield flag
        yield rest.popleft()
        between = True


FormatOption = Annotated[
    Format | None,
    typer.Option("--format-type", "-t", help="Form of the result.", case_sensitive=False),
]
LongFormatOption = Annotated[
    Format | None,
    # -t is short for --tags where a command has tags, as in the official CLI.
    typer.Option("--format-type", help="Form of the result.", case_sensitive=False),
]
DescriptionOption = Annotated[
    str | None, typer.Option("--description", "-d", help="Entry for the history.")
]
IgnoreMissingOption = Annotated[
    bool, typer.Option("--ignore-missing", help="What is not there is no error.")
]
TagsOption = Annotated[
    list[str] | None,
    typer.Option("--tags", "-t", help="Tags for the history; several may follow."),
]
InputFormatOption = Annotated[
    InputFormat | None,
    typer.Option(
        "--format", help="Form of the input; else the file's ending tells.", case_sensitive=False
    ),
]


def complete_dialect(incomplete: str) -> list[str]:
    """Return the service versions that start with what was typed."""
    return [name for name in DIALECTS if name.startswith(incomplete)]


DialectOption = Annotated[
    str | None,
    typer.Option(
        "--dialect",
        metavar="|".join(DIALECTS),
        help="Version of the service.",
        autocompletion=complete_dialect,
    ),
]


def dialect_name(name: str | None) -> str | None:
    """The name of a dialect, or None where none was given.

    Raises:
        UsageError: there is no such dialect.
    """
    if name is not None and name not in DIALECTS:
        raise UsageError(f'"{name}" is not a dialect', hint="one of: " + ", ".join(DIALECTS))
    return name


def chosen_dialect(name: str | None) -> Dialect:
    """The dialect of that name, or the newest one where none was given.

    Raises:
        UsageError: there is no such dialect.
    """
    return DIALECTS[dialect_name(name) or next(reversed(DIALECTS))]
