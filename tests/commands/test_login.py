"""The ways to log in, and what is kept of them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.faulty import Reply, answering, json_reply
from tests.support.loopback import Server
from tests.support.processes import Service, Shell, serving


def jwt(lifetime: float, **claims: object) -> str:
    """A JWT as clients see it; they do not check the signature."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    payload = {"exp": int(time.time() + lifetime), **claims}
    return f"{part({'alg': 'RS256'})}.{part(payload)}.{part('signature')}"


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path / "secured", auth="token") as running:
        yield running


class Provider:
    """An OSMO service with an identity provider at the same address."""

    def __init__(self, lifetime: float = 300) -> None:
        self.lifetime = lifetime
        self.pending = ["authorization_pending", "slow_down"]
        self.grants: list[dict[str, str]] = []
        self.url = ""
        self.refuse_first = False

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        if path == "/api/version":
            return json_reply({"major": "6", "minor": "0", "revision": "0", "hash": ""})
        if path == "/api/auth/jwt/access_token":
            return json_reply({"detail": "Method Not Allowed"}, 405)
        if path == "/api/auth/login":
            return json_reply(
                {
                    "device_endpoint": f"{self.url}/device",
                    "device_client_id": "osmo-cli",
                    "token_endpoint": f"{self.url}/token",
                }
            )
        if path == "/device":
            return json_reply(
                {
                    "device_code": "the-device-code",
                    "user_code": "ABCD-EFGH",
                    "verification_uri": f"{self.url}/activate",
                    "interval": 0.05,
                    "expires_in": 600,
                }
            )
        if path == "/token":
            return self.token({k: v[0] for k, v in parse_qs(body.decode()).items()})
        if self.refuse_first:
            self.refuse_first = False
            return Reply(401, b"Jwt is expired", {"content-type": "text/plain"})
        return json_reply({"backends": []})

    def token(self, form: dict[str, str]) -> Reply:
        self.grants.append(form)
        if form["grant_type"] == "password" and form["password"] != "right-password":
            return json_reply({"error": "invalid_grant"}, 401)
        if form["grant_type"].endswith("device_code") and self.pending:
            return json_reply({"error": self.pending.pop()}, 400)
        return json_reply(
            {
                "id_token": jwt(self.lifetime, preferred_username="ada"),
                "refresh_token": f"refresh-token-{len(self.grants)}",
            }
        )


@pytest.fixture
def provider() -> Iterator[tuple[Provider, Server]]:
    content = Provider()
    with answering(content) as server:
        content.url = server.url
        yield content, server


@pytest.mark.thorough
def test_a_code_login_waits_as_it_is_told(provider: tuple[Provider, Server], shell: Shell) -> None:
    content, server = provider
    started = time.monotonic()
    result = shell.osmo("login", server.url, "--insecure-storage")
    assert (result.code, result.out) == (0, "Successfully logged in. Welcome ada.\n")
    assert f"Open {server.url}/activate and enter the code ABCD-EFGH" in result.err
    # slow_down adds five seconds to each wait behind it (RFC 8628, 3.5): two are left.
    assert time.monotonic() - started > 10
    assert [grant["client_id"] for grant in content.grants] == ["osmo-cli"] * 3
    assert "the-device-code" not in result.err


def test_a_password_login_is_refreshed_when_it_has_ended(
    provider: tuple[Provider, Server], shell: Shell
) -> None:
    content, server = provider
    content.lifetime = 2  # ends at once: a JWT counts as expired 3 s before it is
    shell.file("password", "right-password\n")
    login = ("login", server.url, "--username", "ada", "--password-file", "password")
    shell.ok(*login, "--insecure-storage")
    shell.ok("config", "show", "BACKEND")
    shell.ok("config", "show", "BACKEND")
    kinds = [grant["grant_type"] for grant in content.grants]
    assert kinds == ["password", "refresh_token", "refresh_token"]
    # The provider gives a new refresh token each time; the newest is used.
    used = [grant["refresh_token"] for grant in content.grants[1:]]
    assert used == ["refresh-token-1", "refresh-token-2"]


def test_a_wrong_password_ends_in_exit_4_and_keeps_nothing(
    provider: tuple[Provider, Server], shell: Shell
) -> None:
    _, server = provider
    login = ("login", server.url, "--username", "ada", "--password-file", "-")
    result = shell.osmo(*login, "--insecure-storage", input="wrong-password")
    assert (result.code, result.out) == (4, "")
    assert "the identity provider refused the login: invalid_grant" in result.err
    assert "wrong-password" not in result.err
    assert shell.osmo("whoami").code == 4


