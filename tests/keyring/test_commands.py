"""The program with a real keyring: logins and tokens kept there, and what happens without it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keyring.conftest import SecretService
from tests.support.processes import Service, Shell, serving
from tests.support.versions import WITH_USERS

TOKEN = re.compile(r"[0-9a-f]{64}")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path / "service", auth="token") as running:
        yield running


@pytest.fixture
def shell(secret_service: SecretService, service: Service) -> Shell:
    """A user with a keyring who is logged in as administrator."""
    return user_of(secret_service, service)


def user_of(secret_service: SecretService, service: Service) -> Shell:
    user = Shell.at(secret_service.home)
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        user.env[name] = secret_service.environment[name]
    # From stdin, so that the token is in no file of this home.
    user.ok("login", service.url, "--token-file", "-", input=service.admin_token)
    return user


def files_with(folder: Path, text: str) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and "keyrings" not in path.parts and text.encode() in path.read_bytes()
    ]


def test_the_login_is_in_the_keyring_and_in_no_file(shell: Shell, service: Service) -> None:
    who = json.loads(shell.ok("whoami", "-t", "json"))
    assert (who["user"], who["from"]) == ("admin", "profile default (keyring)")
    assert files_with(shell.home, service.admin_token) == []


def test_a_new_token_is_printed_and_kept(shell: Shell) -> None:
    created = shell.osmo("token", "set", "ci", "-t", "json")
    token = json.loads(created.out)["token"]
    assert "saved in the keyring; `osmo token get ci` prints it again" in created.err
    assert shell.ok("token", "get", "ci") == f"{token}\n"
    assert json.loads(shell.ok("token", "get", "ci", "-t", "json")) == {"token": token}
    assert files_with(shell.home, token) == []

    shell.ok("token", "delete", "ci")
    gone = shell.osmo("token", "get", "ci")
    assert (gone.code, gone.out) == (2, "")
    assert "not found in the keyring" in gone.err


@pytest.mark.thorough
def test_a_service_token_has_a_name_of_its_own(shell: Shell) -> None:
    shell.ok("token", "set", "x", "--no-store")
    shell.ok("token", "set", "x", "--service", "--roles", "osmo-backend")
    assert shell.osmo("token", "get", "x").code == 2
    assert TOKEN.fullmatch(shell.ok("token", "get", "x", "--service").strip())


def test_store_keeps_it_there_alone(shell: Shell) -> None:
    created = shell.osmo("token", "set", "only", "--store")
    assert (created.code, created.out) == (0, "")
    assert TOKEN.fullmatch(shell.ok("token", "get", "only").strip())


def test_a_login_from_the_environment_keeps_nothing(shell: Shell, service: Service) -> None:
    shell.env |= {"OSMO_URL": service.url, "OSMO_TOKEN": service.admin_token}
    created = shell.osmo("token", "set", "ci")
    assert TOKEN.search(created.out)
    assert created.err == ""
    assert shell.osmo("token", "get", "ci").code == 2


def test_a_locked_keyring_is_one_error_and_no_dialog(
    shell: Shell, secret_service: SecretService
) -> None:
    secret_service.lock()
    for session in (shell.home / ".local" / "state").rglob("*"):
        if session.is_file():
            session.unlink()
    started = time.monotonic()
    result = shell.osmo("config", "show", "BACKEND")
    assert time.monotonic() - started < 5
    assert (result.code, result.out) == (4, "")
    assert "the keyring can't be read: it is locked" in result.err
    assert "OSMO_TOKEN" in result.err

    created = shell.osmo("token", "get", "ci")
    assert created.code == 4
    assert "locked" in created.err


def test_a_new_token_is_printed_where_the_keyring_is_locked(
    shell: Shell, secret_service: SecretService
) -> None:
    shell.ok("whoami")  # leaves a session, so that the login itself needs no keyring
    secret_service.lock()
    created = shell.osmo("token", "set", "ci")
    assert created.code == 0
    assert TOKEN.search(created.out)
    assert "saved in the keyring" not in created.err


@pytest.mark.thorough
def test_tokens_of_users_are_kept_by_user_and_name(
    secret_service: SecretService, tmp_path: Path
) -> None:
    with serving(tmp_path / "keeping", dialect=WITH_USERS[0], auth="token") as keeping:
        admin = user_of(secret_service, keeping)
        for name in ("ada", "bob@example.com"):
            admin.ok("user", "create", name, "--roles", "osmo-user")
        made = {
            whose: json.loads(admin.ok("token", "set", "ci", *whose, "-t", "json"))["token"]
            for whose in ((), ("--user", "ada"), ("-u", "bob@example.com"))
        }
        assert len(set(made.values())) == 3
        for whose, token in made.items():
            assert admin.ok("token", "get", "ci", *whose) == f"{token}\n"
        words = ("token", "set", "gpu", "--service", "--roles", "osmo-backend")
        created = admin.osmo(*words, "--store")
        assert created.out == ""
        assert "`osmo token get gpu --service` prints it again" in created.err
        # Both ways to name the account mean the same token.
        kept = admin.ok("token", "get", "gpu", "--service")
        assert admin.ok("token", "get", "gpu", "--user", "gpu") == kept
        rotated = json.loads(admin.ok(*words, "--if-exists", "rotate", "-t", "json"))["token"]
        assert admin.ok("token", "get", "gpu", "--service") == f"{rotated}\n" != kept

        # A copy of a token that is gone is of no use.
        admin.ok(*words, "--if-exists", "rotate", "--no-store")
        assert admin.osmo("token", "get", "gpu", "--service").code == 2

        admin.ok("token", "delete", "ci", "--user", "ada")
        admin.ok("user", "delete", "bob@example.com")
        for whose in (("--user", "ada"), ("--user", "bob@example.com")):
            gone = admin.osmo("token", "get", "ci", *whose)
            assert (gone.code, gone.out) == (2, "")
            assert f"osmo token set ci {' '.join(whose)}" in gone.err
        assert admin.ok("token", "get", "ci") == f"{made[()]}\n"


REFERRING = '{"backend_images": {"credential": {"auth": "${keyring:ngc.example/my key/me}"}}}'
UPDATE = ("config", "update", "WORKFLOW", "--file", "-")


@pytest.fixture
def image_key(secret_service: SecretService) -> str:
    """A key that another program has put into the keyring."""
    code = (
        "import keyring; keyring.set_password('ngc.example/my key', 'me', 'nvapi-from-a-keyring')"
    )
    stored = secret_service.run(code)
    assert stored.returncode == 0, stored.stderr
    return "nvapi-from-a-keyring"


@pytest.mark.thorough
def test_a_value_of_an_input_is_in_the_keyring(shell: Shell, image_key: str) -> None:
    first = shell.osmo("--debug", *UPDATE, input=REFERRING)
    assert first.out == "Successfully updated WORKFLOW config\n"
    assert shell.ok(*UPDATE, input=REFERRING) == "No changes were made to the config.\n"
    # It is the key itself that is stored: written out, it is no change either.
    written = REFERRING.replace("${keyring:ngc.example/my key/me}", image_key)
    assert shell.ok(*UPDATE, input=written) == "No changes were made to the config.\n"
    assert image_key not in first.err
    assert files_with(shell.home, image_key) == []


def test_an_entry_that_is_not_there_is_a_problem_with_its_place(
    shell: Shell, image_key: str
) -> None:
    text = '{"description": "x",\n "tests": ["${keyring:ngc/you}"]}'
    done = shell.osmo("config", "update", "WORKFLOW", "--file", "-", "--references", input=text)
    assert done.code == 2
    assert "<stdin>:2:12: tests[0]: the keyring has no entry ngc/you" in done.err


def test_a_locked_keyring_is_a_problem_with_its_place_and_no_dialog(
    shell: Shell, secret_service: SecretService, image_key: str
) -> None:
    shell.ok("whoami")  # leaves a session, so that the login itself needs no keyring
    secret_service.lock()
    done = shell.osmo(*UPDATE, input=REFERRING)
    assert done.code == 2
    assert "<stdin>:1:44: backend_images.credential.auth: the keyring can't be read" in done.err
    assert "${env:NAME}" in done.err


@pytest.mark.thorough
def test_a_keyring_that_hangs_is_waited_for_once(
    shell: Shell, secret_service: SecretService, image_key: str
) -> None:
    shell.ok("whoami")
    secret_service.stop()
    text = '{"description": "' + "".join(f"${{keyring:a/{n}}}" for n in range(20)) + '"}'
    started = time.monotonic()
    done = shell.osmo(*UPDATE, "--references", input=text)
    assert time.monotonic() - started < 8
    assert done.code == 2
    assert done.err.count("it does not answer within 3 s") == 20
