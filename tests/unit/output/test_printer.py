"""What goes where: data to stdout, everything else to stderr, and nothing secret to either."""

from __future__ import annotations

import io
import json

import pytest
import yaml

from osmo_cli.api.transport import Exchange
from osmo_cli.config.changes.merge import Difference
from osmo_cli.config.changes.preview import Preview, Request
from osmo_cli.config.secrets import MASK
from osmo_cli.config.values import ABSENT
from osmo_cli.errors import UsageError
from osmo_cli.output.changes import change_lines
from osmo_cli.output.printer import Format, Printer


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printer_on(stdout: io.StringIO | None = None, stderr: io.StringIO | None = None) -> Printer:
    return Printer(stdout or io.StringIO(), stderr or io.StringIO())


def printed(printer: Printer) -> tuple[str, str]:
    assert isinstance(printer.stdout, io.StringIO)
    assert isinstance(printer.stderr, io.StringIO)
    return printer.stdout.getvalue(), printer.stderr.getvalue()


def test_only_results_go_to_stdout() -> None:
    printer = printer_on()
    printer.text("result")
    printer.note("hint")
    printer.warn("odd")
    printer.error(UsageError("wrong", hint="do this"))
    assert printed(printer) == (
        "result\n",
        "hint\nwarning: odd\nerror: wrong\n  hint: do this\n",
    )


def test_an_error_in_json_is_one_object_on_one_line() -> None:
    printer = printer_on()
    printer.format = Format.JSON
    printer.error(UsageError("wrong\nand more", hint="do this", code=404, details={"x": [1]}))
    out, err = printed(printer)
    assert out == ""
    assert err.count("\n") == 1
    assert json.loads(err) == {
        "message": "wrong\nand more",
        "code": 404,
        "hint": "do this",
        "x": [1],
    }


@pytest.mark.parametrize("form", [None, Format.JSON, Format.YAML])
def test_a_secret_is_not_in_any_form_of_a_result(form: Format | None) -> None:
    printer = printer_on()
    printer.redactor.add('hunter"2"hunter')
    printer.format = form
    printer.object({"note": 'it is hunter"2"hunter'})
    printer.text('hunter"2"hunter')
    printer.error(UsageError('hunter"2"hunter', hint='hunter"2"hunter'))
    assert "hunter" not in "".join(printed(printer))


def test_a_secret_that_was_asked_for_is_printed() -> None:
    printer = printer_on()
    printer.redactor.add("the-new-token")
    printer.secret("Access token: ", "the-new-token")
    printer.secret_data({"token": "the-new-token"})
    assert printed(printer)[0] == 'Access token: the-new-token\n{"token": "the-new-token"}\n'


def test_an_object_is_a_table_on_a_terminal_and_json_off_it() -> None:
    on, off = printer_on(Terminal()), printer_on()
    for printer in (on, off):
        printer.object({"name": "gpu-a"})
    assert printed(on)[0] == "Key    Value\n============\nname   gpu-a\n"
    assert printed(off)[0] == '{\n  "name": "gpu-a"\n}\n'


def test_yaml_reads_back() -> None:
    value = {"name": "gpu-a", "on": True, "text": "yes", "tests": []}
    printer = printer_on()
    printer.format = Format.YAML
    printer.data(value)
    assert yaml.safe_load(printed(printer)[0]) == value


def preview_of(*requests: Request) -> Preview:
    after = {"auth": "(secret, changed)", "tests": [], "extra": None}
    differences = (
        Difference(("tests",), ["a"], []),
        Difference(("auth",), MASK, "(secret, changed)"),
        Difference(("extra",), ABSENT, None),
    )
    before = {"auth": "(secret)", "tests": ["a"]}
    return Preview(before, "X (revision 1)", after, "X (after)", differences, requests)


def test_a_change_shows_both_sides_but_no_mask() -> None:
    assert change_lines(preview_of().differences) == [
        'tests: ["a"] -> []',
        "auth: (secret) -> (secret, changed)",
        "extra: (none) -> null",
    ]


def test_a_preview_is_a_diff_and_on_stderr_the_request() -> None:
    text = printer_on()
    text.preview(preview_of(Request("PUT", "/x", {"configs": {"tests": []}})))
    out, err = printed(text)
    assert out.splitlines() == [
        "--- X (revision 1)",
        "+++ X (after)",
        "@@ -1,6 +1,5 @@",
        " {",
        '-  "auth": "(secret)",',
        '-  "tests": [',
        '-    "a"',
        "-  ]",
        '+  "auth": "(secret, changed)",',
        '+  "tests": [],',
        '+  "extra": null',
        " }",
    ]
    assert err.startswith("the request would be: PUT /x\n{\n")