def test_a_401_renews_the_login_once(provider: tuple[Provider, Server], shell: Shell) -> None:
    content, server = provider
    shell.file("password", "right-password")
    shell.ok(
        *("login", server.url, "--username", "ada", "--password-file", "password"),
        "--insecure-storage",
    )
    content.refuse_first = True
    shell.ok("config", "show", "BACKEND")
    assert [grant["grant_type"] for grant in content.grants] == ["password", "refresh_token"]


def test_both_auth_headers_are_sent(provider: tuple[Provider, Server], shell: Shell) -> None:
    _, server = provider
    token = jwt(300, unique_name="ci")
    shell.env |= {"OSMO_URL": server.url, "OSMO_TOKEN": token}
    shell.ok("config", "show", "BACKEND")
    headers = server.requests[-1].headers
    assert headers["x-osmo-auth"] == token
    assert headers["authorization"] == f"Bearer {token}"


def test_a_token_file_may_hold_the_refresh_url_of_6_0(secured: Service, shell: Shell) -> None:
    exchange = "/api/auth/jwt/access_token?access_token="
    shell.file("url", f"{secured.url}{exchange}{secured.admin_token}\n")
    shell.ok("login", secured.url, "--token-file", "url", "--insecure-storage")
    assert json.loads(shell.ok("whoami", "-t", "json"))["user"] == "admin"

    shell.file("elsewhere", f"http://127.0.0.1:9{exchange}{secured.admin_token}")
    result = shell.osmo("login", secured.url, "--token-file", "elsewhere")
    assert result.code == 2
    assert "nothing was sent" in result.err
    assert secured.admin_token not in result.err


def test_a_token_on_the_command_line_is_warned_about(secured: Service, shell: Shell) -> None:
    login = ("login", secured.url, "--method", "token", "--token", secured.admin_token)
    result = shell.osmo(*login, "--insecure-storage")
    assert result.code == 0
    assert "--token on the command line can be read by other users" in result.err
    assert secured.admin_token not in result.err


def test_the_6_0_exchange_is_never_logged(secured: Service, shell: Shell) -> None:
    shell.env |= {"OSMO_URL": secured.url, "OSMO_TOKEN": secured.admin_token}
    result = shell.osmo("--debug", "config", "show", "BACKEND")
    assert result.code == 0
    assert "debug: POST /api/auth/jwt/access_token -> 405" in result.err
    assert "debug: GET /api/auth/jwt/access_token -> 200" in result.err
    assert secured.admin_token not in result.err
    assert "access_token=" not in result.err


def test_a_session_saves_the_exchange(secured: Service, shell: Shell) -> None:
    shell.file("token", secured.admin_token)
    shell.ok("login", secured.url, "--token-file", "token", "--insecure-storage")
    shell.ok("config", "show", "BACKEND")
    again = shell.osmo("--debug", "config", "show", "BACKEND")
    assert "jwt" not in again.err
    assert again.err.count("debug:") == 1


def test_profiles_stand_side_by_side(secured: Service, service: Service, shell: Shell) -> None:
    shell.file("token", secured.admin_token)
    shell.ok("login", service.url, "--method", "dev", "--username", "dev-user")
    login = ("login", secured.url, "--token-file", "token", "--insecure-storage")
    shell.ok(*login, "--profile", "prod")
    rows = json.loads(shell.ok("whoami", "--all", "-t", "json"))
    assert [(row["profile"], row["service"], row["storage"]) for row in rows] == [
        ("default", service.url, "none"),
        ("prod", secured.url, "file"),
    ]
    assert (
        json.loads(shell.ok("--profile", "default", "whoami", "-t", "json"))["user"] == "dev-user"
    )
    assert json.loads(shell.ok("whoami", "--profile=prod", "-t", "json"))["user"] == "admin"
    shell.ok("logout", "--profile", "prod")
    assert shell.osmo("whoami", "--profile", "prod").code == 4
    assert secured.admin_token not in "".join(
        path.read_text("utf-8", "replace")
        for path in shell.home.rglob("*")
        if path.is_file() and path.name != "token"
    )


def test_an_official_login_is_used_and_not_altered(secured: Service, shell: Shell) -> None:
    folder = shell.home / ".config" / "osmo"
    folder.mkdir(parents=True)
    text = (
        "dev_login: null\nname: ''\nosmo_token: true\n"
        "token_login:\n  id_token: x.y.z\n  refresh_token: null\n  refresh_url: "
        f"{secured.url}/api/auth/jwt/access_token?access_token={secured.admin_token}\n"
        f"url: {secured.url}\n"
    )
    (folder / "login.yaml").write_text(text)
    who = json.loads(shell.ok("whoami", "-t", "json"))
    assert (who["user"], who["from"]) == ("admin", "official login.yaml")
    assert shell.ok("config", "show", "BACKEND") == '{\n  "backends": []\n}\n'
    assert (folder / "login.yaml").read_text() == text


