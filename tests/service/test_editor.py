"""`osmo config update` on a terminal, without a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.processes import Result, Shell, on_terminal

# An editor that applies one step of a script each time it is called, and keeps what it was shown.
EDITOR = """
import json, pathlib, sys
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
file.write_text("" if step.get("empty") else text)
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
        found: list[dict[str, str]] = json.loads((self.shell.home / "shown.json").read_text())
        return found


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
    found: dict[str, object] = json.loads(shell.ok("config", "show", "BACKEND", "gpu-a"))
    return found


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
    found = live(admin)
    assert found["dashboard_url"] == ""
    assert found["node_conditions"] == {
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


def test_giving_up_after_an_error_sends_nothing(edit: Edit, admin: Shell) -> None:
    result = edit({"replace": {'"start"': "5"}}, {})
    assert (result.code, result.out) == (0, "No changes were made to the config.\n")
    assert live(admin)["description"] == "start"


def test_a_change_of_comments_alone_is_none(edit: Edit) -> None:
    """An editor that is a program, such as sed, would be asked again without end."""
    wrong = {"replace": {'"scheduler_timeout"': '"scheduler_timout"'}}
    comment = {"replace": {"This cannot be stored": "A remark"}}
    result = edit(wrong, comment, {"status": 9})
    assert (result.code, len(edit.shown)) == (0, 2)
    assert "No changes were made to the config." in result.out


def test_an_editor_that_fails_sends_nothing(edit: Edit, admin: Shell) -> None:
    result = edit({"replace": {'"start"': '"edited"'}, "status": 3})
    assert result.code == 2
    assert "ended with status 3" in result.out
    assert "nothing was sent" in result.out
    assert live(admin)["description"] == "start"


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


def test_values_from_elsewhere_are_stored_and_not_kept(edit: Edit, admin: Shell) -> None:
    admin.env["WHO"] = "a-secret-team"
    result = edit(
        {"replace": {'"start"': '"${env:GONE}"'}},
        {"replace": {"${env:GONE}": "${env:WHO}"}},
    )
    assert result.code == 0, result.out
    assert "description: the environment variable GONE is not set" in edit.shown[1]["text"]
    assert live(admin)["description"] == "a-secret-team"
    assert "a-secret-team" not in result.out

    # What is stored is no reference, though it looks like one.
    admin.ok(
        "config", "update", "BACKEND", "gpu-a", "-f", "-", input='{"description": "$${env:X}"}'
    )
    result = edit({"replace": {'"https://d.example.com"': '"https://${env:WHO}"'}})
    assert result.code == 0, result.out
    assert live(admin)["description"] == "${env:X}"
    assert live(admin)["dashboard_url"] == "https://a-secret-team"


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
