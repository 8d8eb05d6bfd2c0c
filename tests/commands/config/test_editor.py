"""`osmo config update` on a terminal, without a file."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import termios
import time
from pathlib import Path

import pytest

from tests.support.processes import OSMO, Result, Shell, on_terminal

# An editor that applies one step of a script each time it is called, and keeps what it was shown.
EDITOR = """
import json, os, pathlib, sys, time
file = pathlib.Path(sys.argv[-1])
folder = pathlib.Path(__file__).parent
steps = json.loads((folder / "steps.json").read_text())
shown = folder / "shown.json"
seen = json.loads(shown.read_text()) if shown.exists() else []
text = file.read_text()
seen.append({"text": text, "mode": oct(file.stat().st_mode & 0o777), "arguments": sys.argv[1:-1]})
shown.write_text(json.dumps(seen))
step = steps[len(seen) - 1] if len(seen) <= len(steps) else {}
for old, new in step.get("replace", {}).items():
    assert old in text, (old, text)
    text = text.replace(old, new)
if "bytes" in step:
    file.write_bytes(bytes.fromhex(step["bytes"]))
else:
    file.write_text("" if step.get("empty") else text)
if step.get("remove"):
    file.unlink()
if "signal" in step:
    os.kill(os.getpid() if step.get("self", True) else os.getppid(), step["signal"])
    time.sleep(step.get("sleep", 0))
sys.exit(step.get("status", 0))
"""


class Edit:
    """Runs an update with a scripted editor."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.tmp = shell.home / "tmp"
        self.tmp.mkdir()

    def __call__(self, *steps: dict[str, object], target: tuple[str, ...] = ("gpu-a",)) -> Result:
        self.shell.file("editor.py", EDITOR)
        self.shell.file("steps.json", json.dumps(steps))
        (self.shell.home / "shown.json").unlink(missing_ok=True)
        kind = ("BACKEND", *target) if target else ("WORKFLOW",)
        editor = f"python3 {self.shell.home / 'editor.py'} --wait 'two words'"
        env = {"EDITOR": "false", "VISUAL": editor, "TMPDIR": str(self.tmp)}
        result = on_terminal(self.shell, "config", "update", *kind, env=env)
        assert list(self.tmp.iterdir()) == [], "the temporary file is left"
        return result

    @property
    def shown(self) -> list[dict[str, str]]:
        shown_now: list[dict[str, str]] = json.loads((self.shell.home / "shown.json").read_text())
        return shown_now


@pytest.fixture
def edit(admin: Shell) -> Edit:
    # A change, so that each test starts from the same state.
    admin.file(
        "start.json",
        json.dumps(
            {
                "description": "start",
                "dashboard_url": "https://d.example.com",
                "tests": [],
                "node_conditions": {"rules": {"^Ready$": "True", "^Gpu$": "True"}},
            }
        ),
    )
    admin.ok("config", "update", "BACKEND", "gpu-a", "-f", "start.json")
    return Edit(admin)


def live(shell: Shell) -> dict[str, object]:
    shown_now: dict[str, object] = json.loads(shell.ok("config", "show", "BACKEND", "gpu-a"))
    return shown_now


def test_an_edit_is_stored(edit: Edit, admin: Shell) -> None:
    result = edit({"replace": {'"start"': '"edited"'}})
    assert result.code == 0
    assert 'description: "start" -> "edited"' in result.out
    assert "Successfully updated BACKEND config" in result.out
    assert live(admin)["description"] == "edited"
    (shown,) = edit.shown
    assert shown["mode"] == "0o600"
    assert shown["arguments"] == ["--wait", "two words"]
    assert "last_heartbeat" in shown["text"].splitlines()[2]
    assert '"last_heartbeat"' not in shown["text"]


def test_what_is_removed_goes_back_to_its_default(edit: Edit, admin: Shell) -> None:
    result = edit(
        {
            "replace": {
                '  "dashboard_url": "https://d.example.com",\n': "",
                ',\n      "^Gpu$": "True"': "",
            }
        }
    )
    assert result.code == 0, result.out
    shown_now = live(admin)
    assert shown_now["dashboard_url"] == ""
    assert shown_now["node_conditions"] == {
        "rules": {"^Ready$": "True"},
        "prefix": "osmo.nvidia.com/",
    }


