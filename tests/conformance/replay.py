"""Replays recorded exchanges against the embedded service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from osmo_cli.local import backends
from osmo_cli.local.clock import Clock
from osmo_cli.local.database import Store, open_database
from osmo_cli.local.transport import in_process_transport

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "osmo"

_VOLATILE = {"created_at", "last_heartbeat", "created_date", "token", "public_key", "active_key"}
_VOLATILE |= {"kid", "n", "assigned_at"}
_ACCESS_TOKEN = re.compile(r"[0-9a-f]{64}|[\w-]{43}", re.ASCII)
_CLUSTERS = {
    "gpu-a": "5a1d6c2e-0b7b-4f0e-9c1c-a00000000001",
    "gpu-b": "5a1d6c2e-0b7b-4f0e-9c1c-b00000000002",
}
_OTHER_CLUSTERS = {
    "gpu-a": "d1742ba6-b8ea-55ba-9c0c-b93d3300a330",
    "gpu-b": "3bbf703f-7727-5282-a644-5d279cbc64b5",
}
# Before this step gpu-b's operator connected again.
_RECONNECTED = "final.gpu-a"


@dataclass(frozen=True)
class Recording:
    """A recorded session with a real service.

    Attributes:
        version: of the service, as in the file's name.
        dialect: what the embedded service has to speak.
        started: when the operators connected.
        times: known times of requests, by position; -1 is just before the first.
        clusters: uids of the clusters whose operators connected, by name of the backend.
        namespace: where the operators ran.
    """

    version: str
    dialect: str
    started: datetime
    times: dict[int, datetime]
    clusters: Mapping[str, str] = field(default_factory=lambda: _CLUSTERS)
    namespace: str = "osmo"

    @property
    def path(self) -> Path:
        """The file."""
        return RECORDINGS / f"exchanges-{self.version}.json"

    def read(self) -> list[dict[str, Any]]:
        """The exchanges in order."""
        exchanges: list[dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))
        return exchanges


V6_0 = Recording(
    "6.0.0",
    "6.0",
    datetime(2026, 11, 23, 11, 32, 26),
    {-1: datetime(2026, 11, 23, 11, 32, 29)},
)
V6_2 = Recording(
    "6.2.10",
    "6.2",
    datetime(2026, 11, 23, 11, 34, 35, 300000),
    # From 83 on gpu-b, which beat once, shows as offline.
    {
        -1: datetime(2026, 11, 23, 11, 34, 37),
        83: datetime(2026, 11, 23, 11, 36, 36),
    },
)
SEED = Recording(
    "seed",
    "seed",
    datetime(2026, 11, 25, 0, 36, 19),
    {-1: datetime(2026, 11, 25, 0, 36, 20), 442: datetime(2026, 11, 25, 0, 36, 52)},
    _OTHER_CLUSTERS,
    "osmo-operator",
)
V6_3 = Recording(
    "6.3.1",
    "6.3",
    datetime(2026, 11, 25, 0, 37, 1),
    {-1: datetime(2026, 11, 25, 0, 37, 3), 442: datetime(2026, 11, 25, 0, 37, 28)},
    _OTHER_CLUSTERS,
    "osmo-operator",
)
V6_4 = Recording(
    "6.4-dev",
    "6.4",
    datetime(2026, 11, 23, 11, 38, 54, 300000),
    # As with 6.2.10.
    {
        -1: datetime(2026, 11, 23, 11, 38, 57),
        97: datetime(2026, 11, 23, 11, 40, 55),
        212: datetime(2026, 11, 23, 11, 41, 58),
    },
)
RECORDINGS_BY_VERSION = {each.version: each for each in (SEED, V6_0, V6_2, V6_3, V6_4)}
"""The recordings of services in database mode."""


class ScriptedClock:
    """The recorded session's time: its requests, spread evenly between its known times."""

    def __init__(self, recording: Recording) -> None:
        self.time = recording.started
        self._known = list(recording.times.items())
        for index, exchange in enumerate(recording.read()):
            asked = dict(exchange["query"]).get("at_timestamp", "")
            # The official client's `config list` asks for the present moment.
            if "." in asked:
                self._known.append((index, datetime.fromisoformat(asked)))

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time

    def move_to(self, index: int) -> None:
        before = max(known for known in self._known if known[0] < index)
        after = min(known for known in self._known if known[0] >= index)
        share = (index - before[0]) / (after[0] - before[0])
        self.time = before[1] + (after[1] - before[1]) * share - timedelta(milliseconds=1)


