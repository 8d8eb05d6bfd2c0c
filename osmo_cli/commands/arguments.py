"""What the commands share of their command lines: argparse's habits, and common options."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from osmo_cli.output.printer import Format


class OsmoCommand(TyperCommand):
    """A command whose repeatable options take several values after one flag.

    The official CLI's argparse reads `--tags a b` as two tags (design, promise 1). As there,
    all words up to the next flag are values.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Turn `--tags a b` into `--tags a --tags b`, then parse."""
        repeatable = {
            name
            for parameter in self.params
            if getattr(parameter, "multiple", False)
            for name in parameter.opts
        }
        return super().parse_args(ctx, _expanded(args, repeatable))


def _expanded(args: list[str], repeatable: set[str]) -> list[str]:
    result: list[str] = []
    flag: str | None = None
    for position, word in enumerate(args):
        if word == "--":
            return result + args[position:]
        if word.startswith("-") and word != "-":
            flag = word if word in repeatable else None
            result.append(word)
        elif flag is not None and result[-1] != flag:
            result += [flag, word]
        else:
            result.append(word)
    return result


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
TagsOption = Annotated[
    list[str] | None,
    typer.Option("--tags", "-t", help="Tags for the history; several may follow."),
]
TypeArgument = Annotated[str, typer.Argument(metavar="TYPE", show_default=False)]
