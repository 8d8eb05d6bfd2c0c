"""Logins whose secrets are in a real keyring."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from osmo_cli.credentials import keyring_store, profiles
from osmo_cli.credentials.credential import Credential, Method, Secrets
from osmo_cli.credentials.network import Network
from osmo_cli.credentials.origin import parse_origin
from osmo_cli.credentials.resolve import resolve
from osmo_cli.credentials.session import load_session, save_session
from osmo_cli.errors import NotLoggedInError, OsmoError

from .conftest import SecretService

PROD = parse_origin("https://osmo.example.com")
STAGE = parse_origin("https://stage.example.com")
KEY = "login/default"
# {"alg": "none"}, {"exp": 4102444800}: until 2100.
JWT = "eyJhbGciOiAibm9uZSJ9.eyJleHAiOiA0MTAyNDQ0ODAwfQ.c2ln"


def _login(
    profile: str = "default",
    *,
    insecure: bool = False,
    token: str = "s3cret-of-login",
    url: str = "https://osmo.example.com",
) -> Credential:
    return profiles.save_login(
        profile=profile,
        origin=parse_origin(url),
        method=Method.TOKEN,
        secrets=Secrets(access_token=token),
        insecure_storage=insecure,
    )


def _files_with(folder: Path, text: str) -> list[Path]:
    return [
        file for file in folder.rglob("*") if file.is_file() and text.encode() in file.read_bytes()
    ]


def test_login_comes_back_from_the_keyring_and_is_in_no_file(
    secret_service: SecretService,
) -> None:
    saved = profiles.save_login(
        profile="prod",
        origin=PROD,
        method=Method.CODE,
        secrets=Secrets(refresh_token="s3cret-refresh", jwt="s3cret-jwt"),
        username="ada",
        refresh_url="https://idp.example.com/token",
        client_id="osmo-device",
        network=Network(ca_file="/etc/ca.pem"),
    )

    actual = resolve()
    assert actual == saved
    assert actual.source == "profile prod (keyring)"
    assert actual.secrets() == Secrets(refresh_token="s3cret-refresh", jwt="s3cret-jwt")
    assert (actual.username, actual.client_id, actual.network.ca_file) == (
        "ada",
        "osmo-device",
        "/etc/ca.pem",
    )
    assert _files_with(secret_service.home, "ada"), "the search below would find nothing at all"
    assert not _files_with(secret_service.home, "s3cret")
    assert (secret_service.home / ".config/osmo/profiles.json").stat().st_mode & 0o077 == 0


def test_renewed_secrets_replace_the_old_ones(secret_service: SecretService) -> None:
    credential = _login()
    credential.save(Secrets(access_token="s3cret-renewed"))

    assert resolve().secrets().access_token == "s3cret-renewed"
    assert not _files_with(secret_service.home, "s3cret")


def test_renewing_does_not_touch_a_newer_login_of_the_profile(
    secret_service: SecretService,
) -> None:
    old = _login(token="old")
    _login(token="new")
    old.save(Secrets(access_token="old, renewed"))
    assert resolve().secrets().access_token == "new"

    newest = resolve()
    profiles.forget("default")
    newest.save(Secrets(access_token="renewed after logout"))
    assert keyring_store.get(PROD, KEY) is None


def test_forgotten_profile_leaves_nothing(secret_service: SecretService) -> None:
    credential = _login()

    assert profiles.forget("default")
    assert not profiles.forget("default")
    assert keyring_store.get(PROD, KEY) is None
    assert profiles.list_profiles() == []
    with pytest.raises(NotLoggedInError, match="not logged in"):
        resolve()
    with pytest.raises(NotLoggedInError, match="has no secret in the keyring"):
        profiles.credential_of(_profile_of(credential)).secrets()


def _profile_of(credential: Credential) -> profiles.Profile:
    assert credential.profile is not None
    assert credential.session_key is not None
    return profiles.Profile(
        name=credential.profile,
        origin=credential.origin,
        method=credential.method,
        storage="keyring",
        login_id=credential.session_key,
    )


def test_profile_moved_to_another_service_leaves_no_secret_of_the_first(
    secret_service: SecretService,
) -> None:
    _login()
    _login(url="https://stage.example.com", token="s3cret-stage")

    assert keyring_store.get(PROD, KEY) is None
    assert resolve().origin == STAGE
    assert resolve().secrets().access_token == "s3cret-stage"


def test_profile_edited_to_name_another_service_sends_it_nothing(
    secret_service: SecretService,
) -> None:
    _login()
    file = secret_service.home / ".config/osmo/profiles.json"
    file.write_text(file.read_text().replace("osmo.example.com", "evil.example.com"))

    with pytest.raises(NotLoggedInError, match="no secret"):
        resolve().secrets()


def test_keyring_profile_is_not_downgraded_when_the_keyring_goes_away(
    secret_service: SecretService,
) -> None:
    _login()
    file = secret_service.home / ".config/osmo/profiles.json"
    before = file.read_bytes()
    secret_service.end()

    with pytest.raises(keyring_store.KeyringUnavailableError):
        _login(token="s3cret-second")
    with pytest.raises(keyring_store.KeyringUnavailableError):
        resolve().secrets()
    with pytest.raises(keyring_store.KeyringUnavailableError):
        profiles.forget("default")
    assert file.read_bytes() == before
    assert not _files_with(secret_service.home, "s3cret")


def test_locked_keyring_keeps_a_new_login_out_and_the_old_one_in(
    secret_service: SecretService,
) -> None:
    _login()
    secret_service.lock()

    with pytest.raises(keyring_store.KeyringLockedError):
        _login("second")
    with pytest.raises(keyring_store.KeyringLockedError):
        profiles.forget("default")
    assert [profile.name for profile in profiles.list_profiles()] == ["default"]


def test_explicit_file_storage_is_remembered_and_takes_the_secret_out_of_the_keyring(
    secret_service: SecretService,
) -> None:
    _login()
    _login(insecure=True, token="s3cret-in-file")
    assert keyring_store.get(PROD, KEY) is None
    assert resolve().source == "profile default (file)"

    _login(token="s3cret-again")
    assert keyring_store.get(PROD, KEY) is None
    assert resolve().secrets().access_token == "s3cret-again"
    actual = _files_with(secret_service.home, "s3cret")
    assert [file.name for file in actual] == ["secrets.json"]
    assert actual[0].stat().st_mode & 0o777 == 0o600


def test_secret_is_put_back_when_the_profile_cannot_be_written(
    secret_service: SecretService,
) -> None:
    _login(token="first")
    file = secret_service.home / ".config/osmo/profiles.json"
    saved = file.read_bytes()

    # A folder in place of the file: the rename fails, for every user.
    def fail(profile: str, token: str) -> None:
        code = (
            "from osmo_cli.credentials import profiles, profile_file\n"
            "from osmo_cli.credentials.credential import Method, Secrets\n"
            "from osmo_cli.credentials.origin import parse_origin\n"
            "from osmo_cli.errors import OsmoError\n"
            "from pathlib import Path\n"
            "write = profile_file.replace_private\n"
            "def turn_into_a_folder_first(path, text):\n"
            "    path.unlink(); path.mkdir(); write(path, text)\n"
            "profile_file.replace_private = turn_into_a_folder_first\n"
            "try:\n"
            f"    profiles.save_login(profile={profile!r},\n"
            "        origin=parse_origin('https://osmo.example.com'), method=Method.TOKEN,\n"
            f"        secrets=Secrets(access_token={token!r}))\n"
            "except OsmoError as error:\n"
            "    print(error.message)\n"
        )
        answer = secret_service.run(code)
        assert answer.stdout.startswith("cannot write ")
        assert answer.stderr == ""
        file.rmdir()
        file.write_bytes(saved)

    fail("default", "second")
    assert resolve().secrets().access_token == "first"
    fail("new", "third")
    assert keyring_store.get(PROD, "login/new") is None


def test_four_logins_at_once_lose_no_profile(secret_service: SecretService) -> None:
    code = (
        "import sys\n"
        "from osmo_cli.credentials import profiles\n"
        "from osmo_cli.credentials.credential import Method, Secrets\n"
        "from osmo_cli.credentials.origin import parse_origin\n"
        "for number in range(3):\n"
        "    profiles.save_login(profile=f'{sys.argv[1]}-{number}', method=Method.TOKEN,\n"
        "        origin=parse_origin('https://osmo.example.com'),\n"
        "        secrets=Secrets(access_token=f'token-{sys.argv[1]}-{number}'))\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, name], env=secret_service.environment)
        for name in "abcd"
    ]
    assert [process.wait(30) for process in processes] == [0, 0, 0, 0]

    names = [f"{name}-{number}" for name in "abcd" for number in range(3)]
    assert [profile.name for profile in profiles.list_profiles()] == names
    for name in names:
        assert resolve(profile=name).secrets().access_token == f"token-{name}"


def test_valid_session_is_used_while_the_keyring_is_locked(
    secret_service: SecretService,
) -> None:
    credential = _login()
    save_session(credential, JWT)
    secret_service.lock()

    actual = resolve()
    assert load_session(actual) == JWT
    with pytest.raises(OsmoError):
        actual.secrets()


def test_profiles_file_holds_the_same_keys_for_every_method(
    secret_service: SecretService,
) -> None:
    """Read by other versions of this program: a change needs a new version number."""
    _login()
    content = json.loads((secret_service.home / ".config/osmo/profiles.json").read_text())
    content["profiles"]["default"].pop("login_id")
    assert content == {
        "version": 1,
        "active": "default",
        "profiles": {
            "default": {
                "origin": "https://osmo.example.com",
                "method": "token",
                "storage": "keyring",
                "username": None,
                "refresh_url": None,
                "client_id": None,
                "allow_http": False,
                "ca_file": None,
            }
        },
    }
