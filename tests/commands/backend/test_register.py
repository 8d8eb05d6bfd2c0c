"""`osmo backend register`, `wait`, `open` and `deregister` on services of each version."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.plan.registration_folder import RegistrationFolder
from tests.support.processes import Service, Shell, serving
from tests.support.worlds import MANAGED, world

KEY = "nvapi-the-registry-key"
REGISTER = ("backend", "register", "gpu-a", "--out", "out", "--image-tag", "6.0.0")
WITH_URL = (*REGISTER, "--service-url", "https://osmo.example.com")


@pytest.fixture(scope="module", params=DIALECTS)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Service, Dialect]]:
    with serving(tmp_path_factory.mktemp("service"), dialect=request.param) as service:
        yield service, DIALECTS[request.param]


@pytest.fixture
def place(running: tuple[Service, Dialect], tmp_path: Path) -> Shell:
    service, _ = running
    shell = Shell.at(tmp_path / "home", NGC_API_KEY=KEY)
    shell.ok("login", service.url, "--method", "dev", "--username", "admin")
    shell.env["OSMO_LOCAL_DB"] = str(service.db)
    return shell


def token_of(shell: Shell) -> str:
    import base64

    documents = yaml.safe_load_all((shell.home / "out" / "manifests.yaml").read_text())
    return next(
        base64.b64decode(item["data"]["token"]).decode()
        for item in documents
        if item["kind"] == "Secret" and "token" in item["data"]
    )


def test_registered_connected_configured_repeated_and_undone(
    place: Shell, running: tuple[Service, Dialect]
) -> None:
    _, dialect = running
    place.file("config.json", '{"description": "H100 nodes"}')
    register = (*WITH_URL, "--config", "config.json")
    tokens_before = place.ok("token", "list", "--service")

    first = place.osmo(*register)
    assert first.code == 0, first
    folder = place.home / "out"
    token = token_of(place)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        if path.name != "manifests.yaml":
            assert token not in path.read_text()
            assert KEY not in path.read_text()

    connect = ("local", "add-backend", "gpu-a", "--manifest", "out/manifests.yaml")
    assert place.osmo(*connect).code == 0
    second = place.osmo(*register)
    assert "configured backend gpu-a" in second.err
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    third = place.osmo("--debug", *register)
    assert third.code == 0, third
    assert "already up to date" in third.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    for result in (first, second, third):
        assert token not in result.out + result.err
        assert KEY not in result.out + result.err
    assert place.ok("config", "show", "BACKEND", "gpu-a", "description") == '"H100 nodes"\n'
    assert place.ok("backend", "wait", "gpu-a") == "Backend gpu-a is online\n"

    manifests = place.home / "manifests.yaml"
    manifests.write_bytes(files["manifests.yaml"])
    undone = place.osmo(*REGISTER, "--undo")
    assert undone.code == 0, undone
    assert not folder.exists()
    assert place.ok("token", "list", "--service") == tokens_before
    assert place.ok("backend", "list") == "No backends found\n"
    if not dialect.bootstrap_secrets:
        again = place.osmo("local", "add-backend", "gpu-a", "--manifest", "manifests.yaml")
        assert again.code == 4
    assert place.osmo(*REGISTER, "--undo").code == 0


def test_a_scoped_role_allows_only_its_backend(place: Shell) -> None:
    assert place.osmo(*WITH_URL, "--scoped-role").code == 0
    other = place.osmo("local", "add-backend", "gpu-b", "--manifest", "out/manifests.yaml")
    assert other.code == 4
    own = place.osmo("local", "add-backend", "gpu-a", "--manifest", "out/manifests.yaml")
    assert own.code == 0
    roles = json.loads(place.ok("config", "show", "ROLE", "-t", "json"))
    assert "backend-gpu-a" in json.dumps(roles)
    assert place.osmo("backend", "deregister", "gpu-a", "--yes").code == 0
    assert "backend-gpu-a" not in place.ok("config", "show", "ROLE", "-t", "json")
    assert "gpu-a-token" not in place.ok("token", "list", "--service")


def test_the_secret_can_go_to_stdout_and_to_no_file(place: Shell) -> None:
    result = place.osmo(*WITH_URL, "--secret-to-stdout")
    assert result.code == 0, result
    kinds = [item["kind"] for item in yaml.safe_load_all(result.out)]
    assert kinds.count("Secret") >= 3
    assert "Secret" not in (place.home / "out" / "manifests.yaml").read_text()
    again = place.osmo(*WITH_URL, "--secret-to-stdout")
    assert (again.code, again.out) == (0, "")
    assert place.osmo(*REGISTER, "--undo").code == 0


def test_a_lost_manifest_gets_a_new_token(place: Shell) -> None:
    assert place.osmo(*WITH_URL).code == 0
    old = token_of(place)
    (place.home / "out" / "manifests.yaml").unlink()
    assert place.osmo(*WITH_URL).code == 0
    assert token_of(place) != old
    assert place.osmo(*REGISTER, "--undo").code == 0


def test_missing_clients_are_said_before_anything_is_created(place: Shell) -> None:
    place.env["PATH"] = "/nonexistent"
    result = place.osmo(*WITH_URL, "--apply")
    assert result.code == 2
    assert "kubectl and helm are not on PATH" in result.err
    assert not (place.home / "out").exists()


CLIENT = """#!/bin/sh
cat >/dev/null
[ ! -e "$HOME/leak" ] || { cat "$HOME/out/manifests.yaml" >&2; exit 1; }
tr '\\0' ' ' </proc/$$/cmdline >>"$HOME/argv"
cat /proc/$$/environ >>"$HOME/environ"
case "$*" in
  *apply*) echo 'namespace/osmo unchanged' ;;
  *upgrade*) [ ! -e "$HOME/fail" ] || exit 1; echo '{"version": 1}' ;;
