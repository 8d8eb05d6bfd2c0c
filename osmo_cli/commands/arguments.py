"""Arguments and options that commands share, parsed as the official CLI parses them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from osmo_cli.config.reading.formats import InputFormat
from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.errors import UsageError
from osmo_cli.output.printer import Format

if TYPE_CHECKING:
    from osmo_cli.config.helm.charts import Chart

# Options that the official CLI does not have. A script's `--d x` means its only `--d...`, so an
# abbreviation never means one of these.
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
        "--chart",
        "--references",
        "--store",
    }
)


class OsmoCommand(TyperCommand):
    """A command that accepts options as the official CLI's argparse does.

    A repeatable option takes several values: `--tags a b` are two tags, all words up to the next
    option. A long option may be abbreviated if it is unambiguous: `--desc x`.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Rewrite the words in the form that click knows, then parse.

        Raises:
            UsageError: an abbreviated option is ambiguous.
        """
        flags = _Flags(self.params)
        return super().parse_args(ctx, list(flags.expanded(args)))


class _Flags:
    """The options of one command."""

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
        """The words with options in full, repeated for each of their values."""
        rest = deque(words)
        while rest:
            word = rest.popleft()
            flag = word if word == "--" else self._whole(word)
            yield flag
            if word == "--":
                yield from rest
                return
            if flag in self._with_value and rest:
                # Whatever follows is its value, even if it looks like an option.
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
            raise UsageError(f"{name} is ambiguous: " + " or ".join(meant), hint="write it in full")
        return (meant[0] if meant else name) + sign + value


def _values(flag: str, rest: deque[str]) -> Iterator[str]:
    """Take the words up to the next option off `rest`, and yield them with `flag` in between."""
    between = False
    while rest and (rest[0] == "-" or not rest[0].startswith("-")):
        if between:
            yield flag
        yield rest.popleft()
        between = True


FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format-type", "-t", help="Output format; see `osmo help formats`.", case_sensitive=False
    ),
]
LongFormatOption = Annotated[
    Format | None,
    # -t is short for --tags where a command has tags, as in the official CLI.
    typer.Option(
        "--format-type", help="Output format; see `osmo help formats`.", case_sensitive=False
    ),
]
DescriptionOption = Annotated[
    str | None,
    typer.Option("--description", "-d", help="Description of the change, for the history."),
]
IgnoreMissingOption = Annotated[
    bool, typer.Option("--ignore-missing", help="Succeed if it does not exist.")
]
TagsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--tags", "-t", help="Tags of the change, for the history; accepts several values."
    ),
]
InputFormatOption = Annotated[
    InputFormat | None,
    typer.Option(
        "--format",
        help="Format of the input. Default: by the file's extension, else JSON.",
        case_sensitive=False,
    ),
]

ReferencesOption = Annotated[
    bool,
    typer.Option(
        "--references",
        help="Look up ${env:NAME}, ${file:PATH} and ${keyring:SERVICE/USER} in every field, "
        "not only in secret ones; see `osmo help formats`.",
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
        help="Version of the service's API.",
        autocompletion=complete_dialect,
    ),
]


CHART_NAMES = ("service", "service-6.4", "osmo", "osmo-snapshot")
"""The rows of `osmo_cli.config.helm.charts`, which is not imported for the help alone."""


def complete_chart(incomplete: str) -> list[str]:
    """Complete the name of a chart."""
    return [name for name in CHART_NAMES if name.startswith(incomplete)]


ChartOption = Annotated[
    str | None,
    typer.Option(
        "--chart",
        metavar="CHART",
        help=f"Helm chart of the values: {', '.join(CHART_NAMES)}. Default: by their content.",
        autocompletion=complete_chart,
    ),
]


def chosen_chart(name: str | None) -> Chart | None:
    """Return the chart of that name, or None where none was given.

    Raises:
        UsageError: the name is unknown.
    """
    if name is None:
        return None
    from osmo_cli.config.helm.detection import find_chart

    return find_chart(name)


def dialect_name(name: str | None) -> str | None:
    """Return the name of a dialect, or None where none was given.

    Raises:
        UsageError: the name is unknown.
    """
    if name is not None and name not in DIALECTS:
        raise UsageError(f'unknown dialect "{name}"', hint="one of: " + ", ".join(DIALECTS))
    return name


def chosen_dialect(name: str | None) -> Dialect:
    """Return the dialect of that name, or the newest one where none was given.

    Raises:
        UsageError: the name is unknown.
    """
    return DIALECTS[dialect_name(name) or next(reversed(DIALECTS))]
