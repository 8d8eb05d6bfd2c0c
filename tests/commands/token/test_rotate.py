"""`osmo token rotate`: the successor works before the old token is deleted."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from tests.support.access_tokens import ACCESS_TOKEN
from tests.support.databases import new_database
from tests.support.fronted import Forward, Fronted, fronted
from tests.support.loopback import Request
from tests.support.loopback import answer as wire
from tests.support.processes import OSMO, Shell, serving


@dataclass
class Setting:
    """An administrator of a service with a token of each kind of owner."""

    shell: Shell
    service: Fronted
    dialect: Dialect

    @property
    def owners(self) -> list[str]:
        has_users = self.dialect.token_routes.users is not None
        return ["", "--service", *(["--user ada"] if has_users else [])]

    def names(self, owner: str = "") -> list[str]:
        listed = json.loads(self.shell.ok("token", "list", *owner.split(), "-t", "json"))
        return sorted(token["token_name"] for token in listed)

    def make(self, name: str, owner: str = "") -> str:
        roles = ["--roles", "osmo-backend"] if owner == "--service" else []
        words = ("token", "set", name, "--no-store", "-d", "kept", *owner.split(), *roles)
        return str(json.loads(self.shell.ok(*words, "-t", "json"))["token"])

    def works(self, token: str) -> bool:
        words = ("login", self.service.url, "--method", "token", "--token-file", "-")
        other = Shell.at(self.shell.home.parent / "other")
        return other.osmo(*words, "--insecure-storage", input=token).code == 0


@pytest.fixture(params=DIALECTS)
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    db = tmp_path / "service.db"
    dialect = DIALECTS[request.param]
    new_database(db, dialect.name)
    shell = Shell.at(tmp_path / "home")
    with fronted(db) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        if dialect.token_routes.users is not None:
            for user in ("admin", "ada"):
                shell.ok("user", "create", user, "--roles", "osmo-admin")
        yield Setting(shell, service, dialect)


def test_the_successor_has_what_the_old_token_had(setting: Setting) -> None:
    for owner in setting.owners:
        old = setting.make("agent", owner)
        words = ("token", "rotate", "agent", "--no-store", *owner.split(), "-t", "json")
        result = setting.shell.osmo(*words)
        assert result.code == 0
        answer = json.loads(result.out)
        assert answer["name"] == "agent-2"
        assert (setting.works(answer["token"]), setting.works(old)) == (True, False)
        listed = json.loads(setting.shell.ok("token", "list", *owner.split(), "-t", "json"))
        token = next(token for token in listed if token["token_name"] == "agent-2")
        assert token["description"] == "kept"
        assert token["roles"] == (["osmo-backend"] if owner == "--service" else token["roles"])
        assert "agent" not in setting.names(owner)
        # The successor is a token like any other.
        setting.shell.ok("token", "rotate", "agent-2", "--no-store", *owner.split())
        assert setting.names(owner) == ["agent-3"]
        setting.shell.ok("token", "delete", "agent-3", *owner.split())


def test_the_old_token_stays_for_a_while(setting: Setting) -> None:
    for owner in setting.owners:
        old = setting.make("agent", owner)
        words = ("token", "rotate", "agent", "--no-store", "--grace", *owner.split())
        result = setting.shell.osmo(*words, "-t", "json")
        assert setting.works(old)
        assert setting.works(json.loads(result.out)["token"])
        command = f"osmo token delete agent{' ' * bool(owner)}{owner}"
        assert f"when nothing uses it any more: {command}\n" in result.err
        setting.shell.ok(*command.split()[1:])
        assert setting.names(owner) == ["agent-2"]


def test_a_token_that_an_earlier_rotation_left_is_named(setting: Setting) -> None:
    setting.make("agent")
    setting.make("agent-2")
    result = setting.shell.osmo("token", "rotate", "agent", "--no-store")
    assert result.code == 0
    assert "token agent-2 exists already; " in result.err
    assert "delete it: osmo token delete agent-2\n" in result.err
    assert "Token name: agent-3\n" in result.out
    assert setting.names() == ["agent-2", "agent-3"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_login_with_the_old_token_goes_on_with_the_new_one(tmp_path: Path, dialect: str) -> None:
    shell = Shell.at(tmp_path / "home")
    with serving(tmp_path / "service", dialect=dialect, auth="token") as service:
        log_in = ("login", service.url, "--insecure-storage", "--token-file", "-")
        shell.ok(*log_in, input=service.admin_token)
        made = json.loads(shell.ok("token", "set", "laptop", "--no-store", "-t", "json"))
        shell.ok(*log_in, input=made["token"])
        result = shell.osmo("token", "rotate", "laptop", "--no-store")
        assert result.code == 0
        assert "was logged in with it, and now uses the new token\n" in result.err
        assert "laptop-2" in shell.ok("token", "list")

        environment = {"OSMO_URL": service.url, "OSMO_TOKEN": ACCESS_TOKEN.findall(result.out)[0]}
        words = ("token", "rotate", "laptop-2", "--output-file", "new")
        result = shell.osmo(*words, env=environment)
        assert result.code == 0
        assert "OSMO_TOKEN" in result.err
        assert "is the deleted token: replace it by the new one\n" in result.err
        assert not ACCESS_TOKEN.search(result.err)
        environment["OSMO_TOKEN"] = (shell.home / "new").read_text().strip()
        assert "laptop-3" in shell.osmo("token", "list", env=environment).out


def test_manifests_of_the_secrets_that_hold_it(setting: Setting) -> None:
    setting.make("agent", "--service")
    secrets = ("--secret", "osmo-operator/agent-token", "--secret", "other/agent.token")
    words = ("token", "rotate", "agent", "--service", *secrets)
    printed = list(yaml.safe_load_all(setting.shell.ok(*words)))
    setting.shell.ok("token", "rotate", "agent-2", *words[3:], "--output-file", "secret.yaml")
    path = setting.shell.home / "secret.yaml"
    assert path.stat().st_mode & 0o777 == 0o600
    written = list(yaml.safe_load_all(path.read_text()))
    for objects in (printed, written):
        names = [(item["metadata"]["namespace"], item["metadata"]["name"]) for item in objects]
        assert names == [("osmo-operator", "agent-token"), ("other", "agent.token")]
        for item in objects:
            kubernetes_validate.validate(item, "1.31", strict=True)
    token = base64.b64decode(written[0]["data"]["token"]).decode()
    assert ACCESS_TOKEN.fullmatch(token)
    assert setting.works(token)
    assert written[0]["data"] == written[1]["data"]


@pytest.mark.parametrize("answer", ["refused", "html", "reset"])
def test_a_successor_that_is_not_known_to_work_replaces_nothing(
    setting: Setting, answer: str
) -> None:
    old = setting.make("agent")

    def front(request: Request, forward: Forward) -> bytes:
        if "/jwt/access_token" not in request.target:
            return forward()
        if answer == "refused":
            return wire(400, '{"message": "Access Token is invalid", "error_code": "TOKEN"}')
        return wire(200, "<html>", "text/html") if answer == "html" else b""

    setting.service.front = front
    result = setting.shell.osmo("token", "rotate", "agent", "--no-store", "-t", "json")
    assert result.code == 10
    assert "agent-2" in result.err
    assert "the old token agent was not deleted" in result.err
    assert ACCESS_TOKEN.fullmatch(json.loads(result.out)["token"])
    setting.service.front = lambda _, forward: forward()
    assert setting.works(old)
    assert setting.names() == ["agent", "agent-2"]


@pytest.mark.sample(1)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["creation", "check"])
def test_a_signal_does_not_leave_a_rotation_half_done(
    setting: Setting, number: signal.Signals, moment: str
) -> None:
    """It is held back from the creation on, so that one token is left, and its text is printed."""
    setting.make("agent")
    process = subprocess.Popen(
        [OSMO, "token", "rotate", "agent", "--no-store", "-t", "json"],
        env=setting.shell.env,
        cwd=setting.shell.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    is_sent = False

    def front(request: Request, forward: Forward) -> bytes:
        nonlocal is_sent
        reply = forward()
        is_moment = {"creation": "expires_at=", "check": "/jwt/"}[moment] in request.target
        if is_moment and not is_sent:
            is_sent = True
            process.send_signal(number)
            time.sleep(0.2)
        return reply

    setting.service.front = front
    out, err = process.communicate(timeout=60)
    setting.service.front = lambda _, forward: forward()
    assert process.returncode == 3, err
    assert err.splitlines()[-1].startswith("interrupted; the token agent is deleted")
    assert setting.names() == ["agent-2"]
    assert setting.works(json.loads(out)["token"])


def test_what_cannot_be_rotated_is_refused_before_anything_is_sent(setting: Setting) -> None:
    setting.make("agent")
    setting.make("taken")
    for words, message in {
        "nope": "token nope not found",
        "agent --new-name taken": "token taken already exists; nothing was sent",
        "agent --new-name 2nd": "cannot be the name of a token",
        "agent --expires-at 2020-01-01": "is not in the future",
        "agent --secret osmo": "is not a Secret",
        "agent --secret osmo/A": "cannot be the name of a Kubernetes Secret",
        "agent --secret osmo/a --store": "cannot be used together",
        "agent --secret osmo/a -t json": "cannot be used together",
        "agent --store --output-file x": "cannot be used together",
        "agent --previous x --grace": "--previous and --grace cannot be used together",
        "agent --previous nope.yaml": "file not found",
    }.items():
        result = setting.shell.osmo("token", "rotate", *words.split())
        assert result.code == 2, words
        assert message in result.err
    assert setting.names() == ["agent", "taken"]


def test_the_overlap_of_a_bootstrap_secret(setting: Setting) -> None:
    """It needs no service, and is the same in every version."""
    if setting.dialect is not next(reversed(DIALECTS.values())):
        return
    old = "o" * 43
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "boot", "namespace": "osmo", "labels": {"a": "b"}, "uid": "1"},
        "data": {"token": base64.b64encode(old.encode()).decode()},
    }
    shell = Shell.at(setting.shell.home.parent / "nobody")
    words = ("token", "rotate", "default", "--previous", "-", "--secret", "osmo-operator/boot")
    result = shell.osmo(*words, input=json.dumps(secret))
    assert result.code == 0
    control, operator = yaml.safe_load_all(result.out)
    labels = {"a": "b", "osmo-cluster": "control"}
    assert control["metadata"] == {"name": "boot", "namespace": "osmo", "labels": labels}
    assert operator["metadata"] == {"name": "boot", "namespace": "osmo-operator"}
    for item in (control, operator):
        kubernetes_validate.validate(item, "1.31", strict=True)
    tokens = {key: base64.b64decode(text).decode() for key, text in control["data"].items()}
    assert tokens["previous-token"] == old
    assert ACCESS_TOKEN.fullmatch(tokens["token"])
    assert tokens["token"] != old
    assert tokens["token"] not in result.err
    # Only the service needs the old token.
    assert operator["data"] == {"token": control["data"]["token"]}
    for selector in ("osmo-cluster=control", "'osmo-cluster!=control'"):
        assert f"kubectl apply --filename FILE --selector {selector}\n" in result.err
    assert "kubectl patch secret boot --namespace osmo --type json" in result.err
    # A second rotation ends the first one's overlap, which is said.
    again = shell.osmo(*words, "--output-file", "new.yaml", input=result.out.split("---\n")[0])
    assert again.code == 0
    assert "an earlier rotation is not finished" in again.err
    assert (shell.home / "new.yaml").stat().st_mode & 0o777 == 0o600
    for text in ("{}", "a: [", "kind: Secret", json.dumps({**secret, "data": {"token": "?"}})):
        result = shell.osmo(*words, input=text)
        assert result.code == 2
        assert "standard input is not the manifest of one Secret with a key token" in result.err
