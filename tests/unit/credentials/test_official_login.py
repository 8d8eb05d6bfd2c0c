"""Logins of the official CLI: every form it wrote, and damage to the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from osmo_cli.credentials.credential import Method, Secrets
from osmo_cli.credentials.resolve import resolve
from osmo_cli.credentials.session import load_session, save_session
from osmo_cli.errors import ExitCode, NotLoggedInError, UsageError

URL = "https://osmo.example.com"
EXCHANGE = f"{URL}/api/auth/jwt/access_token"


@pytest.fixture
def file(home: Path) -> Path:
    file = home / ".config/osmo/login.yaml"
    file.parent.mkdir(parents=True)
    return file


def test_device_login_of_6_0(file: Path) -> None:
    file.write_text(
        f"dev_login: null\nname: Ada\nosmo_token: false\nurl: {URL}/\n"
        "token_login:\n  id_token: the-jwt\n  refresh_token: the-refresh-token\n"
        "  refresh_url: https://idp.example.com/token\n  username: null\n"
    )
    credential = resolve()

    assert credential.method is Method.CODE
    assert str(credential.origin) == URL
    assert credential.secrets() == Secrets(refresh_token="the-refresh-token", jwt="the-jwt")
    assert credential.refresh_url == "https://idp.example.com/token"
    assert credential.client_id == "osmo-device"


def test_token_login_of_6_0_has_the_token_in_its_url(file: Path) -> None:
    file.write_text(
        f"url: {URL}\nosmo_token: true\ntoken_login:\n  id_token: the-jwt\n"
        f"  refresh_token: null\n  refresh_url: {EXCHANGE}?access_token=the-token\n"
    )
    credential = resolve()

    assert credential.method is Method.TOKEN
    assert credential.secrets() == Secrets(access_token="the-token", jwt="the-jwt")
    assert credential.refresh_url is None


def test_token_login_of_6_2(file: Path) -> None:
    file.write_text(
        f"url: {URL}\nosmo_token: true\ntoken_login:\n  id_token: the-jwt\n"
        f"  refresh_token: the-token\n  refresh_url: {EXCHANGE}\n  client_id: osmo-cli\n"
    )
    assert resolve().secrets() == Secrets(access_token="the-token", jwt="the-jwt")


def test_oidc_client_of_6_2_is_kept(file: Path) -> None:
    file.write_text(
        f"url: {URL}\ntoken_login:\n  id_token: j\n  refresh_token: r\n  client_id: osmo-cli\n"
    )
    assert resolve().client_id == "osmo-cli"


def test_developer_login(file: Path) -> None:
    file.write_text("url: http://127.0.0.1:8000\ndev_login:\n  username: ada\n")
    credential = resolve()

    assert (credential.method, credential.username) == (Method.DEV, "ada")
    assert credential.secrets() == Secrets()


def test_file_is_where_the_official_cli_keeps_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, file in [
        ("XDG_CONFIG_HOME", home / "xdg/osmo/login.yaml"),
        ("OSMO_CONFIG_FILE_DIR", home / "explicit/login.yaml"),
    ]:
        file.parent.mkdir(parents=True)
        file.write_text(f"url: {URL}\ndev_login: {{username: {variable}}}\n")
        folder = file.parent if variable == "OSMO_CONFIG_FILE_DIR" else file.parent.parent
        monkeypatch.setenv(variable, str(folder))
        assert resolve().username == variable


def test_file_is_never_altered(file: Path) -> None:
    file.write_text(f"url: {URL}\ntoken_login: {{id_token: j, refresh_token: r}}\n")
    before = file.read_bytes(), file.stat().st_mtime_ns
    credential = resolve()
    credential.save(Secrets(refresh_token="renewed", jwt="renewed"))

    assert credential.secrets().refresh_token == "renewed"
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert [path.name for path in file.parent.iterdir()] == ["login.yaml"]


def test_session_of_one_official_login_is_not_used_for_the_next(
    file: Path, make_jwt: Callable[..., str]
) -> None:
    file.write_text(f"url: {URL}\ntoken_login: {{id_token: j, refresh_token: ada}}\n")
    jwt = make_jwt(exp=4102444800)
    save_session(resolve(), jwt)
    assert load_session(resolve()) == jwt
    file.write_text(f"url: {URL}\ntoken_login: {{id_token: j, refresh_token: bob}}\n")

    assert load_session(resolve()) is None


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not a mapping"),
        ("- s3cret", "not a mapping"),
        ("token_login: {id_token: s3cret\nurl: x: y", "not YAML at line 2, column"),
        ("id_token: !!python/object:os.system s3cret", "not YAML at line 1"),
        ("id_token: \x01s3cret", "not YAML text"),
        ("[" * 5000 + "s3cret", "not YAML"),
        ("dev_login: {username: s3cret}", "no url"),
        ("url: 5\ndev_login: {username: s3cret}", "url is not a string"),
        (f"url: {URL}\ndev_login: s3cret", "dev_login is not a mapping"),
        (f"url: {URL}\ndev_login: {{user: s3cret}}", "dev_login has no username"),
        (
            f"url: {URL}\nosmo_token: s3cret\ntoken_login: {{id_token: a}}",
            "osmo_token is not a boolean",
        ),
        (
            f"url: {URL}\ntoken_login: {{id_token: [s3cret]}}",
            "token_login.id_token is not a string",
        ),
        (f"url: {URL}\nosmo_token: true\ntoken_login: {{username: s3cret}}", "no token"),
        (
            f"url: {URL}\nosmo_token: true\ntoken_login: {{refresh_token: s3cret x}}",
            "more than a t",
        ),
        ("url: https://u:s3cret@osmo.example.com", "user information"),
        ("url: http://osmo.example.com\ndev_login: {username: s3cret}", "plain http"),
        (
            f"url: {URL}\nosmo_token: true\ntoken_login:\n"
            "  refresh_url: https://evil.example.com/?access_token=s3cret",
            "a token of https://evil.example.com for https://osmo.example.com",
        ),
        ("x: " + "s3cret" * 200000, "larger than 1 MiB"),
    ],
)
def test_damaged_file_is_named_and_not_quoted(file: Path, content: str, message: str) -> None:
    file.write_text(content)
    with pytest.raises(UsageError) as caught:
        resolve()

    assert str(file) in caught.value.message
    assert message in caught.value.message
    assert caught.value.hint
    assert "s3cret" not in caught.value.message + caught.value.hint
    assert "\n" not in caught.value.message


def test_binary_file_and_folder_in_its_place_are_named(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not YAML text"):
        resolve()
    file.unlink()
    file.mkdir()
    with pytest.raises(UsageError, match="Is a directory"):
        resolve()


def test_file_without_login_is_not_logged_in(file: Path) -> None:
    file.write_text(f"url: {URL}\ndev_login: null\ntoken_login: null\n")
    with pytest.raises(NotLoggedInError, match="contains no login") as caught:
        resolve()
    assert caught.value.exit_code is ExitCode.NOT_AUTHORIZED