def test_the_embedded_service_needs_no_server(shell: Shell) -> None:
    assert shell.ok("login", "local") == "Successfully logged in. Welcome admin.\n"
    shell.ok("local", "add-backend", "here")
    assert json.loads(shell.ok("config", "show", "BACKEND", "here", "name")) == "here"
    assert (shell.home / ".local" / "share" / "osmo" / "local.db").exists()


def test_without_an_address_the_last_one_is_meant(shell: Shell, service: Service) -> None:
    words = ("login", "--method", "dev", "--username")
    refused = shell.osmo(*words, "ann")
    assert (refused.code, refused.out) == (2, "")
    assert "no earlier login" in refused.err
    shell.ok("login", service.url, "--method", "dev", "--username", "ann", "--profile", "lab")
    shell.ok("login", "local")
    again = shell.osmo(*words, "bob", "--profile", "lab")
    assert (again.code, again.out) == (0, "Successfully logged in. Welcome bob.\n")
    assert again.err == f"logging in to {service.url}\n"
    described = json.loads(shell.ok("whoami", "--profile", "lab", "-t", "json"))
    assert (described["user"], described["service"]) == ("bob", service.url)
    active = shell.osmo(*words, "eve")
    assert active.err == f"logging in to {service.url}\n"
    assert json.loads(shell.ok("whoami", "-t", "json"))["user"] == "eve"


SHOWS_ADDRESS = [name for name, dialect in DIALECTS.items() if dialect.login_shows_address]
WELCOME = "Successfully logged in. Welcome ann.\n"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("method", ["dev", "token"])
def test_the_output_is_that_of_the_official_cli(
    dialect: str, method: str, shell: Shell, tmp_path: Path
) -> None:
    """From 6.2 on it prints the address first; the version number does not tell 6.0 from 6.2."""
    auth = "token" if method == "token" else "none"
    with serving(tmp_path / "service", dialect=dialect, auth=auth) as service:
        words = ["login", service.url, "--method", method]
        if method == "dev":
            words += ["--username", "ann"]
        else:
            words += ["--token-file", shell.file("token", service.admin_token)]
            words += ["--insecure-storage"]
        out = shell.ok(*words)
    first = f"Logging in to {service.url}\n" if dialect in SHOWS_ADDRESS else ""
    user = "ann" if method == "dev" else "admin"
    assert out == f"{first}Successfully logged in. Welcome {user}.\n"


def test_without_an_address_it_is_shown_once(shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", dialect=SHOWS_ADDRESS[0]) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "ann")
        again = shell.osmo("login", "--method", "dev", "--username", "ann")
    assert (again.out, again.err) == (f"Logging in to {service.url}\n{WELCOME}", "")


@pytest.mark.parametrize(
    "reply",
    [
        None,
        Reply(503, b"no healthy upstream", {"content-type": "text/plain"}),
        Reply(200, b"<html>hello</html>", {"content-type": "text/html"}),
        Reply(302, b"", {"location": "https://login.example.com"}),
    ],
    ids=["nobody listens", "503", "a page", "a redirect"],
)
def test_a_dev_login_needs_no_answer(reply: Reply | None, shell: Shell) -> None:
    words = ("--timeout", "2", "--method", "dev", "--username", "ann")
    if reply is None:
        url = "http://127.0.0.1:1"
        done = shell.osmo("login", url, *words)
    else:
        with answering(lambda method, path, body: reply) as server:
            url = server.url
            done = shell.osmo("login", url, *words)
    assert (done.code, done.out) == (0, f"Logging in to {url}\n{WELCOME}")
    assert done.err.startswith("warning: the service did not answer as OSMO does: ")
    assert json.loads(shell.ok("whoami", "-t", "json"))["user"] == "ann"


@pytest.mark.parametrize("method", ["token", "password", "code"])
def test_other_logins_need_an_answer(method: str, shell: Shell) -> None:
    words = ["--method", method, "--username", "ann"]
    shell.file("secret", "x" * 43)
    words += [f"--{method}-file", "secret"] if method != "code" else []
    done = shell.osmo("login", "http://127.0.0.1:1", "--insecure-storage", *words)
    assert (done.code, done.out) == (10, "")
    assert "cannot connect to http://127.0.0.1:1" in done.err
    assert shell.osmo("whoami").code == 4