def test_errors_come_back_as_comments_with_the_right_lines(edit: Edit, admin: Shell) -> None:
    result = edit(
        {"replace": {'"description": "start"': '"descripton": "edited"'}},
        {"replace": {'"descripton"': '"description"'}},
    )
    assert result.code == 0, result.out
    assert live(admin)["description"] == "edited"
    lines = edit.shown[1]["text"].splitlines()
    (comment,) = [line for line in lines if "descripton: unknown field" in line]
    number = int(comment.split("line ")[1].split(":")[0])
    assert comment.startswith("//")
    assert '"descripton": "edited"' in lines[number - 1]
    assert 'did you mean "description"?' in comment


def test_broken_json_is_not_lost(edit: Edit, admin: Shell) -> None:
    result = edit(
        {"replace": {'"start",': '"kept"'}},
        {"replace": {'"kept"': '"kept",'}},
    )
    assert result.code == 0, result.out
    assert "not JSON" in edit.shown[1]["text"]
    assert '"kept"' in edit.shown[1]["text"]
    assert live(admin)["description"] == "kept"


@pytest.mark.parametrize("step", [{}, {"empty": True}])
def test_an_unchanged_or_empty_buffer_sends_nothing(
    edit: Edit, admin: Shell, step: dict[str, object]
) -> None:
    result = edit(step)
    assert (result.code, result.out) == (0, "No changes were made to the config.\n")
    assert live(admin)["description"] == "start"


def kept(shell: Shell, name: str = "BACKEND-gpu-a") -> str:
    """The text of the one saved file, which is removed."""
    (path,) = shell.home.glob(f"{name}-*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    path.unlink()
    return text


INVALID = {"replace": {'"start"': "5"}}


@pytest.mark.parametrize(
    "second",
    [{}, {"replace": {"This cannot be stored": "A remark"}}],
    ids=["as it is", "another comment"],
)
def test_an_invalid_buffer_that_is_left_as_it_is_is_kept(
    edit: Edit, admin: Shell, second: dict[str, object]
) -> None:
    """An editor that is a program, such as sed, would be asked again without end."""
    result = edit(INVALID, second, {"status": 9})
    assert (result.code, len(edit.shown)) == (2, 2)
    assert "your edits are saved in BACKEND-gpu-a-" in result.out
    assert "description: must be" in result.out
    assert "nothing was sent; fix the saved file, and use it with --file" in result.out
    assert live(admin)["description"] == "start"
    assert json.loads(kept(admin))["description"] == 5


def test_broken_json_is_kept_as_it_was_typed(edit: Edit, admin: Shell) -> None:
    result = edit({"replace": {'"start",': '"kept"'}}, {})
    assert result.code == 2
    text = kept(admin)
    assert '"kept"' in text
    assert "// " not in text
    assert json.loads(text.replace('"kept"', '"kept",'))["description"] == "kept"


UNDONE = {"replace": {'"description": 5': '"description": "start"'}}


@pytest.mark.parametrize("second", [{"empty": True}, UNDONE])
def test_an_invalid_buffer_is_given_up_by_emptying_it_or_undoing_the_change(
    edit: Edit, admin: Shell, second: dict[str, object]
) -> None:
    result = edit({"replace": {'"start"': "5"}}, second)
    assert (result.code, result.out) == (0, "No changes were made to the config.\n")
    assert list(admin.home.glob("BACKEND-*.json")) == []


EDITED = {"replace": {'"start"': '"edited"'}}


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("steps", "message", "saved"),
    [
        ([EDITED | {"status": 3}], "exited with status 3", "edited"),
        ([EDITED | {"signal": signal.SIGKILL}], "was ended by SIGKILL", "edited"),
        ([EDITED | {"signal": signal.SIGSEGV}], "was ended by SIGSEGV", "edited"),
        ([{"status": 1}], "exited with status 1", None),
        ([EDITED | {"remove": True}], "the editor removed the file", None),
        ([INVALID, {"remove": True}], "the editor removed the file", 5),
        ([INVALID, {"status": 1}], "exited with status 1", 5),
        ([INVALID, {"bytes": "7b00"}], "the edited text is not", 5),
        (
            [EDITED | {"signal": signal.SIGTERM, "self": False, "sleep": 60}],
            "the editor was ended by SIGTERM",
            "edited",
        ),
    ],
)
def test_what_was_typed_survives_an_editor_that_fails(
    edit: Edit, admin: Shell, steps: list[dict[str, object]], message: str, saved: object
) -> None:
    result = edit(*steps)
    assert result.code == 2
    assert message in result.out
    assert "nothing was sent" in result.out
    assert live(admin)["description"] == "start"
    if saved is None:
        assert list(admin.home.glob("BACKEND-*.json")) == []
    else:
        assert json.loads(kept(admin))["description"] == saved


