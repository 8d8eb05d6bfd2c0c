"""A canary in every secret field of every type, right and wrong, in every generation's service.

The program runs in this process, against the embedded service, so that many runs are quick.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.schemas.base import model_at, secret_paths
from osmo_cli.local.admin import add_backend, reset
from osmo_cli.main import run
from tests.support.worlds import MANAGED, WORLDS

CANARY = "canary-77ab01-Secret"
# What the object of a secret needs beside it.
BESIDE = {
    "access_key": {"endpoint": "s3://logs", "access_key_id": "AKIA"},
    "private_key": {"public_key": '{"kty": "RSA"}'},
}
# A service takes no private key that is not a JWK (docs/service/service.md#service_auth).
PRIVATE_KEY = json.dumps({"kty": "RSA", "d": CANARY})


def secrets(dialect: Dialect) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
    """The types with the paths of their secrets, and what belongs beside each."""
    for name in sorted(dialect.config_types):
        model = Shape(CONFIG_TYPES[name], dialect).model()
        for path in secret_paths(model):
            around = model_at(model, path[:-1])
            assert around is not None
            beside = BESIDE.get(path[-1], {}).items()
            yield name, path, {key: text for key, text in beside if key in around.model_fields}


def nested(path: tuple[str, ...], value: Any, beside: dict[str, Any]) -> Any:
    """An object with `value` at `path`, where `*` is a key of its own."""
    key = "one" if path[0] == "*" else path[0]
    if len(path) == 1:
        return {key: value} | beside
    inner = nested(path[1:], value, beside)
    if len(path) > 2 and path[0] == "*" and path[1] == "default_credential":
        inner["dataset_path"] = "s3://team/data"
    return {key: inner}


def inputs(path: tuple[str, ...], beside: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Objects that hold the canary, and whether each is stored."""
    is_key = path[-1] == "private_key"
    yield nested(path, PRIVATE_KEY if is_key else CANARY, beside), True
    yield nested(path, "${env:PRIVATE_KEY}" if is_key else "${env:CANARY}", beside), True
    yield nested(path, [CANARY], beside), False
    yield nested(path, {"value": CANARY}, beside), False
    yield nested(path, CANARY, beside | {"unknown": CANARY}), False
    yield nested((*path[:-1], path[-1] + "s"), CANARY, beside), False
    yield nested(path, CANARY, beside) | {CANARY[:6]: 1}, False
    for other in beside:
        yield nested(path, CANARY, beside | {other: {"x": CANARY}}), False


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    text = io.StringIO()
    monkeypatch.setattr("sys.stdout", text)
    monkeypatch.setattr("sys.stderr", text)
    return text


def clean_files(folder: Path, *, but: set[str]) -> list[str]:
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name not in but and CANARY.encode() in path.read_bytes()
    ]


@pytest.mark.thorough
@pytest.mark.parametrize("world", WORLDS)
def test_no_secret_comes_out(
    world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: io.StringIO
) -> None:
    speaks, _, managed = world.partition(" ")
    db = tmp_path / "service" / "local.db"
    db.parent.mkdir()
    reset(db, speaks)
    add_backend(db, "gpu-a")
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.chdir(home)
    for name, value in {
        "HOME": str(home),
        "TMPDIR": str(home),
        "OSMO_URL": "local",
        "OSMO_LOCAL_DB": str(db),
        "CANARY": CANARY,
        "PRIVATE_KEY": PRIVATE_KEY,
    }.items():
        monkeypatch.setenv(name, value)
    if managed:
        assert managed == MANAGED
        (tmp_path / "configmap.yaml").write_text("workflow: {}\nservice: {}\npools: {}\n")
        monkeypatch.setenv("OSMO_LOCAL_CONFIGMAP", str(tmp_path / "configmap.yaml"))

    def osmo(*words: str) -> int:
        code = run(["--debug", *words])
        shown = printed.getvalue()
        assert CANARY not in shown, words
        assert "Traceback" not in shown, words
        printed.seek(0)
        printed.truncate()
        return code

    stored = 0
    for kind, path, beside in secrets(DIALECTS[speaks]):
        for content, is_right in inputs(path, beside):
            Path("input.json").write_text(json.dumps(content))
            Path("input.yaml").write_text(yaml.safe_dump(deepcopy(content)))
            update = ("config", "update", kind, "-f")
            for file in ("input.json", "input.yaml"):
                checked = osmo("config", "validate", file, "--type", kind, "--dialect", speaks)
                assert checked == (0 if is_right else 2), (kind, path, content)
                osmo("config", "validate", file, "--type", kind, "--online", "-t", "json")
                osmo(*update, file, "--dry-run")
                osmo(*update, file, "--dry-run", "--format-type", "json")
            osmo(*update, "input.json", "--format-type", "json")
            done = osmo(*update, "input.yaml", "-d", "a change")
            assert done == ((6 if managed else 0) if is_right else 2), (kind, path, content)
            stored += is_right
        osmo("config", "show", kind)
        osmo("config", "show", f"{kind}:1", "-t", "yaml")
        osmo("config", "history", kind, "-t", "json")
        osmo("config", "diff", f"{kind}:1", kind)
    assert stored >= 10
    osmo("config", "list")
    assert clean_files(home, but={"input.json", "input.yaml"}) == []
