"""Variables that other tools set: each works, or is named in one line with its value."""

from __future__ import annotations

import json

import pytest

from osmo_cli.api.environment import proxy_for
from osmo_cli.errors import UsageError
from tests.support.faulty import Reply, answering, json_reply
from tests.support.loopback import Server
from tests.support.processes import Service, Shell

COMMANDS = [("config", "show", "BACKEND"), ("token", "list"), ("version",)]
NO_PROXY = [
    "::1/128",
    "fd07:b51a:cc66:f0::/64",
    "[::1]",
    "localhost,127.0.0.1,::1,.svc,10.0.0.0/8",
    "*.example.com;10.*",
    "*",
    ",, ,",
    "%00//:@",
]


@pytest.mark.sample(8)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("value", NO_PROXY)
def test_any_no_proxy_works(command: tuple[str, ...], value: str, admin: Shell) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        done = admin.osmo(*command, env={name: value})
        assert done.code == 0, done.err


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_this_machine_is_never_asked_through_a_proxy(
    name: str, admin: Shell, service: Service
) -> None:
    """A port-forward at 127.0.0.1 would send the login to the company's proxy."""
    with answering(lambda method, path, body: json_reply({})) as proxy:
        for url in (service.url, service.url.replace("127.0.0.1", "localhost")):
            env = {name: proxy.url, "OSMO_URL": url, "OSMO_TOKEN": "a.b.c"}
            admin.osmo("config", "show", "BACKEND", env=env)
            admin.osmo("login", url, "--method", "dev", "--username", "admin", env=env)
    assert proxy.requests == []


UNUSABLE = [
    ("HTTPS_PROXY", "socks5h://127.0.0.1:1080"),
    ("ALL_PROXY", "socks5://127.0.0.1:1080"),
    ("HTTPS_PROXY", "ftp://127.0.0.1:1"),
    ("https_proxy", "http://"),
    ("https_proxy", "http://[::1"),
    ("https_proxy", "http://pro xy:1"),
    ("https_proxy", "http://proxy:99999"),
    ("SSL_CERT_FILE", "/nonexistent.pem"),
    ("SSL_CERT_FILE", "/etc/hostname"),
    ("SSL_CERT_DIR", "/nonexistent"),
]


@pytest.mark.parametrize(("name", "value"), UNUSABLE)
@pytest.mark.parametrize("command", [*COMMANDS, ("login", "https://osmo.example.invalid")])
def test_an_unusable_value_is_named(
    name: str, value: str, command: tuple[str, ...], shell: Shell
) -> None:
    env = {name: value, "OSMO_URL": "https://osmo.example.invalid", "OSMO_TOKEN": "a.b.c"}
    done = shell.osmo(*command, env=env)
    lines = done.err.splitlines()
    if command == ("version",):
        assert (done.code, lines[0].partition(": ")[0]) == (0, "warning")
    else:
        assert (done.code, lines[0].partition(": ")[0]) == (2, "error")
    assert f"{name} is {value}: " in lines[0]


def test_an_unusable_value_does_not_matter_on_this_machine(admin: Shell) -> None:
    for name, value in UNUSABLE:
        assert admin.osmo("config", "show", "BACKEND", env={name: value}).code == 0


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_that_does_not_run_is_named(name: str, shell: Shell) -> None:
    env = {
        name: "http://user:s3cret@127.0.0.1:1",
        "OSMO_URL": "https://osmo.example.invalid",
        "OSMO_TOKEN": "a.b.c",
    }
    done = shell.osmo("config", "show", "BACKEND", env=env)
    assert done.code == 10
    assert f"through the proxy http://127.0.0.1:1 ({name})" in done.err
    assert f"check {name}" in done.err
    assert "s3cret" not in done.err


def test_a_proxy_gets_what_is_for_other_machines(shell: Shell) -> None:
    with answering(lambda method, path, body: json_reply({"backends": []})) as proxy:
        _ask_through(proxy, shell)
    assert proxy.requests[0].target == "http://osmo.example.invalid/api/configs/backend"


def _ask_through(proxy: Server, shell: Shell) -> None:
    shell.env |= {"HTTP_PROXY": proxy.url, "OSMO_ALLOW_HTTP": "1"}
    shell.env |= {"OSMO_URL": "http://osmo.example.invalid", "OSMO_TOKEN": "e30.e30.e30"}
    shown = json.loads(shell.ok("config", "show", "BACKEND", "-t", "json"))
    assert shown == {"backends": []}


