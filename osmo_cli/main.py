"""Entry point: the one boundary from exceptions to messages and exit codes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from osmo_cli import __version__, interruption
from osmo_cli.errors import ExitCode, OsmoError, OutputError
from osmo_cli.output.streams import open_standard_streams

if TYPE_CHECKING:
    from osmo_cli.commands.session import Session
    from osmo_cli.output.printer import Printer

_GLOBAL_FLAGS = frozenset({"--debug"})
_GLOBAL_OPTIONS = frozenset({"--profile", "--timeout"})
_HAS_OWN_TIMEOUT = ("backend", "wait")
"""The command of which --timeout limits the whole wait, not each request."""


def main() -> None:
    """Run the command line and exit."""
    _use_utf8()
    arguments = sys.argv[1:]
    open_standard_streams()
    if arguments == ["--version"]:
        # Nothing else is imported for this (docs/performance.md).
        sys.exit(_print_version())
    interruption.handle_signals(_note)
    try:
        code = _run_quickly(arguments)
    except KeyboardInterrupt:
        # During imports, or while another message was printed.
        code = _end_interrupted()
    interruption.ignore_signals()
    sys.exit(code)


def _use_utf8() -> None:
    """Start this process again if Python cannot read arguments and file names beyond ASCII.

    In the locale C it uses UTF-8 all the same, unless PYTHONUTF8=0 is set; the arguments are bytes
    of UTF-8 in any case. The mode can be chosen only when Python starts.
    """
    if sys.getfilesystemencoding() == "ascii" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


def _note(text: str) -> None:
    from osmo_cli.output.printer import Printer

    Printer().note(text)


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
    except OutputError as error:
        return _end_without_output(error, printer)
    except OsmoError as error:
        printer.error(error)
        return error.exit_code
    except click.NoArgsIsHelpError as error:
        printer.note_block(error.format_message())
        return ExitCode.INVALID
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"see {context.command_path} --help" if context else None
        printer.error(OsmoError(error.format_message(), hint=hint))
        return ExitCode.INVALID
    except (KeyboardInterrupt, EOFError, typer.Abort):
        return _end_interrupted()
    except Exception as error:
        if interruption.requested():
            # A library has turned the interruption into an error of its own.
            return _end_interrupted()
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


def _end_interrupted() -> int:
    """Say that the command was interrupted, and what is stored; return the exit code."""
    interruption.ignore_signals()
    done = interruption.recorded()
    _note(f"interrupted; {done}" if done else "interrupted")
    return ExitCode.INTERRUPTED


def _end_without_output(error: OutputError, printer: Printer) -> int:
    """Say that stdout cannot be written, and what is stored all the same; return the exit code."""
    done = interruption.recorded()
    if error.message:
        if error.hint is None and done:
            error.hint = f"{done}; only the report could not be printed"
        printer.error(error)
    elif done:
        printer.note(done)
    return error.exit_code


def _internal_error(error: Exception, session: Session) -> int:
    """Print an exception that no part of the program expects; return the exit code."""
    if session.debug:
        session.printer.traceback(error)
    # The text of an unforeseen exception may contain secrets, so only its type is shown.
    done = interruption.recorded()
    session.printer.error(
        OsmoError(
            f"internal error: {type(error).__name__}" + (f"; before it, {done}" if done else ""),
            hint="please report this" + ("" if session.debug else "; --debug shows where"),
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
        name = word.split("=")[0]
        is_own = name == "--timeout" and tuple(rest[:2]) == _HAS_OWN_TIMEOUT
        if word in _GLOBAL_FLAGS or (name in _GLOBAL_OPTIONS and not is_own):
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
