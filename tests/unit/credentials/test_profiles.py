"""Profiles without a keyring: files, refusals, damage, and writers at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from osmo_cli.credentials import profiles
from osmo_cli.credentials.credential import Credential, Method, Secrets
from osmo_cli.credentials.keyring_store import KeyringUnavailableError
from osmo_cli.credentials.origin import LOCAL, parse_origin
from osmo_cli.credentials.resolve import resolve
from osmo_cli.errors import ExitCode, NotLoggedInError, OsmoError, UsageError

PROD = parse_origin("https://osmo.example.com")
TOKEN = Secrets(access_token="s3cret-token")


def _login(name: str = "default", *, insecure: bool = True, secrets: Secrets = TOKEN) -> Credential:
    return profiles.save_login(
        profile=name,
        origin=PROD,
        method=Method.TOKEN,
        secrets=secrets,
        insecure_storage=insecure,
    )


@pytest.fixture
def folder(home: Path) -> Path:
    return home / ".config/osmo"


def test_login_in_a_file_comes_back(folder: Path) -> None:
    saved = _login("prod")

    assert resolve() == saved
    assert resolve().secrets() == TOKEN
    assert resolve().source == "profile prod (file)"
    assert "s3cret" not in (folder / "profiles.json").read_text()
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_renewed_secrets_are_kept_in_the_file() -> None:
    _login().save(Secrets(access_token="renewed"))
    assert resolve().secrets().access_token == "renewed"


def test_developer_login_needs_no_keyring(folder: Path) -> None:
    profiles.save_login(
        profile="default", origin=LOCAL, method=Method.DEV, secrets=Secrets(), username="ada"
    )
    assert (resolve().origin, resolve().username) == (LOCAL, "ada")
    assert resolve().secrets() == Secrets()
    assert profiles.list_profiles()[0].storage == "none"
    assert not (folder / "secrets.json").exists()


def test_without_keyring_nothing_is_written_unless_asked(folder: Path) -> None:
    with pytest.raises(KeyringUnavailableError) as caught:
        _login(insecure=False)

    assert caught.value.exit_code is ExitCode.NOT_AUTHORIZED
    for way_out in ("OSMO_TOKEN", "OSMO_TOKEN_FILE", "--insecure-storage", "install"):
        assert way_out in (caught.value.hint or "")
    assert profiles.list_profiles() == []
    assert {path.name for path in folder.iterdir()} <= {"profiles.lock"}


def test_choice_of_a_file_is_remembered() -> None:
    _login()
    _login(insecure=False, secrets=Secrets(access_token="second"))
    assert resolve().secrets().access_token == "second"


def test_last_login_is_the_active_one(folder: Path) -> None:
    _login("a")
    _login("b")
    active = profiles.active_profile()
    assert active is not None
    assert active.name == "b"
    assert [profile.name for profile in profiles.list_profiles()] == ["a", "b"]


def test_forgotten_profile_takes_only_its_own_secret_along(folder: Path) -> None:
    _login("a", secrets=Secrets(access_token="of-a"))
    _login("b", secrets=Secrets(access_token="of-b"))

    assert profiles.forget("b")
    assert not profiles.forget("b")
    assert profiles.active_profile() is None
    assert resolve(profile="a").secrets().access_token == "of-a"
    assert "of-b" not in (folder / "secrets.json").read_text()


def test_forgetting_what_never_was_writes_nothing(folder: Path) -> None:
    assert not profiles.forget("default")
    assert not folder.exists()


def test_secret_that_is_gone_asks_for_a_new_login(folder: Path) -> None:
    _login("prod")
    (folder / "secrets.json").unlink()
    with pytest.raises(NotLoggedInError, match="has no secret") as caught:
        resolve().secrets()
    assert "osmo login https://osmo.example.com --profile prod" in (caught.value.hint or "")


def test_profile_edited_to_name_another_service_sends_it_nothing(folder: Path) -> None:
    _login()
    file = folder / "profiles.json"
    file.write_text(file.read_text().replace("osmo.example.com", "evil.example.com"))

    with pytest.raises(NotLoggedInError, match="has no secret"):
        resolve().secrets()


@pytest.mark.parametrize("name", ["", ".", "..", "-x", "a/b", "a b", "ä", "a\n", "x" * 65])
def test_wrong_name_of_a_profile_is_refused(name: str, folder: Path) -> None:
    with pytest.raises(UsageError, match="profile's name"):
        _login(name)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff", "damaged"),
        (b"[]", "damaged"),
        (b"[" * 100000, "damaged"),
        (b'{"version": 1}', "damaged"),
        (b'{"version": 1, "active": 5, "profiles": {}}', "damaged"),
        (b'{"version": 1, "active": null, "profiles": {"a": {"origin": "x"}}}', "damaged"),
        (b'{"version": 1, "active": null, "profiles": {"a": []}}', "damaged"),
        (b'{"version": 2, "logins": []}', "newer version"),
    ],
)
def test_profiles_file_that_is_not_understood_is_never_overwritten(
    folder: Path, content: bytes, message: str
) -> None:
    folder.mkdir(parents=True)
    file = folder / "profiles.json"
    file.write_bytes(content)

    for use in (resolve, _login, lambda: profiles.forget("a"), lambda: resolve(profile="a")):
        with pytest.raises(OsmoError, match=message) as caught:
            use()
        assert str(file) in caught.value.message
        assert caught.value.hint
    assert file.read_bytes() == content
    assert not (folder / "secrets.json").exists()


def test_damaged_secrets_file_is_never_overwritten(folder: Path) -> None:
    _login()
    (folder / "secrets.json").write_text("{")
    for use in (lambda: resolve().secrets(), _login, lambda: profiles.forget("default")):
        with pytest.raises(OsmoError, match=r"secrets\.json is damaged"):
            use()
    assert (folder / "secrets.json").read_text() == "{"
    assert [profile.name for profile in profiles.list_profiles()] == ["default"]


@pytest.mark.parametrize("parent", ["/proc/osmo", "/dev/null/osmo"])
def test_home_that_cannot_be_written_is_one_clear_error(
    parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSMO_CONFIG_FILE_DIR", parent)
    with pytest.raises(OsmoError, match=f"cannot write {parent}: ") as caught:
        _login()
    assert "OSMO_CONFIG_FILE_DIR" in (caught.value.hint or "")
    with pytest.raises(NotLoggedInError, match="not logged in"):
        resolve()


def test_logins_at_the_same_time_lose_no_profile(home: Path) -> None:
    code = (
        "import sys\n"
        "from osmo_cli.credentials import profiles\n"
        "from osmo_cli.credentials.credential import Method, Secrets\n"
        "from osmo_cli.credentials.origin import parse_origin\n"
        "for number in range(10):\n"
        "    profiles.save_login(profile=f'{sys.argv[1]}{number}', method=Method.TOKEN,\n"
        "        origin=parse_origin('https://osmo.example.com'), insecure_storage=True,\n"
        "        secrets=Secrets(access_token=f'token-{sys.argv[1]}{number}'))\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, name], env=os.environ) for name in "abcd"
    ]
    assert [process.wait(30) for process in processes] == [0, 0, 0, 0]

    names = [f"{name}{number}" for name in "abcd" for number in range(10)]
    assert [profile.name for profile in profiles.list_profiles()] == names
    for name in names:
        assert resolve(profile=name).secrets().access_token == f"token-{name}"


def test_writer_that_is_killed_holds_up_nobody(home: Path) -> None:
    code = (
        "import time\n"
        "from osmo_cli.credentials.profile_file import locked_profiles\n"
        "with locked_profiles():\n"
        "    print('locked', flush=True)\n"
        "    time.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    holder.kill()
    holder.wait()
    holder.stdout.close()

    start = time.monotonic()
    _login()
    assert time.monotonic() - start < 2