@dataclass(frozen=True)
class Result:
    """One replayed exchange: status, headers and JSON of both sides, made comparable."""

    index: int
    step: str
    request: str
    recorded: Any
    answered: Any

    @property
    def same(self) -> bool:
        return bool(self.recorded == self.answered)


def comparable(value: Any, key: str = "") -> Any:
    """`value` without what differs from run to run; tags are a set.

    docs/service/history.md#diff
    """
    if key in _VOLATILE and value is not None:
        return f"<{key}>"
    if key == "expires_at" and isinstance(value, int):
        return "<second>"
    if key == "tags" and value is not None:
        return sorted(value)
    if isinstance(value, dict):
        if key == "keys":
            return [comparable(member) for member in value.values()]
        return {name: comparable(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [comparable(member) for member in value]
    if isinstance(value, str) and _ACCESS_TOKEN.fullmatch(value):
        return "<access token>"
    return value


def replay(recording: Recording, folder: Path) -> list[Result]:
    """Replay all exchanges in order."""
    exchanges = recording.read()
    clock = ScriptedClock(recording)
    database = folder / "local.db"
    results = []
    tokens: dict[str, str] = {}
    with (
        open_database(database, recording.dialect, now=clock) as store,
        httpx.Client(
            transport=in_process_transport(database, now=clock), base_url="http://local"
        ) as client,
    ):
        # gpu-b beats once, gpu-a goes on beating.
        connect(store, clock, "gpu-b", recording, goes_on=False)
        connect(store, clock, "gpu-a", recording, goes_on=True)
        for index, exchange in enumerate(exchanges):
            clock.move_to(index)
            if exchange["step"] == _RECONNECTED and exchange["method"] == "GET":
                connect(store, clock, "gpu-b", recording, goes_on=False)
            result, body = _ask(client, index, exchange, tokens)
            results.append(result)
            if isinstance(exchange["response_json"], str):
                tokens[exchange["response_json"]] = str(body)
    return results


def connect(store: Store, clock: Clock, name: str, recording: Recording, *, goes_on: bool) -> None:
    """What a backend's operator does when it connects."""
    now = clock()
    with store.write() as connection:
        backends.register(
            connection,
            store.dialect,
            name,
            now,
            connected=goes_on,
            heartbeat=now,
            k8s_uid=recording.clusters[name],
            k8s_namespace=recording.namespace,
        )


def _ask(
    client: httpx.Client, index: int, exchange: dict[str, Any], tokens: dict[str, str]
) -> tuple[Result, Any]:
    content = None
    if (body := exchange["request_json"]) is not None:
        raw = body.get("__raw__") if isinstance(body, dict) else None
        if isinstance(body, dict) and "token" in body:
            body = body | {"token": tokens.get(body["token"], body["token"])}
        content = (json.dumps(body) if raw is None else raw).encode()
    response = client.request(
        exchange["method"],
        exchange["path"],
        params=[(name, tokens.get(value, value)) for name, value in exchange["query"]],
        headers=exchange["request_headers"],
        content=content,
    )
    headers = {
        name: value
        for name, value in response.headers.items()
        if name in ("content-type", "x-osmo-service-version", "x-osmo-warning")
    }
    answered = response.json()
    result = Result(
        index,
        exchange["step"],
        f"{exchange['method']} {exchange['path']} {exchange['query']}",
        (exchange["status"], exchange["response_headers"], comparable(exchange["response_json"])),
        (response.status_code, headers, comparable(answered)),
    )
    return result, answered