def test_a_proxy_that_refuses_is_not_the_service(shell: Shell) -> None:
    refusal = Reply(407, b"", {"proxy-authenticate": "Basic"})
    with answering(lambda method, path, body: refusal) as proxy:
        env = {
            "HTTPS_PROXY": proxy.url,
            "OSMO_URL": "https://osmo.example.invalid",
            "OSMO_TOKEN": "e30.e30.e30",
        }
        done = shell.osmo("config", "show", "BACKEND", env=env)
    assert done.code == 10
    assert f"through the proxy {proxy.url} (HTTPS_PROXY)" in done.err


PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("url", "no_proxy", "used"),
    [
        ("https://osmo.example.com", "", True),
        ("https://osmo.example.com", "example.com", False),
        ("https://osmo.example.com", ".example.com", False),
        ("https://osmo.example.com", "*.example.com", False),
        ("https://osmo.example.com", "ample.com", True),
        ("https://osmo.example.com", "osmo.example.com:443", True),
        ("https://osmo.example.com:8443", "osmo.example.com:8443", False),
        ("https://osmo.example.com", "*", False),
        ("https://10.1.2.3", "10.0.0.0/8", False),
        ("https://10.1.2.3", "11.0.0.0/8, 10.1.2.3", False),
        ("https://10.1.2.3", "10.1.2.4", True),
        ("https://[fd07:b51a:cc66:f0::7]", "fd07:b51a:cc66:f0::/64", False),
        ("https://[fd07:b51a:cc66:f1::7]", "fd07:b51a:cc66:f0::/64", True),
        ("https://[fd07::7]", "[fd07::7]", False),
        ("https://127.9.9.9", "", False),
        ("https://[::1]", "", False),
        ("https://localhost", "", False),
        ("https://a.localhost", "", False),
    ],
)
def test_which_hosts_are_asked_through_the_proxy(
    url: str, no_proxy: str, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    proxy = proxy_for(url)
    assert (proxy is not None) is used
    assert proxy is None or proxy.url == PROXY


def test_an_address_without_a_scheme_is_one_of_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    monkeypatch.setenv("HTTPS_PROXY", "http://other.example")
    proxy = proxy_for("https://osmo.example.com")
    assert proxy is not None
    assert (proxy.variable, proxy.url) == ("https_proxy", PROXY)


def test_a_header_of_a_request_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """httpoxy: a web server sets HTTP_PROXY from the header `Proxy`."""
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    assert proxy_for("http://osmo.example.com") is None


def test_user_information_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://user:s3cret@proxy.example")
    with pytest.raises(UsageError) as caught:
        proxy_for("https://osmo.example.com")
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


ONLY_ASCII = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LANG": "", "LC_ALL": "C"}
LOCALES = [
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX", "LANG": "C"},
    {"LC_ALL": "xx_YY.nonsense"},
    {"LC_CTYPE": "C", "PYTHONUTF8": "0"},
    ONLY_ASCII,
    ONLY_ASCII | {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONIOENCODING": "latin-1"},
]
"""Of which some make Python read and write nothing but ASCII."""


@pytest.mark.sample(2)
@pytest.mark.parametrize("env", LOCALES, ids=lambda env: " ".join(map("=".join, env.items())))
def test_text_beyond_ascii_is_taken_and_shown(env: dict[str, str], admin: Shell) -> None:
    file = admin.file("größe-€😀.json", '{"description": "größer €😀"}')
    script = f"""
        osmo config update BACKEND gpu-a --file {file} --description "für 😀" 2> updates &&
        osmo config update BACKEND gpu-a --file - <<< '{{"description": "kürzer"}}' 2> updates &&
        ! osmo config show BACKEND übel 2> err
    """
    done = admin.run("bash", "-c", script, env=env)
    assert done.code == 0, (admin.home / "updates").read_bytes()
    encoding = env.get("PYTHONIOENCODING", "utf-8").split(":")[0]
    assert b"bel" in (shown := (admin.home / "err").read_bytes())
    assert shown.decode(encoding).startswith('error: "übel" not' if encoding != "ascii" else "")
    history = json.loads(admin.ok("config", "history", "BACKEND", "-t", "json"))
    assert history["configs"][-2]["description"] == "für 😀"
    assert json.loads(admin.ok("config", "show", "BACKEND", "gpu-a"))["description"] == "kürzer"


def test_an_argument_that_is_no_text_is_one_error(admin: Shell) -> None:
    for env in ({}, ONLY_ASCII):
        script = "osmo config update BACKEND gpu-a --file - --description $'\\xff' <<< '{}'"
        done = admin.run("bash", "-c", f"{script}; osmo config show BACKEND $'\\xff'", env=env)
        assert done.code == 2
        assert "Traceback" not in done.err
        assert "internal" not in done.err
