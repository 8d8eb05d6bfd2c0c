"""`osmo local serve --fault`: faults of real services under load, for rehearsal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.errors import UsageError
from osmo_cli.local.app import build_app
from osmo_cli.local.rehearsal import FAULTS, find_fault
from osmo_cli.local.server import listen, new_server
from tests.support.processes import Shell

CONFIGS = "/api/configs"
FAILING = [dialect.name for dialect in DIALECTS.values() if dialect.parallel_writes_fail]
CLOSED = {
    "message": "Error: connection pool is closed",
    "error_code": "DATABASE",
    "workflow_id": None,
}


@contextmanager
def failing_service(db: Path, dialect: str) -> Iterator[httpx.Client]:
    """A service with failing parallel writes on a loopback port."""
    with closing(listen(0)) as listener:
        server = new_server(build_app(db, dialect=dialect, fault="parallel-writes"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            with httpx.Client(base_url=url, headers={"x-osmo-user": "admin"}) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def put(client: httpx.Client, number: int) -> httpx.Response:
    path = f"{CONFIGS}/pod_template/t{number}"
    return client.put(path, json={"configs": {"n": number}, "description": str(number)})


@pytest.mark.parametrize("dialect", FAILING)
def test_of_writes_that_overlap_one_succeeds_and_some_others_are_stored(
    dialect: str, tmp_path: Path
) -> None:
    with failing_service(tmp_path / "local.db", dialect) as client:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda number: put(client, number), range(4)))
        succeeded = [answer for answer in answers if answer.status_code == 200]
        failed = [answer for answer in answers if answer.status_code != 200]
        assert all(answer.status_code == 400 and answer.json() == CLOSED for answer in failed)
        assert len(succeeded) in (1, 2)
        stored = [name for name in client.get(f"{CONFIGS}/pod_template").json() if name[0] == "t"]
        assert len(succeeded) < len(stored) < 4
        query = {"config_types": "POD_TEMPLATE", "limit": 100}
        entries = client.get(f"{CONFIGS}/history", params=query).json()["configs"]
        written = {entry["name"] for entry in entries if entry["name"]}
        assert written == set(stored)


@pytest.mark.parametrize("dialect", FAILING)
def test_writes_one_at_a_time_succeed(dialect: str, tmp_path: Path) -> None:
    with failing_service(tmp_path / "local.db", dialect) as client:
        assert [put(client, number).status_code for number in range(3)] == [200] * 3


def test_a_read_during_failing_writes_fails_too(tmp_path: Path) -> None:
    fault = FAULTS["parallel-writes"].make()
    inside, finish = threading.Barrier(3), threading.Event()

    def hold() -> object:
        inside.wait(5)
        finish.wait(5)
        return None

    with ThreadPoolExecutor(3) as pool:
        # The second of three overlapping writes fails before its handler runs.
        writes = [pool.submit(fault, "PUT", hold) for _ in range(3)]  # type: ignore[arg-type]
        inside.wait(5)
        read = fault("GET", lambda: None)  # type: ignore[arg-type, return-value]
        finish.set()
        results = [write.result() for write in writes]
    assert (read.status, read.data) == (400, CLOSED)
    assert sum(result is None for result in results) == 1


def test_services_without_the_fault_do_not_have_it() -> None:
    for dialect in DIALECTS.values():
        if dialect.name in FAILING:
            assert find_fault("parallel-writes", dialect) is FAULTS["parallel-writes"]
            continue
        with pytest.raises(UsageError, match="does not have the fault"):
            find_fault("parallel-writes", dialect)
    assert FAILING


def test_an_unknown_fault_is_wrong_usage(tmp_path: Path) -> None:
    shell = Shell.at(tmp_path)
    done = shell.osmo("local", "serve", "--port", "0", "--db", "a.db", "--fault", "slow")
    assert done.code == 2
    assert done.err.splitlines()[0] == 'error: unknown fault "slow"'
    assert "parallel-writes (writes that overlap fail" in done.err