esac
"""


def test_apply_runs_the_clients_without_a_secret_in_argv(
    place: Shell, running: tuple[Service, Dialect]
) -> None:
    service, _ = running
    bin = place.home / "bin"
    bin.mkdir()
    for name in ("kubectl", "helm"):
        (bin / name).write_text(CLIENT)
        (bin / name).chmod(0o755)
    place.env["PATH"] = f"{bin}:{place.env['PATH']}"
    (place.home / "leak").touch()
    leaking = place.osmo(*WITH_URL, "--apply")
    assert leaking.code == 10
    manifests = (place.home / "out" / "manifests.yaml").read_text()
    for item in yaml.safe_load_all(manifests):
        for secret in item.get("data", {}).values():
            assert secret not in leaking.out + leaking.err
    (place.home / "leak").unlink()
    (place.home / "fail").touch()
    failed = place.osmo(*WITH_URL, "--apply")
    assert failed.code == 10
    assert "run the command again to continue" in failed.err
    token = token_of(place)
    (place.home / "fail").unlink()
    waiting = place.osmo(*WITH_URL, "--apply", "--wait", "1s")
    assert waiting.code == 10
    assert "is not online after 1 s: it is not registered" in waiting.err
    place.ok("local", "add-backend", "gpu-a", "--manifest", "out/manifests.yaml")
    done = place.osmo(*WITH_URL, "--apply")
    assert done.code == 0, done
    assert token_of(place) == token
    undone = place.osmo(*REGISTER, "--undo")
    assert "uninstalled Helm release osmo/osmo-operator" in undone.err
    argv = (place.home / "argv").read_text()
    assert "upgrade --install osmo-operator" in argv
    assert token not in argv
    assert KEY not in argv
    assert service.url not in argv
    environment = (place.home / "environ").read_text()
    assert f"HOME={place.home}" in environment
    assert token not in environment
    assert KEY not in environment


def test_two_runs_do_not_use_one_directory_at_once(
    place: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(place.home))
    (place.home / "link").symlink_to("out")
    for path in ("out", "link"):
        with RegistrationFolder(place.home / path).locked():
            for words in (WITH_URL, (*REGISTER, "--undo")):
                second = place.osmo(*words)
                assert second.code == 6, second
                assert "another run of `osmo backend register` uses out" in second.err
            other = place.osmo("backend", "register", "gpu-b", "--out", "other", *WITH_URL[5:])
            assert other.code == 0, other
            assert place.osmo(*REGISTER[:2], "gpu-b", "--out", "other", "--undo").code == 0
        assert not (place.home / "out").exists()
    assert place.osmo(*WITH_URL).code == 0
    assert place.osmo(*REGISTER, "--undo").code == 0


@pytest.mark.parametrize("name", ["on", "1e3", "123", "-x", "a/b", "0x1F"])
def test_a_name_that_the_chart_would_not_write_as_a_string_is_refused(
    name: str, shell: Shell
) -> None:
    shell.env["OSMO_URL"] = "local"
    assert shell.osmo("backend", "register", "--out", "out", "--", name).code == 2


def test_a_page_is_printed_and_must_be_one(shell: Shell) -> None:
    shell.env["OSMO_URL"] = "local"
    shell.ok("local", "add-backend", "gpu-a")
    assert shell.osmo("backend", "open", "gpu-a").code == 2
    shell.file("b.json", '{"grafana_url": "https://grafana.example.com/d/a"}')
    shell.ok("config", "update", "BACKEND", "gpu-a", "--file", "b.json")
    assert shell.ok("backend", "open", "gpu-a") == "https://grafana.example.com/d/a\n"
    assert shell.osmo("backend", "open", "gpu-x").code == 2


@pytest.mark.parametrize(
    "name", [name for name, dialect in DIALECTS.items() if dialect.helm_root is not None]
)
def test_a_service_in_configmap_mode_needs_the_backend_in_its_values(
    name: str, tmp_path: Path
) -> None:
    with world(f"{name} {MANAGED}", tmp_path) as place:
        shell = place.shell
        unknown = shell.osmo("backend", "register", "gpu-x", *WITH_URL[3:])
        assert unknown.code == 6
        assert "osmo config update BACKEND gpu-x" in unknown.err
        scoped = shell.osmo(*WITH_URL, "--scoped-role")
        assert scoped.code == 6
        assert not (shell.home / "out").exists()
        known = shell.osmo(*WITH_URL)
        assert known.code == 0, known
        refused = shell.osmo("backend", "deregister", "gpu-a", "--yes")
        assert refused.code == 6
        assert f"{place.dialect.helm_root}.backends.gpu-a" in refused.err
        assert shell.osmo(*REGISTER, "--undo").code == 0


def test_the_printed_token_is_not_replaced_by_a_later_run(place: Shell) -> None:
    first = place.osmo(*WITH_URL, "--secret-to-stdout")
    assert first.code == 0
    later = place.osmo(*WITH_URL)
    assert later.code == 0
    assert "was printed by an earlier run" in later.err
    assert "Secret" not in (place.home / "out" / "manifests.yaml").read_text()
    assert place.osmo(*REGISTER, "--undo").code == 0


def test_a_directory_of_another_backend_or_of_something_else_is_refused(place: Shell) -> None:
    assert place.osmo(*WITH_URL).code == 0
    other = place.osmo("backend", "register", "gpu-b", *WITH_URL[3:])
    assert other.code == 2
    assert "is of backend gpu-a" in other.err
    assert place.osmo(*REGISTER, "--undo").code == 0
    (place.home / "out").mkdir()
    (place.home / "out" / "README.md").write_text("mine")
    assert place.osmo(*WITH_URL).code == 2
    assert (place.home / "out" / "README.md").read_text() == "mine"


def test_a_wrong_configuration_is_refused_before_anything_is_created(place: Shell) -> None:
    place.file("config.json", '{"descripton": "x"}')
    result = place.osmo(*WITH_URL, "--config", "config.json")
    assert result.code == 2
    assert 'did you mean "description"' in result.err
    assert not (place.home / "out").exists()


def test_a_token_of_somebody_else_is_never_replaced(
    place: Shell, running: tuple[Service, Dialect]
) -> None:
    place.ok("token", "set", "gpu-a-token", "--service", "--roles", "osmo-backend", "-t", "json")
    result = place.osmo(*WITH_URL, "--role", "osmo-backend")
    assert result.code == 2
    assert "token gpu-a-token already exists" in result.err
    assert not (place.home / "out").exists()
    assert place.osmo("backend", "deregister", "gpu-a", "--yes").code == 0
