"""References that somebody else stored on a service: given back, they send nothing of this machine.

Every way by which stored text comes back into a write is taken, against every version.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.processes import Shell, on_terminal

CANARY = "canary-7d21-of-this-machine"
NAMES = ("${file:canary}", "${env:CANARY}", "x ${file:canary}${env:CANARY}", "${keyring:a/b}")
EVIL = {
    "spec": {
        "containers": [
            {"name": "a", "args": [NAMES[0], NAMES[3]], "env": [{"name": "A", "value": NAMES[1]}]}
        ],
    },
    "metadata": {"annotations": {"note": NAMES[2]}},
}


@pytest.fixture(scope="module", params=DIALECTS)
def admin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """An administrator whose service holds references that were written by another client."""
    folder = tmp_path_factory.mktemp(request.param)
    shell = Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(folder / "local.db"))
    shell.env |= {"CANARY": CANARY}
    shell.file("canary", CANARY)
    shell.ok("local", "reset", "--dialect", request.param)
    shell.ok("local", "add-backend", "gpu-a")
    pool = {"backend": "gpu-a", "description": NAMES[2]}
    for words, content in (
        (("POD_TEMPLATE", "evil", "--create"), EVIL),
        (("POOL", "evil", "--create"), pool),
        (("BACKEND", "gpu-a"), {"description": NAMES[0]}),
    ):
        shell.ok("config", "update", *words, "--file", "-", input=json.dumps(content))
    return shell


def stored(shell: Shell, *words: str) -> Any:
    return json.loads(shell.ok("config", "show", *words))


def send(shell: Shell, words: tuple[str, ...], content: Any) -> None:
    """Write to a file what was shown, and send it."""
    shell.file("shown.json", json.dumps(content))
    shell.ok("config", "update", *words, "--file", "shown.json")


def whole(shell: Shell) -> None:
    """All items of the type, with a new one."""
    send(shell, ("POD_TEMPLATE",), stored(shell, "POD_TEMPLATE") | {"more": EVIL})


def named(shell: Shell) -> None:
    """An item that exists, with a changed field."""
    shown = stored(shell, "POD_TEMPLATE", "evil")
    shown["metadata"]["annotations"]["changed"] = "yes"
    send(shell, ("POD_TEMPLATE", "evil"), shown)


def created(shell: Shell) -> None:
    send(shell, ("POD_TEMPLATE", "copy", "--create"), stored(shell, "POD_TEMPLATE", "evil"))


def replaced(shell: Shell) -> None:
    """A file that is the whole object."""
    shown = stored(shell, "BACKEND", "gpu-a", "description")
    send(shell, ("BACKEND", "gpu-a", "--replace"), {"description": f"{shown} {NAMES[1]}"})


def other_type(shell: Shell) -> None:
    """Text of one type in another."""
    text = stored(shell, "POD_TEMPLATE", "evil")["metadata"]["annotations"]["note"]
    send(shell, ("BACKEND", "gpu-a"), {"description": text, "dashboard_url": NAMES[2]})


def yaml(shell: Shell) -> None:
    text = shell.ok("config", "show", "POD_TEMPLATE", "evil", "-t", "yaml")
    shell.file("shown.yaml", text)
    shell.ok("config", "update", "POD_TEMPLATE", "of-yaml", "--create", "--file", "shown.yaml")


def rolled_back(shell: Shell) -> None:
    shell.ok("config", "delete", "POD_TEMPLATE", "evil")
    history = json.loads(shell.ok("config", "history", "POD_TEMPLATE", "-t", "json"))["configs"]
    newest = max(entry["revision"] for entry in history)
    shell.ok("config", "rollback", f"POD_TEMPLATE:{newest - 1}", "--force")


def renamed(shell: Shell) -> None:
    shell.ok("config", "rename", "POOL", "evil", "good")


WAYS: list[Callable[[Shell], None]] = [
    *(whole, named, created, replaced, other_type, yaml, rolled_back, renamed)
]


def held(shell: Shell) -> str:
    """Everything that the service holds."""
    return "".join(
        path.read_bytes().decode("utf-8", "replace")
        for path in Path(shell.env["OSMO_LOCAL_DB"]).parent.glob("local.db*")
    )


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_is_given_back_is_stored_as_written(
    admin: Shell, way: Callable[[Shell], None]
) -> None:
    way(admin)
    assert CANARY not in held(admin)


def test_what_another_wrote_is_refused_with_the_flag(admin: Shell) -> None:
    for name, content in (("POD_TEMPLATE", EVIL), ("BACKEND", {"description": NAMES[0]})):
        target = ("refused", "--create") if name == "POD_TEMPLATE" else ("gpu-a",)
        admin.file("shown.json", json.dumps(content))
        update = ("config", "update", name, *target, "--file", "shown.json", "--references")
        for words in (update, (*update, "--dry-run")):
            done = admin.osmo("--debug", *words)
            assert (done.code, done.out) == (2, "")
            assert f"the service holds {NAMES[0]} too: it is not looked up" in done.err
            assert CANARY not in done.err
    online = ("config", "validate", "shown.json", "--type", "BACKEND", "--name", "gpu-a")
    done = admin.osmo(*online, "--references", "--online")
    assert done.code == 2
    assert f"the service holds {NAMES[0]} too: it is not looked up" in done.out
    assert CANARY not in held(admin)


def test_a_reference_of_ones_own_is_looked_up_with_the_flag(admin: Shell) -> None:
    admin.env["MINE"] = "my own value"
    mine = '{"description": "${env:MINE}"}'
    update = ("config", "update", "BACKEND", "gpu-a", "--file", "-")
    done = admin.osmo(*update, input=mine)
    assert done.code == 0
    message = "description: a reference outside a secret field is stored as written"
    assert f"warning: <stdin>:1:17: {message}" in done.err
    assert "--references looks it up here too" in done.err
    assert stored(admin, "BACKEND", "gpu-a", "description") == "${env:MINE}"
    # Now the service holds it: the value is written once more by hand, or under another name.
    assert admin.osmo(*update, "--references", input=mine).code == 2
    admin.env["OTHER"] = "my own value"
    admin.ok(*update, "--references", input=mine.replace("MINE", "OTHER"))
    assert stored(admin, "BACKEND", "gpu-a", "description") == "my own value"


def test_templates_keep_their_variables(admin: Shell) -> None:
    spec = {
        "spec": {"containers": [{"name": "a", "args": ["${USER}", "$${A}", "${B:-c}", "{{x}}"]}]}
    }
    text = json.dumps(spec)
    create = ("config", "update", "POD_TEMPLATE", "mine", "--create", "--file", "-")
    done = admin.osmo(*create, input=text)
    assert done.code == 0, done.err
    assert "stored as written" not in done.err
    assert stored(admin, "POD_TEMPLATE", "mine") == spec


def test_the_editor_sends_what_another_wrote_as_it_is(tmp_path: Path) -> None:
    shell = Shell.at(tmp_path / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(tmp_path / "local.db"))
    shell.env |= {"CANARY": CANARY, "EDITOR": "sed -i s/first/second/"}
    shell.file("canary", CANARY)
    content = json.dumps(EVIL | {"metadata": {"name": "first"}})
    shell.ok("config", "update", "POD_TEMPLATE", "evil", "--create", "-f", "-", input=content)
    done = on_terminal(shell, "config", "update", "POD_TEMPLATE", "evil")
    assert done.code == 0, done
    assert stored(shell, "POD_TEMPLATE", "evil")["metadata"] == {"name": "second"}
    assert CANARY not in done.out + held(shell)