def test_a_preview_as_data_is_one_object() -> None:
    data = printer_on()
    data.format = Format.JSON
    data.preview(preview_of(Request("PUT", "/x", {"configs": {"tests": []}})))
    shown = json.loads(printed(data)[0])
    assert shown["changed"] is True
    assert shown["diff"].startswith("--- X (revision 1)\n+++ X (after)\n@@")
    assert shown["differences"] == [
        {"path": "tests", "before": ["a"], "after": []},
        {"path": "auth", "before": "(secret)", "after": "(secret, changed)"},
        {"path": "extra", "after": None},
    ]
    assert shown["request"] == {"method": "PUT", "path": "/x", "body": {"configs": {"tests": []}}}
    assert shown["requests"] == [shown["request"]]


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured, piped = printer_on(stderr=Terminal()), printer_on()
    for printer in (coloured, piped):
        printer.warn("x")
    assert printed(coloured)[1] == "\x1b[33mwarning: \x1b[0mx\n"
    assert printed(piped)[1] == "warning: x\n"
    monkeypatch.setenv("NO_COLOR", "1")
    plain = printer_on(stderr=Terminal())
    plain.warn("x")
    assert printed(plain)[1] == "warning: x\n"


def test_a_terminal_without_unicode_gets_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    Printer(stream, io.StringIO()).text("größe 日")
    assert raw.getvalue() == b"gr\\xf6\\xdfe \\u65e5\n"


def test_debug_tells_the_request_and_no_more() -> None:
    printer = printer_on()
    printer.debug(Exchange("GET", "/api/version", 200, 0.0123, 0, 42))
    printer.debug(Exchange("POST", "/api/x", None, 1.5, 7, 0))
    assert printed(printer)[1].splitlines() == [
        "debug: GET /api/version -> 200 in 12 ms, sent 0 B, received 42 B",
        "debug: POST /api/x -> no answer in 1500 ms, sent 7 B, received 0 B",
    ]


EVIL = (
    "gone\nerror: all is lost\nhint: run this\n  hint: or this\r\n"
    "note: x\u2028warning: y\x85debug: z"
)
OURS = ("error:", "hint:", "note:", "warning:", "debug:", "  hint:")


def test_text_of_a_service_starts_no_line() -> None:
    printer = printer_on()
    printer.text(f"User: {EVIL}")
    printer.note(EVIL)
    printer.note(f"note: {EVIL}")
    printer.warn(EVIL)
    printer.error(UsageError(EVIL, hint=EVIL))
    printer.diff([f"+{EVIL}"])
    printer.table(("Name", "Text"), [(EVIL, EVIL), ("x", EVIL)])
    out, err = printed(printer)
    assert not [line for line in out.splitlines() if line.startswith(OURS)]
    ours = [line for line in err.splitlines() if line.startswith(OURS)]
    assert [line.split(": ")[:2] for line in ours] == [
        ["note", "gone"],
        ["warning", "gone"],
        ["error", "gone"],
        ["  hint", "gone"],
    ]


INVISIBLE = (
    "soft\u00adhyphen, \u200d joiner, \u202e turned, \ufeff mark, \U000e0041 tag, \x7f\x9b\x1b[0m"
)


@pytest.mark.parametrize("form", [Format.JSON, Format.YAML])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_data_for_machines_keeps_every_character(form: Format, encoding: str) -> None:
    value = {
        INVISIBLE: [INVISIBLE, "größe \U0001f600", "line\nline\u2028line", "\ttab"],
        "plain": 1,
    }
    raw = io.BytesIO()
    printer = Printer(io.TextIOWrapper(raw, encoding, write_through=True), io.StringIO())
    printer.format = form
    printer.data(value)
    text = raw.getvalue().decode(encoding)
    assert text.replace("\n", "").isprintable()
    assert (json.loads if form is Format.JSON else yaml.safe_load)(text) == value


def test_a_traceback_holds_no_secret() -> None:
    printer = printer_on()
    printer.redactor.add("hunter2hunter2")
    try:
        raise KeyError("hunter2hunter2")
    except KeyError as error:
        printer.traceback(error)
    err = printed(printer)[1]
    assert "Traceback" in err
    assert "KeyError: '(secret)'" in err
