"""Entry point: the one boundary from exceptions to messages and exit codes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from osmo_cli import __version__
from osmo_cli.errors import ExitCode, OsmoError, OutputError
from osmo_cli.output.streams import open_standard_streams

if TYPE_CHECKING:
    from osmo_cli.commands.session import Session

_GLOBAL_FLAGS = frozenset({"--debug"})
_GLOBAL_OPTIONS = frozenset({"--profile", "--timeout"})


def main() -> None:
    """Run the command line and exit."""
    arguments = sys.argv[1:]
    open_standard_streams()
    try:
        # Nothing else is imported for this (docs/performance.md).
        code = _print_version() if arguments == ["--version"] else _run_quickly(arguments)
    except KeyboardInterrupt:
        # During imports, or while another message was printed.
        from osmo_cli.output.printer import Printer

        Printer().note("interrupted")
        code = ExitCode.INTERRUPTED
    sys.exit(code)


def _print_version() -> int:
    try:
        sys.stdout.write(f"osmo {__version__}\n")
        sys.stdout.flush()
    except OutputError as error:
        if error.message:
            from osmo_cli.output.printer import Printer

            Printer().error(error)
        return error.exit_code
    return ExitCode.OK


def _run_quickly(arguments: list[str]) -> int:
    import gc

    # A command runs for a moment, and a fifth of it would be spent looking for cyclic garbage
    # during imports and at the end (docs/performance.md).
    gc.disable()
    code = run(arguments)
    gc.freeze()
    return code


def run(arguments: list[str]) -> int:
    """Run one command line and return the exit code."""
    import typer
    from typer._click import exceptions as click

    from osmo_cli.commands.session import Session
    from osmo_cli.output.printer import Format, Printer

    printer = Printer()
    session = Session(printer)
    if _asks_for_json(arguments):
        printer.format = Format.JSON
    try:
        result = _invoke(arguments, session)
        sys.stdout.flush()
        return int(result or ExitCode.OK)
    except typer.Exit as error:
        return error.exit_code
    except OsmoError as error:
        if error.message:
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
        return _internal_error(error, session)


def _invoke(arguments: list[str], session: Session) -> Any:
    """Run a command and return its result.

    Typer's own `main` would turn Ctrl-C into exit code 130 without a message. Here it is only
    used for shell completion, which does not get as far as a command.
    """
    from osmo_cli.commands.root import command

    root = command()
    words = with_global_options_first(arguments)
    if "_OSMO_COMPLETE" in os.environ:
        return root.main(args=words, prog_name="osmo", standalone_mode=False, obj=session)
    with root.make_context("osmo", words, obj=session) as context:
        return root.invoke(context)


def _internal_error(error: Exception, session: Session) -> int:
    """Print an exception that no part of the program expects; return the exit code."""
    if session.debug:
        raise error
    # The text of an unforeseen exception may contain secrets, so only its type is shown.
    session.printer.error(
        OsmoError(
            f"internal error: {type(error).__name__}",
            hint="please report this; --debug shows where",
        )
    )
    return ExitCode.SERVICE_FAILURE


def with_global_options_first(arguments: list[str]) -> list[str]:
    """Return the arguments with the global options moved to the front.

    `osmo config show BACKEND --profile prod` works as in the official CLI, where the order of
    options does not matter.
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
    """Whether the command line asks for JSON; errors in parsing it are then JSON too."""
    joined = " ".join(arguments)
    return any(f"{flag}{sign}json" in joined for flag in ("--format-type", "-t") for sign in " =")
