"""Secrets in a real keyring: kept, found again, and never a dialog or a wait in a script."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from osmo_cli.credentials import keyring_store, tokens
from osmo_cli.credentials.origin import parse_origin
from osmo_cli.errors import ExitCode

from .conftest import Prompter, SecretService

PROD = parse_origin("https://osmo.example.com")
STAGE = parse_origin("https://stage.example.com")
READ = """
from osmo_cli.credentials import keyring_store, tokens
from osmo_cli.credentials.origin import parse_origin
from osmo_cli.errors import OsmoError
print(keyring_store.is_available())
try:
    origin = parse_origin("https://osmo.example.com")
    tokens.keep_token(origin, "ci", service=False, token="secret-of-ci")
    print(tokens.kept_token(origin, "ci", service=False))
except OsmoError as error:
    print(type(error).__name__, int(error.exit_code))
    print(error.message)
    print(error.hint)
"""


def test_kept_token_is_found_by_its_origin_kind_and_name_only(
    secret_service: SecretService,
) -> None:
    tokens.keep_token(PROD, "ci", service=False, token="user-secret")
    tokens.keep_token(PROD, "ci", service=True, token="service-secret")

    assert tokens.kept_token(PROD, "ci", service=False) == "user-secret"
    assert tokens.kept_token(PROD, "ci", service=True) == "service-secret"
    assert tokens.kept_token(PROD, "other", service=False) is None
    assert tokens.kept_token(STAGE, "ci", service=False) is None
    assert keyring_store.is_available()


def test_dropped_token_is_gone_and_the_other_kind_stays(secret_service: SecretService) -> None:
    tokens.keep_token(PROD, "ci", service=False, token="user-secret")
    tokens.keep_token(PROD, "ci", service=True, token="service-secret")

    assert tokens.drop_token(PROD, "ci", service=False)
    assert not tokens.drop_token(PROD, "ci", service=False)
    assert tokens.kept_token(PROD, "ci", service=False) is None
    assert tokens.kept_token(PROD, "ci", service=True) == "service-secret"


def test_keeping_a_token_again_replaces_it(secret_service: SecretService) -> None:
    tokens.keep_token(PROD, "ci", service=False, token="old")
    tokens.keep_token(PROD, "ci", service=False, token="new")

    assert tokens.kept_token(PROD, "ci", service=False) == "new"
    assert tokens.drop_token(PROD, "ci", service=False)
    assert tokens.kept_token(PROD, "ci", service=False) is None


def test_locked_keyring_is_an_error_at_once_and_opens_no_dialog(
    secret_service: SecretService, prompter: Prompter
) -> None:
    tokens.keep_token(PROD, "ci", service=False, token="secret-of-ci")
    secret_service.lock()

    for call in (
        lambda: tokens.kept_token(PROD, "ci", service=False),
        lambda: tokens.keep_token(PROD, "new", service=False, token="secret"),
        lambda: tokens.drop_token(PROD, "ci", service=False),
    ):
        start = time.monotonic()
        with pytest.raises(keyring_store.KeyringLockedError) as caught:
            call()
        assert time.monotonic() - start < 4
        assert caught.value.exit_code is ExitCode.NOT_AUTHORIZED
        assert "OSMO_TOKEN" in (caught.value.hint or "")
    assert not keyring_store.is_available()
    assert not prompter.was_asked(within=0.3)


def test_on_a_desktop_terminal_the_keyring_may_ask(
    secret_service: SecretService, prompter: Prompter
) -> None:
    """Shows too that the prompter of the test above would have noticed a dialog."""
    secret_service.lock()
    terminal, its_end = pty.openpty()
    try:
        person = subprocess.Popen(
            [sys.executable, "-c", READ],
            env=secret_service.environment | {"DISPLAY": ":99"},
            stdin=its_end,
            stdout=subprocess.PIPE,
        )
        try:
            assert prompter.was_asked(within=10)
        finally:
            person.kill()
            person.communicate()
    finally:
        os.close(terminal)
        os.close(its_end)


def test_hanging_keyring_counts_as_locked_after_three_seconds(
    secret_service: SecretService,
) -> None:
    tokens.keep_token(PROD, "ci", service=False, token="secret-of-ci")
    secret_service.stop()

    start = time.monotonic()
    answer = secret_service.run(READ.replace("print(keyring_store.is_available())", ""))
    seconds = time.monotonic() - start

    assert 3 <= seconds < 4.5
    assert answer.stdout.splitlines()[0] == "KeyringLockedError 4"
    assert "does not answer within 3 s" in answer.stdout
    assert answer.stderr == ""

    secret_service.go_on()
    assert tokens.kept_token(PROD, "ci", service=False) == "secret-of-ci"


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}, "does not keep secrets"),
        ({"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}, "no keyring is running"),
        ({"PYTHON_KEYRING_BACKEND": "plain.Keyring"}, "plain does not keep secrets safe"),
        ({"PYTHON_KEYRING_BACKEND": "no.such.Backend"}, "does not load"),
        ({"DBUS_SESSION_BUS_ADDRESS": ""}, "no D-Bus"),
        ({"DBUS_SESSION_BUS_ADDRESS": "autolaunch:"}, "no D-Bus"),
        ({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"}, "no keyring is running"),
    ],
)
def test_what_does_not_keep_secrets_safe_is_refused(
    secret_service: SecretService, environment: dict[str, str], reason: str
) -> None:
    kept = secret_service.home / "plain-text"
    (secret_service.home / "plain.py").write_text(
        "from pathlib import Path\n"
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 9\n"
        f"    def set_password(self, *secret): Path({str(kept)!r}).write_text(str(secret))\n"
        "    def get_password(self, service, username): return None\n"
    )
    start = time.monotonic()
    answer = secret_service.run(READ, PYTHONPATH=str(secret_service.home), **environment)

    assert time.monotonic() - start < 4
    assert answer.stdout.splitlines()[:2] == ["False", "KeyringUnavailableError 4"]
    assert reason in answer.stdout
    assert "--insecure-storage" in answer.stdout
    assert answer.stderr == ""
    assert not kept.exists()


def test_keyring_that_went_away_is_named(secret_service: SecretService) -> None:
    secret_service.end()

    answer = secret_service.run(READ)

    assert answer.stdout.splitlines()[:2] == ["False", "KeyringUnavailableError 4"]
    assert answer.stderr == ""


def test_keyring_that_drops_what_it_is_given_is_refused(
    secret_service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No trusted keyring can be made to do that: keyring's own null backend stands in."""
    monkeypatch.setattr(keyring_store, "_TRUSTED", ("keyring.backends.null",))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")

    with pytest.raises(keyring_store.KeyringUnavailableError, match="did not keep"):
        tokens.keep_token(PROD, "ci", service=False, token="secret-of-ci")


