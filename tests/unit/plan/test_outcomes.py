"""Every write of a configuration over the in-process service, with each way that it can fail.

No fault may end in a false success, and none in silence about what is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.api.client import Client
from osmo_cli.api.service import Service
from osmo_cli.api.transport import Transport
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import BACKEND, POD_TEMPLATE, POOL
from osmo_cli.credentials.credential import Credential, Method
from osmo_cli.credentials.origin import LOCAL
from osmo_cli.errors import ExitCode, OsmoError
from osmo_cli.local.admin import add_backend, reset
from osmo_cli.local.transport import in_process_transport
from osmo_cli.plan.apply import store_change
from osmo_cli.plan.change import plan_wanted
from osmo_cli.plan.delete import delete_item, delete_revision
from osmo_cli.plan.live_object import read_live
from osmo_cli.plan.rename import rename_item
from osmo_cli.plan.rollback import roll_back
from osmo_cli.plan.tags import change_tags

ERROR = httpx.Response(500, json={"message": "Internal server error: gone"})
BUSY = httpx.Response(400, json={"message": "cursor already closed", "error_code": "DATABASE"})
PAGE = httpx.Response(200, html="<html>")
LIMIT = httpx.Response(429)


@dataclass
class Faulty(httpx.BaseTransport):
    """Passes requests on; a write may be lost, its answer replaced, and reads after it fail."""

    inner: httpx.BaseTransport
    answer: httpx.Response | None = None
    reaches: bool = True
    readable: bool = True
    writes: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            if self.writes and not self.readable:
                return httpx.Response(403, text="access denied")
            return self.inner.handle_request(request)
        self.writes.append(f"{request.method} {request.url.path}")
        answer = self.inner.handle_request(request) if self.reaches else None
        if self.answer is not None:
            return self.answer
        assert answer is not None
        return answer


Write = Callable[[Service], Any]


def update(service: Service) -> Any:
    target = read_live(service, BACKEND, "gpu-a")
    change = plan_wanted(target, target.live | {"description": "new"})
    return store_change(service, change, "update", None)


def create(service: Service) -> Any:
    target = read_live(service, POD_TEMPLATE, "new", create=True)
    return store_change(service, plan_wanted(target, {"spec": {}}), "create", None)


def delete(service: Service) -> Any:
    base = service.configs.read(BACKEND, with_revision=True)
    return delete_item(service, base, "gpu-a", description=None, tags=None, force=False)


def rename(service: Service) -> Any:
    base = service.configs.read(POOL, with_revision=True)
    return rename_item(service, base, "default", "other", description=None, tags=None)


def rollback(service: Service) -> Any:
    base = service.configs.read(POD_TEMPLATE, with_revision=True)
    wanted = service.configs.revision(POD_TEMPLATE, 1)
    return roll_back(service, wanted, base, description=None, tags=None)


def remove_revision(service: Service) -> Any:
    return delete_revision(service, BACKEND, 1)


def tag(service: Service) -> Any:
    revision = service.configs.revision(BACKEND, 1, data=False)
    return change_tags(service, BACKEND, revision, add=["new"], remove=())


WRITES: list[Write] = [update, create, delete, rename, rollback, remove_revision, tag]


# What is written differs between versions, how does not: the oldest and the newest are enough.
@pytest.fixture(params=[next(iter(DIALECTS)), next(reversed(DIALECTS))])
def faulty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Service, Faulty]]:
    db = tmp_path / "local.db"
    reset(db, request.param)
    add_backend(db, "gpu-a")
    with httpx.Client(transport=in_process_transport(db), base_url="http://local") as http:
        headers = {"x-osmo-user": "admin"}
        body = {"configs": {"a": {}}}
        pool = {"configs": {"default": {"backend": "gpu-a"}}}
        for path, content in (("pod_template", body), ("pool", pool)):
            http.put(f"/api/configs/{path}", json=content, headers=headers).raise_for_status()
    transport = Faulty(in_process_transport(db))

    def no_provider(url: str) -> Transport:
        raise AssertionError(url)

    client = Client(
        Credential(LOCAL, Method.DEV, "test", username="admin"),
        Transport("http://local", inner=transport),
        open_idp=no_provider,
        warn=lambda text: None,
        on_secret=lambda secret: None,
    )
    with Service(client) as service:
        yield service, transport


@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_succeeds(faulty: tuple[Service, Faulty], write: Write) -> None:
    service, transport = faulty
    write(service)
    assert len(transport.writes) == 1


@pytest.mark.sample(10)
@pytest.mark.parametrize("answer", [ERROR, BUSY, PAGE], ids=["500", "DATABASE", "HTML"])
@pytest.mark.parametrize("write", WRITES)
def test_a_stored_write_with_a_bad_answer_succeeds(
    faulty: tuple[Service, Faulty], write: Write, answer: httpx.Response
) -> None:
    service, transport = faulty
    transport.answer = answer
    result = write(service)
    warnings = result if isinstance(result, tuple) else result.warnings
    assert all("answered with an error, but" in warning for warning in warnings)
    assert len(transport.writes) == 1


@pytest.mark.sample(8)
@pytest.mark.parametrize("answer", [ERROR, BUSY, PAGE, LIMIT], ids=str)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_is_not_stored_is_never_a_success(
    faulty: tuple[Service, Faulty], write: Write, answer: httpx.Response
) -> None:
    service, transport = faulty
    transport.answer, transport.reaches = answer, False
    with pytest.raises(OsmoError) as raised:
        write(service)
    expected = ExitCode.RATE_LIMITED if answer is LIMIT else ExitCode.SERVICE_FAILURE
    assert raised.value.exit_code == expected
    assert len(transport.writes) == 1


@pytest.mark.sample(10)
@pytest.mark.parametrize("reaches", [True, False])
@pytest.mark.parametrize("answer", [None, ERROR, BUSY, PAGE], ids=str)
@pytest.mark.parametrize("write", WRITES)
def test_what_cannot_be_read_is_an_unknown_outcome(
    faulty: tuple[Service, Faulty], write: Write, answer: httpx.Response | None, reaches: bool
) -> None:
    service, transport = faulty
    transport.answer, transport.readable = answer, False
    transport.reaches = reaches or answer is None
    with pytest.raises(OsmoError, match="unknown outcome") as raised:
        write(service)
    assert raised.value.exit_code == ExitCode.SERVICE_FAILURE
    assert "osmo config" in (raised.value.hint or "")
    assert len(transport.writes) == 1
