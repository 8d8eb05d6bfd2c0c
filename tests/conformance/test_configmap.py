"""The embedded service in ConfigMap mode against what was recorded of real services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from osmo_cli.config.problems import InvalidInputError
from osmo_cli.local.clock import Clock, utc_now
from osmo_cli.local.configmap import ConfigMapSource
from osmo_cli.local.database import open_database
from osmo_cli.local.jwts import new_signing_key
from osmo_cli.local.transport import in_process_transport
from tests.conformance import differences_configmap as differences
from tests.conformance.replay import RECORDINGS, comparable
from tests.support.databases import new_database

EXCHANGES = RECORDINGS / "exchanges-6.4-dev-configmap.json"
LOADS = RECORDINGS / "helm-loads.json"
_COMPUTED = {"status", "name", "last_heartbeat", "created_date", "online", "k8s_uid", "version"}


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        pytest.skip(f"no recordings: {path} does not exist")
    records: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return records


def _client(folder: Path, dialect: str, file: Path, now: Clock = utc_now) -> httpx.Client:
    """A client of a service that was started in ConfigMap mode. Raises as `open_database`."""
    source = ConfigMapSource(file, lambda text: None)
    database = folder / "local.db"
    if now is utc_now:
        new_database(database, dialect, managed=True)
    open_database(database, dialect, now=now, source=source).close()
    transport = in_process_transport(database, now=now, source=source)
    return httpx.Client(transport=transport, base_url="http://local")


# -- the session with a running service


def _recorded_file(exchanges: list[dict[str, Any]]) -> dict[str, Any]:
    """The ConfigMap of the recorded session, from what the service showed of it."""
    shown = {exchange["step"]: exchange["response_json"] for exchange in exchanges}
    service = {key: value for key, value in shown["show.SERVICE"].items() if key != "service_auth"}
    backends = {
        backend["name"]: _without(backend, _COMPUTED) | {"k8s_namespace": "osmo"}
        for backend in shown["show.BACKEND"]["backends"]
    }
    return {
        "service": service,
        "workflow": shown["show.WORKFLOW"],
        "backends": backends,
        "pools": {
            name: _without(pool, _COMPUTED) for name, pool in shown["show.POOL"]["pools"].items()
        },
        "pod_templates": shown["show.POD_TEMPLATE"],
        "resource_validations": shown["show.RESOURCE_VALIDATION"],
        "roles": {role["name"]: _without(role, {"name"}) for role in shown["show.ROLE"]},
    }


def _without(value: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key not in names}


class _SessionClock:
    """The time of the recorded session, a microsecond later at each call."""

    time = datetime(2026, 11, 23, 11, 25, 23)

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time


@dataclass(frozen=True)
class Answer:
    """A replayed exchange: status and JSON of both sides."""

    index: int
    request: str
    recorded: Any
    answered: Any


def _replay(folder: Path) -> Iterator[Answer]:
    exchanges = _read(EXCHANGES)
    file = folder / "config.yaml"
    file.write_text(json.dumps(_recorded_file(exchanges)))
    with _client(folder, "6.4", file, _SessionClock()) as client:
        for index, exchange in enumerate(exchanges):
            response = client.request(
                exchange["method"],
                exchange["path"],
                params=exchange["query"],
                headers=exchange["request_headers"],
                json=exchange["request_json"],
            )
            yield Answer(
                index,
                f"{exchange['step']}: {exchange['method']} {exchange['path']}",
                (exchange["status"], comparable(exchange["response_json"])),
                (response.status_code, comparable(response.json())),
            )


def test_answers_are_the_recorded_ones(tmp_path: Path, figures: list[str]) -> None:
    answers = list(_replay(tmp_path))
    assert len(answers) == 48
    different = {
        answer.index: "\n  ".join(
            (answer.request, f"recorded {answer.recorded}", f"answered {answer.answered}")
        )
        for answer in answers
        if answer.recorded != answer.answered
    }
    figures.append(
        f"6.4 ConfigMap exchanges: {len(answers)} replayed, {len(answers) - len(different)} same"
    )
    unlisted = [text for index, text in different.items() if index not in differences.EXCHANGES]
    assert not unlisted, "\n" + "\n".join(unlisted)
    assert differences.EXCHANGES.keys() <= different.keys()


# -- files


def _loads() -> list[Any]:
    if not LOADS.is_file():
        return []
    return [
        pytest.param(record, generation, id=f"{record['id']}-{generation}")
        for record in _read(LOADS)
        if record["id"] not in differences.NOT_LOADED
        for generation in record["generation"].split("|")
    ]


def _write_file(folder: Path, record: dict[str, Any]) -> Path:
    for path, content in (record.get("secrets") or {}).items():
        secret = folder / "secrets" / path
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.write_text(content)
    file = folder / "config.yaml"
    text = record.get("config_text")
    file.write_text(yaml.safe_dump(_with_keys(record["config_yaml"])) if text is None else text)
    return file


def _with_keys(config: dict[str, Any]) -> dict[str, Any]:
    """With a key where the record says that there was one."""
    auth = config.get("service", {}).get("service_auth")
    if auth and auth["keys"]["k1"]["public_key"].startswith("<"):
        [pair] = new_signing_key().values()
        config["service"]["service_auth"] = auth | {"keys": {"k1": pair}}
    return config


_FROM_DATABASE = "<from the database>"


def _as_recorded(recorded: Any, answered: Any) -> Any:
    """`answered` with the record's words for what it leaves out, and its time."""
    if recorded in (_FROM_DATABASE, "2026-01-01T00:00:00") and answered:
        return recorded
    if isinstance(recorded, dict) and isinstance(answered, dict):
        return {key: _as_recorded(recorded.get(key), value) for key, value in answered.items()}
    if isinstance(recorded, list) and isinstance(answered, list):
        pairs = zip(recorded, answered, strict=False)
        return [_as_recorded(*pair) for pair in pairs] + answered[len(recorded) :]
    return answered


def _expected(recorded: Any) -> tuple[int, Any]:
    if isinstance(recorded, dict) and recorded.keys() == {"status", "body"}:
        return recorded["status"], recorded["body"]
    return 200, recorded


@pytest.mark.skipif(not LOADS.is_file(), reason=f"no recordings: {LOADS} does not exist")
def test_recordings_are_there() -> None:
    assert len(list(_loads())) > 84


@pytest.mark.sample(15)
@pytest.mark.parametrize(("record", "generation"), _loads())
def test_a_file_is_loaded_or_refused_as_recorded(
    record: dict[str, Any], generation: str, tmp_path: Path
) -> None:
    def different(what: str) -> bool:
        return (record["id"], generation, what) in differences.LOADS

    file = _write_file(tmp_path, record)
    if record["reload"] != "loaded":
        with pytest.raises(InvalidInputError):
            _client(tmp_path, generation, file)
        return
    with _client(tmp_path, generation, file) as client:
        for path, recorded in (record.get("answers") or {}).items():
            response = client.get(path)
            status, body = _expected(recorded)
            assert response.status_code == status, (path, response.text)
            if status != 200:
                continue  # what it says in words is the service's own
            answered = _as_recorded(body, response.json())
            if record["id"] == "service-auth-valid":
                answered = {key: {k: answered[key][k] for k in body[key]} for key in body}
            assert (answered == body) != different(path), path