def test_plugin_that_does_not_load_leaves_no_traceback(secret_service: SecretService) -> None:
    folder = secret_service.home / "plugin"
    _install_plugin(folder, "raise ImportError('broken')\n")

    answer = secret_service.run(READ, PYTHONPATH=str(folder))

    assert answer.stdout.splitlines() == ["True", "secret-of-ci"]
    assert answer.stderr == ""


def _install_plugin(folder: Path, code: str) -> None:
    """A Python package that gives keyring another backend."""
    metadata = folder / "plain-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "entry_points.txt").write_text("[keyring.backends]\nplain = plain\n")
    (metadata / "METADATA").write_text("Name: plain\nVersion: 1\n")
    (folder / "plain.py").write_text(code)


def test_secret_is_read_back_in_another_process(secret_service: SecretService) -> None:
    answer = secret_service.run(READ)

    assert answer.stdout.splitlines() == ["True", "secret-of-ci"]
    assert tokens.kept_token(PROD, "ci", service=False) == "secret-of-ci"


def test_chain_of_backends_gives_the_secret_to_the_safe_one_only(
    secret_service: SecretService,
) -> None:
    """The chainer asks every member for a secret and gives a new one to the first."""
    folder = secret_service.home / "plugin"
    kept = secret_service.home / "plain-text"
    _install_plugin(
        folder,
        "from pathlib import Path\n"
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 9\n"
        f"    def set_password(self, *secret): Path({str(kept)!r}).write_text(str(secret))\n"
        "    def get_password(self, service, username): return 'of the plain one'\n",
    )
    answer = secret_service.run(
        "import keyring; print(keyring.get_keyring().name)\n" + READ, PYTHONPATH=str(folder)
    )

    assert answer.stdout.splitlines() == ["chainer ChainerBackend", "True", "secret-of-ci"]
    assert not kept.exists()
