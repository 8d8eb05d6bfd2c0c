"""Which login a command uses, and that one of the environment is all it looks at."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from osmo_cli.credentials.credential import Credential, Method, Secrets
from osmo_cli.credentials.network import Network
from osmo_cli.credentials.origin import LOCAL, parse_origin
from osmo_cli.credentials.profiles import forget, save_login
from osmo_cli.credentials.resolve import resolve
from osmo_cli.errors import NotLoggedInError, UsageError

URL = "https://osmo.example.com"
TOKEN = "s3cret" * 7 + "x"
OFFICIAL = f"url: {URL}\ndev_login: {{username: official}}\n"


def _dev_login(name: str, url: str = URL) -> Credential:
    return save_login(
        profile=name,
        origin=parse_origin(url, allow_http=True),
        method=Method.DEV,
        secrets=Secrets(),
        username=name,
        network=Network(allow_http=True),
    )


def _write_official(home: Path) -> Path:
    file = home / ".config/osmo/login.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(OFFICIAL)
    return file


def _set(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def test_order_is_flag_environment_variable_of_profile_active_official(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotLoggedInError) as caught:
        resolve()
    assert "osmo login" in (caught.value.hint or "")

    _write_official(home)
    assert (resolve().source, resolve().username) == ("official login.yaml", "official")
    _dev_login("second")
    _dev_login("forgotten")
    forget("forgotten")
    assert resolve().username == "official"
    _dev_login("active")
    assert (resolve().source, resolve().profile) == ("profile active", "active")
    _set(monkeypatch, OSMO_PROFILE="second")
    assert resolve().profile == "second"
    _set(monkeypatch, OSMO_URL="https://other.example.com", OSMO_TOKEN=TOKEN)
    assert resolve().source == "environment (OSMO_TOKEN)"
    assert resolve(profile="active").profile == "active"


def test_token_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, OSMO_URL=URL + "/", OSMO_TOKEN=TOKEN + "\n", OSMO_CA_FILE="/ca.pem")

    credential = resolve()
    assert (str(credential.origin), credential.method) == (URL, Method.TOKEN)
    assert credential.secrets() == Secrets(access_token=TOKEN)
    assert (credential.profile, credential.network.ca_file) == (None, "/ca.pem")
    assert TOKEN not in repr(credential) + repr(credential.secrets())


def test_jwt_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, make_jwt: Callable[..., str]
) -> None:
    jwt = make_jwt(exp=4102444800)
    _set(monkeypatch, OSMO_URL=URL, OSMO_TOKEN=jwt)

    assert resolve().secrets() == Secrets(jwt=jwt)


@pytest.mark.parametrize(
    "content", [TOKEN, f"{URL}/api/auth/jwt/access_token?access_token={TOKEN}\n"]
)
def test_token_file_of_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    file = home / "token"
    file.write_text(content)
    file.chmod(0o600)
    _set(monkeypatch, OSMO_URL=URL, OSMO_TOKEN_FILE=str(file), OSMO_TOKEN="")

    credential = resolve()
    assert credential.source == "environment (OSMO_TOKEN_FILE)"
    assert credential.secrets().access_token == TOKEN
    assert credential.warnings == ()

    file.chmod(0o640)
    (warning,) = resolve().warnings
    assert "chmod 600" in warning
    assert TOKEN not in warning


def test_nobody_is_told_to_change_a_file_that_they_cannot(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret in a container has mode 0444 and another owner, or is mounted read-only."""
    file = home / "token"
    file.write_text(TOKEN)
    file.chmod(0o444)
    _set(monkeypatch, OSMO_URL=URL, OSMO_TOKEN_FILE=str(file))
    assert resolve().warnings
    with monkeypatch.context() as mounted:
        status = os.statvfs(file)
        values = [*status[:8], status.f_flag | os.ST_RDONLY, status.f_namemax]
        mounted.setattr(os, "statvfs", lambda path: os.statvfs_result(values))
        assert resolve().warnings == ()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "geteuid", lambda: file.stat().st_uid + 1)
        assert resolve().warnings == ()


