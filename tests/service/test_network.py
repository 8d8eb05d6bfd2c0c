"""Plain http, names of this machine and certificates: one rule for every command and login."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support.certificates import Authority, new_authority
from tests.support.faulty import Reply, answering, json_reply
from tests.support.loopback import Server
from tests.support.processes import Shell

ELSEWHERE = "http://osmo.example.invalid"
ASK = ("config", "show", "BACKEND")
AGAIN = ("login", "--method", "dev", "--username", "ada")
LOG_IN = ("login", ELSEWHERE, *AGAIN[1:])
JWT = "e30.e30.e30"
ENDED = "e30.eyJleHAiOjF9.e30"
"""A JWT with `"exp": 1`."""


def no_backends(method: str, path: str, body: bytes) -> Reply:
    return json_reply({"backends": []})


@pytest.fixture
def proxied(shell: Shell) -> Iterator[Server]:
    """A proxy that answers for every host, so that plain http gets an answer."""
    with answering(no_backends) as proxy:
        shell.env["HTTP_PROXY"] = proxy.url
        yield proxy


@pytest.mark.parametrize("value", [None, "", "0", "true"])
@pytest.mark.parametrize("command", [LOG_IN, ASK, ("token", "list"), ("whoami",)])
def test_plain_http_elsewhere_is_refused(
    command: tuple[str, ...], value: str | None, shell: Shell, proxied: Server
) -> None:
    shell.env |= {"OSMO_URL": ELSEWHERE, "OSMO_TOKEN": JWT}
    if value is not None:
        shell.env["OSMO_ALLOW_HTTP"] = value
    done = shell.osmo(*command)
    assert (done.code, done.out) == (2, "")
    assert f"{ELSEWHERE} is plain http" in done.err
    assert "OSMO_ALLOW_HTTP=1" in done.err
    assert (f'not "{value}"' in done.err) is bool(value)
    assert proxied.requests == []


def test_the_variable_allows_it_in_every_command_and_is_not_saved(
    shell: Shell, proxied: Server
) -> None:
    allowed = {"OSMO_ALLOW_HTTP": "1"}
    for command in (LOG_IN, ASK, AGAIN, ("whoami",), ("token", "list")):
        before = len(proxied.requests)
        done = shell.osmo(*command, env=allowed)
        assert done.code == 0 or command[0] == "token", done.err
        assert len(proxied.requests) > before or command == ("whoami",)
        assert "plain http" not in done.err
    sent = len(proxied.requests)
    for command in (ASK, AGAIN, ("whoami",)):
        done = shell.osmo(*command)
        assert (done.code, "plain http" in done.err) == (2, True), done
    assert len(proxied.requests) == sent


def test_the_option_is_saved(shell: Shell, proxied: Server) -> None:
    shell.ok(*LOG_IN, "--allow-http")
    for command in (ASK, AGAIN, ("whoami",)):
        assert shell.osmo(*command).code == 0


class Names:
    """A resolver of a test: what each name means, one answer after the other.

    This machine's own resolver knows no name whose meaning changes.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self._resolve = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self)

    def __call__(self, host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if host not in self.answers:
            return self._resolve(host, port, *arguments, **options)
        answers = self.answers[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        kind = socket.SOCK_STREAM
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, kind, 6, "", (address, port))
            for address in addresses
        ]


def names_of_this_machine() -> set[str]:
    """What the system itself calls this machine, whatever that is here, and `*.localhost`."""
    lines = [line.split("#")[0].split() for line in Path("/etc/hosts").read_text().splitlines()]
    names = {name for words in lines if words and words[0] == "127.0.0.1" for name in words[1:]}
    return names | {"localhost", "osmo.localhost"}


@pytest.mark.parametrize("name", sorted(names_of_this_machine()))
def test_a_name_of_this_machine_is_this_machine(name: str, shell: Shell) -> None:
    with answering(no_backends) as service, answering(no_backends) as proxy:
        address = service.url.replace("127.0.0.1", name)
        shell.env |= {"HTTP_PROXY": proxy.url, "ALL_PROXY": proxy.url}
        shell.ok("login", address, "--method", "dev", "--username", "ada")
        assert json.loads(shell.ok(*ASK, "-t", "json")) == {"backends": []}
        with_token = {"OSMO_URL": address, "OSMO_TOKEN": JWT, "OSMO_ALLOW_HTTP": "1"}
        assert shell.osmo(*ASK, env=with_token).code == 0
    assert proxy.requests == []
    assert service.requests[-1].headers["host"] == address.removeprefix("http://")


@pytest.mark.parametrize(
    ("addresses", "is_local"),
    [
        (["127.0.0.1"], True),
        (["::1", "127.0.0.1"], True),  # no service at the first
        (["127.0.0.1", "192.0.2.1"], False),
        (["192.0.2.1"], False),
        (["0.0.0.0"], False),
        (["::ffff:127.0.0.1"], False),
        ([], False),
    ],
    ids=str,
)
def test_a_name_is_this_machine_if_all_its_addresses_are(
    addresses: list[str], is_local: bool, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch).answers["box.example"] = [addresses]
    with answering(no_backends) as service:
        address = service.url.replace("127.0.0.1", "box.example")
        shell.env |= {"OSMO_URL": address, "OSMO_TOKEN": JWT}
        done = shell.osmo(*ASK)
    assert (done.code == 0) is is_local, done.err
    assert is_local or "plain http" in done.err


