"""Entry point: the one boundary from exceptions to messages and exit codes."""

from __future__ import annotations

import os
import sys

from osmo_cli import __version__
from osmo_cli.errors import ExitCode, OsmoError, OutputClosedError

_GLOBAL_FLAGS = frozenset({"--debug"})
_GLOBAL_OPTIONS = frozenset({"--profile", "--timeout"})


def main() -> None:
    """Run the command line and exit."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        # Nothing else is loaded for this (docs/performance.md).
        sys.stdout.write(f"osmo {__version__}\n")
        sys.exit(ExitCode.OK)
    import gc

    # A command lives for a moment: looking for cyclic garbage while modules load, and once more
    # at the end, takes a fifth of it (docs/performance.md).
    gc.disable()
    code = run(arguments)
    gc.freeze()
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line; returns the exit code."""
    import typer
    from typer._click import exceptions as click

    from osmo_cli.commands.root import command
    from osmo_cli.commands.session import Session
    from osmo_cli.output.printer import Format, Printer

    printer = Printer()
    session = Session(printer)
    if _asks_for_json(arguments):
        printer.format = Format.JSON
    try:
        result = command().main(
            args=with_global_options_first(arguments),
            prog_name="osmo",
            standalone_mode=False,
            obj=session,
        )
        sys.stdout.flush()
        return int(result or ExitCode.OK)
    except OutputClosedError as error:
        # What Python still holds for stdout can go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error.exit_code
    except OsmoError as error:
        printer.error(error)
        return error.exit_code
    except click.NoArgsIsHelpError as error:
        printer.note(error.format_message())
        return ExitCode.INVALID
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"see {context.command_path} --help" if context else None
        printer.error(OsmoError(error.format_message(), hint=hint))
        return ExitCode.INVALID
    except (KeyboardInterrupt, EOFError, typer.Abort):
        printer.note("interrupted")
        return ExitCode.INTERRUPTED
    except Exception as error:
        if session.debug:
            raise
        # The text of an unforeseen exception may hold anything, so only its kind is shown.
        printer.error(
            OsmoError(
                f"osmo failed in a way that it should not ({type(error).__name__})",
                hint="this is a bug; --debug shows where it happened",
            )
        )
        return ExitCode.SERVICE_FAILURE


def with_global_options_first(arguments: list[str]) -> list[str]:
    """`osmo config show BACKEND --profile prod` as `osmo --profile prod config show BACKEND`.

    The official CLI's flags may stand anywhere, so these may too.
    """
    first: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            return [*first, *rest, word, *words]
        if word in _GLOBAL_FLAGS or word.split("=")[0] in _GLOBAL_OPTIONS:
            first.append(word)
            if word in _GLOBAL_OPTIONS:
                first += [value for value in [next(words, None)] if value is not None]
        else:
            rest.append(word)
    return first + rest


def _asks_for_json(arguments: list[str]) -> bool:
    """Whether errors are wanted as JSON too, before the command line is understood."""
    joined = " ".join(arguments)
    return any(f"{flag}{sign}json" in joined for flag in ("--format-type", "-t") for sign in " =")
