"""The cache of short-lived JWTs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from osmo_cli.credentials import profiles
from osmo_cli.credentials.credential import Credential, Method, Secrets
from osmo_cli.credentials.origin import parse_origin
from osmo_cli.credentials.resolve import resolve
from osmo_cli.credentials.session import drop_session, load_session, save_session

PROD = parse_origin("https://osmo.example.com")
MakeJwt = Callable[..., str]


def _login(name: str = "default") -> Credential:
    return profiles.save_login(
        profile=name,
        origin=PROD,
        method=Method.TOKEN,
        secrets=Secrets(access_token="token"),
        insecure_storage=True,
    )


@pytest.fixture
def sessions(home: Path) -> Path:
    return home / ".local/state/osmo/sessions"


def test_session_comes_back_until_it_expires(make_jwt: MakeJwt, sessions: Path) -> None:
    credential = _login()
    jwt = make_jwt(exp=time.time() + 300)
    save_session(credential, jwt)

    assert load_session(resolve()) == jwt
    (file,) = sessions.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert sessions.stat().st_mode & 0o777 == 0o700

    save_session(credential, make_jwt(exp=time.time() + 2))
    assert load_session(credential) is None
    save_session(credential, make_jwt(sub="without expiry"))
    assert load_session(credential) is None


def test_session_belongs_to_one_login(make_jwt: MakeJwt) -> None:
    credential = _login()
    save_session(credential, make_jwt(exp=time.time() + 300))

    assert load_session(_login("other")) is None
    assert load_session(replace(credential, origin=parse_origin("https://evil.example"))) is None
    assert load_session(replace(credential, username="bob")) is None


def test_new_login_or_logout_ends_the_session(make_jwt: MakeJwt, sessions: Path) -> None:
    old = _login()
    save_session(old, make_jwt(exp=time.time() + 300))
    new = _login()
    assert load_session(new) is None
    assert list(sessions.iterdir()) == []

    save_session(new, make_jwt(exp=time.time() + 300))
    profiles.forget("default")
    assert load_session(new) is None
    assert list(sessions.iterdir()) == []


def test_dropped_session_is_gone(make_jwt: MakeJwt) -> None:
    credential = _login()
    save_session(credential, make_jwt(exp=time.time() + 300))
    drop_session(credential)
    drop_session(credential)
    assert load_session(credential) is None


def test_login_of_the_environment_has_no_session(
    make_jwt: MakeJwt, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSMO_URL", str(PROD))
    monkeypatch.setenv("OSMO_TOKEN", "token")
    save_session(resolve(), make_jwt(exp=time.time() + 300))

    assert load_session(resolve()) is None
    drop_session(resolve())
    assert list(home.iterdir()) == []


def test_sessions_of_lost_logins_are_removed_after_a_day(make_jwt: MakeJwt, sessions: Path) -> None:
    sessions.mkdir(parents=True)
    (sessions / "old").write_text("x")
    os.utime(sessions / "old", (0, time.time() - 25 * 3600))
    (sessions / "fresh").write_text("x")
    save_session(_login(), make_jwt(exp=time.time() + 300))

    assert not (sessions / "old").exists()
    assert (sessions / "fresh").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"garbage", b"e30.W10.e30"])
def test_damaged_session_is_as_none(make_jwt: MakeJwt, sessions: Path, content: bytes) -> None:
    credential = _login()
    save_session(credential, make_jwt(exp=time.time() + 300))
    (file,) = sessions.iterdir()
    file.write_bytes(content)

    assert load_session(credential) is None


def test_cache_that_cannot_be_written_is_no_error(
    make_jwt: MakeJwt, monkeypatch: pytest.MonkeyPatch
) -> None:
    credential = _login()
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    save_session(credential, make_jwt(exp=time.time() + 300))
    drop_session(credential)

    assert load_session(credential) is None


def test_with_a_session_the_keyring_is_not_even_imported(make_jwt: MakeJwt, home: Path) -> None:
    save_session(_login(), make_jwt(exp=time.time() + 300))
    profile = home / ".config/osmo/profiles.json"
    profile.write_text(profile.read_text().replace('"file"', '"keyring"'))
    code = (
        "import sys\n"
        "from osmo_cli.credentials.resolve import resolve\n"
        "from osmo_cli.credentials.session import load_session\n"
        "credential = resolve()\n"
        "print(credential.source, load_session(credential) is not None)\n"
        "heavy = {'keyring', 'yaml', 'httpx', 'pydantic', 'secretstorage', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines() == ["profile default (keyring) True", "[]"]
