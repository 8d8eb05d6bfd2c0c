"""Which dialect a service is taken for, by its OpenAPI document and without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.api.client import Client
from osmo_cli.api.service import Service
from osmo_cli.api.transport import Transport
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.credentials.credential import Credential, Method
from osmo_cli.credentials.origin import LOCAL
from osmo_cli.errors import UsageError
from osmo_cli.local.admin import add_backend, reset
from osmo_cli.local.transport import in_process_transport


class WithoutSome(httpx.BaseTransport):
    """A service that has nothing at paths which end with one of `gone`."""

    def __init__(self, inner: httpx.BaseTransport, gone: tuple[str, ...]) -> None:
        self._inner, self._gone = inner, gone

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(self._gone):
            return httpx.Response(403, json={"message": "Forbidden"}, request=request)
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


def identified(db: Path, gone: tuple[str, ...]) -> str:
    inner = in_process_transport(db)
    return taken_for(WithoutSome(inner, gone) if gone else inner)


def taken_for(inner: httpx.BaseTransport, notes: list[str] | None = None) -> str:
    def no_idp(url: str) -> Transport:
        raise AssertionError(url)

    ignore: Callable[[str], None] = lambda text: None  # noqa: E731
    with Client(
        Credential(LOCAL, Method.DEV, "test", username="admin"),
        Transport("http://local", inner=inner),
        open_idp=no_idp,
        warn=ignore if notes is None else notes.append,
        on_secret=ignore,
    ) as client:
        return Service(client).redetect_dialect().name


@pytest.mark.parametrize("name", DIALECTS)
def test_the_openapi_document_tells(name: str, tmp_path: Path) -> None:
    reset(tmp_path / "local.db", name)
    assert identified(tmp_path / "local.db", ()) == name


@pytest.mark.parametrize("name", DIALECTS)
def test_without_the_document_a_backend_tells(name: str, tmp_path: Path) -> None:
    reset(tmp_path / "local.db", name)
    add_backend(tmp_path / "local.db", "gpu-a")
    gone = ("openapi.json", "access_token")
    assert identified(tmp_path / "local.db", gone) == name


# Nothing but a backend tells seed from 6.0.
@pytest.mark.parametrize("name", [name for name in DIALECTS if name != "seed"])
def test_without_both_the_exchange_of_tokens_tells(name: str, tmp_path: Path) -> None:
    reset(tmp_path / "local.db", name)
    assert identified(tmp_path / "local.db", ("openapi.json", "configs/backend")) == name


SERVED = {
    ("6.0.0", "6.0"): ["6.0.0", "6.0.1"],
    ("6.2.10", "6.2"): ["6.0.0", "6.2.10", "6.2.11"],
    ("6.4-dev", "6.4"): ["6.4.0", "6.4.1", "6.5.0"],
}


@pytest.mark.parametrize(
    ("recorded", "name", "version"),
    [(*key, version) for key, versions in SERVED.items() for version in versions],
)
def test_a_real_service_is_known_by_its_document_whatever_its_number(
    recorded: str, name: str, version: str, recordings: Path
) -> None:
    document = json.loads((recordings / f"openapi-{recorded}.json").read_text("utf-8"))
    assert described(version, document) == name


NEWEST = next(reversed(DIALECTS))


@pytest.mark.parametrize("version", ["6.5.0", "6.10.0", "7.0.0"])
@pytest.mark.parametrize("has_document", [True, False])
def test_a_newer_service_is_used_as_the_newest_known_one(
    version: str, has_document: bool, recordings: Path
) -> None:
    document = None
    if has_document:
        document = json.loads((recordings / "openapi-6.4-dev.json").read_text("utf-8"))
        del document["paths"]["/api/configs/workflow"]
    notes: list[str] = []
    assert described(version, document, notes) == NEWEST
    assert notes == [
        f"the service's version {version} is newer than this osmo knows; it is used as {NEWEST}"
    ]


def test_a_newer_service_that_its_document_describes_is_used_as_that(recordings: Path) -> None:
    document = json.loads((recordings / "openapi-6.4-dev.json").read_text("utf-8"))
    notes: list[str] = []
    assert described("6.5.0", document, notes) == "6.4"
    assert len(notes) == 1


@pytest.mark.parametrize("version", ["5.9.0", "6.1.0", "x.y.z"])
def test_what_fits_no_dialect_is_refused(version: str) -> None:
    with pytest.raises(UsageError, match="which this version of osmo does not know"):
        described(version, None)


@pytest.mark.parametrize(
    ("version", "name"), [("6.3.2", "6.3"), ("6.4.7", "6.4"), ("6.2.9", "6.2")]
)
def test_without_a_document_any_revision_of_a_version_will_do(version: str, name: str) -> None:
    assert described(version, None) == name


def described(version: str, document: Any, notes: list[str] | None = None) -> str:
    """What a service of this number is taken for that describes itself by `document`."""
    major, minor, revision = version.split(".")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/version":
            return httpx.Response(200, json={"major": major, "minor": minor, "revision": revision})
        if request.url.path == "/api/openapi.json" and document:
            return httpx.Response(200, json=document)
        return httpx.Response(403, json={"message": "Forbidden"})

    return taken_for(httpx.MockTransport(answer), notes)