def test_ctrl_c_is_the_editor_s(edit: Edit, admin: Shell) -> None:
    """Ctrl-C goes to every program of the terminal; editors have a use for it."""
    result = edit(EDITED | {"signal": signal.SIGINT, "self": False, "sleep": 0.3})
    assert result.code == 0, result.out
    assert live(admin)["description"] == "edited"


def test_what_was_typed_survives_a_terminal_that_goes_away(edit: Edit, admin: Shell) -> None:
    admin.file("editor.py", EDITOR)
    admin.file("steps.json", json.dumps([EDITED]))
    admin.file("slow.sh", f"#!/bin/sh\npython3 {admin.home}/editor.py $1\ntouch ready\nsleep 60\n")
    (admin.home / "slow.sh").chmod(0o755)
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [OSMO, "config", "update", "BACKEND", "gpu-a"],
        env={**admin.env, "VISUAL": str(admin.home / "slow.sh"), "TMPDIR": str(edit.tmp)},
        cwd=admin.home,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0) and None,
    )
    os.close(follower)
    deadline = time.monotonic() + 30
    while not (admin.home / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.close(leader)
    process.wait(30)
    assert list(edit.tmp.iterdir()) == []
    assert json.loads(kept(admin))["description"] == "edited"
    assert live(admin)["description"] == "start"


def test_a_directory_that_cannot_be_written_does_not_lose_the_text(
    edit: Edit, admin: Shell, tmp_path: Path
) -> None:
    # Even root cannot create a file in a directory that is gone.
    gone = tmp_path / "gone"
    gone.mkdir()
    shell = Shell(gone, admin.env)
    admin.file("editor.py", EDITOR)
    admin.file("steps.json", json.dumps([INVALID, {}]))
    admin.file("shown.json", "[]")
    script = f"#!/bin/sh\nrmdir {gone} 2>/dev/null\npython3 {admin.home}/editor.py $1\n"
    admin.file("editor.sh", script)
    (admin.home / "editor.sh").chmod(0o755)
    env = {"VISUAL": str(admin.home / "editor.sh")}
    result = on_terminal(shell, "config", "update", "BACKEND", "gpu-a", env=env)
    assert result.code == 2, result.out
    assert f"saved in {admin.home}/BACKEND-gpu-a-" in result.out.replace("\n", "")
    assert json.loads(kept(admin))["description"] == 5


def test_secrets_are_not_in_what_is_kept(edit: Edit, admin: Shell) -> None:
    secret = {"replace": {'"registry": ""': '"registry": 5, "auth": "s3cr3t-text"'}}
    result = edit(secret, {}, target=())
    assert result.code == 2
    assert "saved without its secrets" in result.out
    assert "s3cr3t" not in result.out + kept(admin, "WORKFLOW-config")
    broken = {"replace": {'"registry": ""': '"registry": "" "auth": "s3cr3t-text"'}}
    result = edit(broken, {}, target=())
    assert result.code == 2
    assert "s3cr3t" not in result.out + kept(admin, "WORKFLOW-config")


def test_a_byte_order_mark_is_skipped(edit: Edit, admin: Shell) -> None:
    content = b"\xef\xbb\xbf" + b'{"description": "marked"}\n'
    result = edit({"bytes": content.hex()})
    assert result.code == 0, result.out
    assert live(admin)["description"] == "marked"


def test_secrets_are_not_shown_and_stay(edit: Edit, admin: Shell) -> None:
    admin.file("secret.json", '{"backend_images": {"credential": {"auth": "the-real-secret"}}}')
    admin.ok("config", "update", "WORKFLOW", "-f", "secret.json")
    result = edit({"replace": {'"registry": ""': '"registry": "nvcr.io"'}}, target=())
    assert result.code == 0, result.out
    assert "*****" not in edit.shown[0]["text"]
    assert "//   backend_images.credential.auth" in edit.shown[0]["text"]
    # The same secret counts as unchanged, so the edit has not replaced it.
    again = admin.ok("config", "update", "WORKFLOW", "-f", "secret.json")
    assert again == "No changes were made to the config.\n"
    admin.file("back.json", '{"backend_images": {"credential": {"registry": ""}}}')
    admin.ok("config", "update", "WORKFLOW", "-f", "back.json")


def edit_while_another_changes(admin: Shell, new: str, others: str) -> Result:
    """Edit gpu-a's description from `start`; meanwhile somebody else changes that of gpu-b."""
    admin.file("other.json", json.dumps({"description": others}))
    admin.file(
        "editor-and-other.sh",
        f"#!/bin/sh\nPYTHONWARNINGS= osmo config update BACKEND gpu-b -f {admin.home}/other.json "
        f">/dev/null 2>&1\nsed -i 's/start/{new}/' \"$1\"\n",
    )
    (admin.home / "editor-and-other.sh").chmod(0o755)
    env = {"VISUAL": str(admin.home / "editor-and-other.sh")}
    return on_terminal(admin, "config", "update", "BACKEND", "gpu-a", env=env)


def test_a_conflict_keeps_what_was_edited(edit: Edit, admin: Shell, tmp_path: Path) -> None:
    """Somebody else changes the type while the editor is open."""
    result = edit_while_another_changes(admin, "mine", "by another")
    assert result.code == 6
    assert "BACKEND was changed since it was read (revision" in result.out
    assert "by another" not in json.dumps(live(admin))
    (kept,) = admin.home.glob("BACKEND-gpu-a-*.json")
    assert json.loads(kept.read_text())["description"] == "mine"
    assert kept.name in result.out
    admin.ok("config", "update", "BACKEND", "gpu-a", "-f", kept.name)
    assert live(admin)["description"] == "mine"


def test_a_secret_from_elsewhere_is_stored_and_not_kept(edit: Edit, admin: Shell) -> None:
    admin.env["WHO"] = "a-secret-team"
    result = edit(
        {"replace": {'"registry": ""': '"registry": "", "auth": "${env:GONE}"'}},
        {"replace": {"${env:GONE}": "${env:WHO}"}},
        target=(),
    )
    assert result.code == 0, result.out
    problem = "backend_images.credential.auth: the environment variable GONE is not set"
    assert problem in edit.shown[1]["text"]
    assert "backend_images.credential.auth: (secret) -> (secret, sent)" in result.out
    assert "a-secret-team" not in result.out


def test_a_reference_in_another_field_is_stored_as_written(edit: Edit, admin: Shell) -> None:
    admin.env["WHO"] = "a-secret-team"
    result = edit({"replace": {'"start"': '"${env:WHO}"'}})
    assert result.code == 0, result.out
    assert (
        "description: a reference outside a secret field is stored as written"
        in result.out.replace("\n", " ")
    )
    assert live(admin)["description"] == "${env:WHO}"
    # What is stored already is not mentioned again.
    result = edit({"replace": {'"https://d.example.com"': '"https://e.example.com"'}})
    assert result.code == 0, result.out
    assert "stored as written" not in result.out


def test_what_is_kept_has_the_references_and_not_their_values(edit: Edit, admin: Shell) -> None:
    admin.env["WHO"] = "a-secret-team"
    result = edit_while_another_changes(admin, "${env:WHO}", "by a third")
    assert result.code == 6, result.out
    (kept,) = admin.home.glob("BACKEND-gpu-a-*.json")
    assert json.loads(kept.read_text())["description"] == "${env:WHO}"
    assert "a-secret-team" not in kept.read_text() + result.out


def test_on_a_terminal_show_prints_the_documents_table(edit: Edit, shell: Shell) -> None:
    env = {"OSMO_URL": "local", "OSMO_LOCAL_DB": str(shell.home / "empty.db")}
    result = on_terminal(shell, "config", "show", "BACKEND", env=env)
    assert result == Result(0, "Key   Value\n===========\n", "")
    wide = on_terminal(shell, "config", "show", "BACKEND", "gpu-a", "scheduler_settings")
    assert wide.out == (
        "Key                 Value\n"
        "=====================================\n"
        "scheduler_type      default\n"
        "scheduler_name      default-scheduler\n"
        "coscheduling        false\n"
        "scheduler_timeout   30\n"
    )