def test_token_file_of_another_service_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "token").write_text(f"https://evil.example.com/x?access_token={TOKEN}")
    _set(monkeypatch, OSMO_URL=URL, OSMO_TOKEN_FILE=str(home / "token"))

    with pytest.raises(UsageError, match=r"of https://evil\.example\.com") as caught:
        resolve()
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"OSMO_TOKEN": TOKEN}, "OSMO_TOKEN is set without OSMO_URL"),
        ({"OSMO_TOKEN_FILE": "/x"}, "OSMO_TOKEN_FILE is set without OSMO_URL"),
        ({"OSMO_URL": URL, "OSMO_TOKEN": ""}, "OSMO_TOKEN is empty"),
        ({"OSMO_URL": URL, "OSMO_TOKEN": "s3cret s3cret"}, "OSMO_TOKEN holds more than a token"),
        ({"OSMO_URL": URL, "OSMO_TOKEN_FILE": ""}, "OSMO_TOKEN_FILE names no file"),
        ({"OSMO_URL": URL, "OSMO_TOKEN_FILE": "/nonexistent"}, "/nonexistent: file not found"),
        ({"OSMO_URL": URL, "OSMO_TOKEN_FILE": "/"}, "/ is a directory"),
        ({"OSMO_URL": URL, "OSMO_TOKEN": TOKEN, "OSMO_TOKEN_FILE": "/x"}, "both"),
        ({"OSMO_URL": "osmo.example.com", "OSMO_TOKEN": TOKEN}, "no scheme"),
        ({"OSMO_URL": "http://osmo.example.com", "OSMO_TOKEN": TOKEN}, "plain http"),
        ({"OSMO_PROFILE": "../prod"}, "a profile's name"),
    ],
)
def test_wrong_environment_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    _set(monkeypatch, **variables)
    with pytest.raises(UsageError, match=message) as caught:
        resolve()
    assert caught.value.hint or "not found" in message or "directory" in message
    assert "s3cret" not in caught.value.message + (caught.value.hint or "")


def test_plain_http_is_allowed_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, OSMO_URL="http://osmo.example.com", OSMO_TOKEN=TOKEN, OSMO_ALLOW_HTTP="1")
    assert resolve().network.allow_http


def test_url_local_alone_is_the_embedded_service(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, OSMO_URL="local")
    credential = resolve()
    assert (credential.origin, credential.method, credential.username) == (
        LOCAL,
        Method.DEV,
        "admin",
    )
    assert credential.warnings == ()

    _set(monkeypatch, OSMO_TOKEN=TOKEN)
    assert resolve().secrets() == Secrets()
    assert "OSMO_TOKEN is not used" in resolve().warnings[0]


def test_url_alone_takes_the_profile_of_that_service(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _dev_login("c")
    _dev_login("plain", "http://osmo.example.com")
    _dev_login("a")
    _dev_login("b")
    _set(monkeypatch, OSMO_URL="https://OSMO.example.com:443/")
    assert resolve().profile == "b"
    _set(monkeypatch, OSMO_PROFILE="c")
    assert resolve().profile == "c"
    _set(monkeypatch, OSMO_URL="http://osmo.example.com")
    assert resolve().profile == "plain"

    _write_official(home)
    _set(monkeypatch, OSMO_URL="https://other.example.com")
    with pytest.raises(NotLoggedInError) as caught:
        resolve()
    assert "https://other.example.com" in caught.value.message
    assert "OSMO_TOKEN_FILE" in (caught.value.hint or "")
    assert "osmo login https://other.example.com" in (caught.value.hint or "")


def test_unknown_profile_is_an_error_that_lists_the_known(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _dev_login("stage")
    _write_official(home)
    for ask in (lambda: resolve(profile="prod"), resolve):
        _set(monkeypatch, OSMO_PROFILE="prod")
        with pytest.raises(NotLoggedInError, match="profile prod not found") as caught:
            ask()
        assert "stage" in (caught.value.hint or "")


def test_ca_file_of_the_environment_is_for_a_profile_without_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _dev_login("a")
    assert resolve().network.ca_file is None
    _set(monkeypatch, OSMO_CA_FILE="/ca.pem")
    assert resolve().network.ca_file == "/ca.pem"


WATCHED = """
import os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from osmo_cli.credentials.resolve import resolve
from osmo_cli.credentials.session import load_session, save_session
credential = resolve()
save_session(credential, credential.secrets().jwt or "x")
load_session(credential)
home = os.environ["HOME"]
print([name for name in opened if name.startswith(home)])
print(sorted({name.split(".")[0] for name in sys.modules} &
             {"keyring", "yaml", "httpx", "pydantic", "secretstorage", "idna"}))
"""


def test_login_of_the_environment_reads_imports_and_writes_nothing_else(home: Path) -> None:
    _dev_login("active")
    _write_official(home)
    before = sorted(path for path in home.rglob("*"))
    answer = subprocess.run(
        [sys.executable, "-c", WATCHED],
        env=os.environ | {"OSMO_URL": URL, "OSMO_TOKEN": TOKEN, "OSMO_PROFILE": "active"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.splitlines() == ["[]", "[]"]
    assert sorted(path for path in home.rglob("*")) == before


def test_login_of_the_environment_needs_no_home() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", WATCHED],
        env={"OSMO_URL": URL, "OSMO_TOKEN": TOKEN, "HOME": "/nonexistent"},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.splitlines() == ["[]", "[]"]