@pytest.mark.parametrize("looked_up", [1, 2])
def test_a_name_that_changes_its_meaning_gets_nothing(
    looked_up: int, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test's own rule against other machines would fail if one were asked."""
    names = Names(monkeypatch)
    names.answers["box.example"] = [["127.0.0.1"]] * looked_up + [["192.0.2.1"]]
    shell.env |= {"OSMO_URL": "http://box.example:1", "OSMO_TOKEN": JWT}
    done = shell.osmo(*ASK)
    assert (done.code, done.out) == (10, "")
    assert "cannot connect to http://box.example:1" in done.err


def test_localhost_is_this_machine_whatever_a_resolver_says(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch).answers["localhost"] = [["192.0.2.1"]]
    with answering(no_backends) as service:
        address = service.url.replace("127.0.0.1", "localhost")
        assert shell.osmo(*ASK, env={"OSMO_URL": address, "OSMO_TOKEN": JWT}).code == 0


def test_a_name_of_this_machine_is_not_given_to_a_proxy(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch).answers["box.example"] = [["127.0.0.1"]]
    with answering(no_backends) as service, answering(no_backends) as proxy:
        address = service.url.replace("127.0.0.1", "box.example")
        env = {"OSMO_URL": address, "OSMO_TOKEN": JWT, "HTTP_PROXY": proxy.url}
        for allowed in ("", "1"):
            assert shell.osmo(*ASK, env=env | {"OSMO_ALLOW_HTTP": allowed}).code == 0
    assert proxy.requests == []


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


class Provider:
    """A service over http, and its identity provider over https."""

    def __init__(self) -> None:
        self.idp = ""
        self.grants: list[str] = []

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        if path == "/api/version":
            return json_reply({"major": "6", "minor": "0", "revision": "0", "hash": ""})
        if path == "/api/auth/login":
            return json_reply(
                {"device_endpoint": f"{self.idp}/device", "token_endpoint": f"{self.idp}/token"}
            )
        if path == "/device":
            return json_reply(
                {
                    "device_code": "a",
                    "user_code": "b",
                    "verification_uri": self.idp,
                    "expires_in": 60,
                    "interval": 1,
                }
            )
        if path == "/token":
            form = parse_qs(body.decode())
            self.grants.append(form["grant_type"][0].rpartition(":")[2])
            return json_reply({"id_token": ENDED, "refresh_token": f"refresh-{len(self.grants)}"})
        return json_reply({"backends": []})


@pytest.fixture
def provider(authority: Authority, shell: Shell) -> Iterator[tuple[Provider, str]]:
    provider = Provider()
    shell.file("password", "a-password")
    with answering(provider) as service, answering(provider, authority.server) as idp:
        provider.idp = idp.url
        yield provider, service.url


CODE = ("--method", "code")
PASSWORD = ("--username", "ada", "--password-file", "password")


@pytest.mark.sample(1)
@pytest.mark.parametrize("flags", [CODE, PASSWORD], ids=["code", "password"])
@pytest.mark.parametrize("is_variable", [True, False], ids=["OSMO_CA_FILE", "--ca-file"])
def test_a_ca_file_holds_for_the_identity_provider(
    flags: tuple[str, ...],
    is_variable: bool,
    provider: tuple[Provider, str],
    authority: Authority,
    shell: Shell,
) -> None:
    content, address = provider
    log_in = ("login", address, "--insecure-storage", *flags)
    untrusting = shell.osmo(*log_in)
    assert (untrusting.code, content.grants) == (10, [])
    assert f"the certificate of {content.idp} is not trusted" in untrusting.err
    assert "--ca-file" in untrusting.err

    if is_variable:
        shell.env["OSMO_CA_FILE"] = str(authority.file)
        shell.ok(*log_in)
    else:
        shell.file("ca.pem", authority.file.read_bytes())
        shell.ok(*log_in, "--ca-file", "ca.pem")
    # The JWT has ended: each command renews the login, from any directory.
    (shell.home / "deeper").mkdir()
    elsewhere = Shell(shell.home / "deeper", shell.env)
    elsewhere.ok(*ASK)
    assert content.grants[1:] == ["refresh_token"]
    if is_variable:
        del shell.env["OSMO_CA_FILE"]
        assert shell.osmo(*ASK).code == 10


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "OSMO_CA_FILE"])
def test_a_service_by_an_authority_of_its_own(
    name: str, authority: Authority, shell: Shell
) -> None:
    with answering(no_backends, authority.server) as service:
        shell.env |= {"OSMO_URL": service.url, "OSMO_TOKEN": JWT}
        assert shell.osmo(*ASK).code == 10
        assert shell.osmo(*ASK, env={name: str(authority.file)}).code == 0
