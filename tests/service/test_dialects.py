"""Which dialect a service is taken for, by its OpenAPI document and without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from osmo_cli.api.client import Client
from osmo_cli.api.dialects import identify
from osmo_cli.api.transport import Transport
from osmo_cli.config.dialects import DIALECTS
from osmo_cli.credentials.credential import Credential, Method
from osmo_cli.credentials.origin import LOCAL
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
    def no_idp(url: str) -> Transport:
        raise AssertionError(url)

    ignore: Callable[[str], None] = lambda text: None  # noqa: E731
    inner = WithoutSome(in_process_transport(db), gone) if gone else in_process_transport(db)
    with Client(
        Credential(LOCAL, Method.DEV, "test", username="admin"),
        Transport("http://local", inner=inner),
        open_idp=no_idp,
        warn=ignore,
        on_secret=ignore,
    ) as client:
        return identify(client, anew=True).name


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
@pytest.mark.parametrize("name", ["6.0", "6.2"])
def test_without_both_the_exchange_of_tokens_tells(name: str, tmp_path: Path) -> None:
    reset(tmp_path / "local.db", name)
    assert identified(tmp_path / "local.db", ("openapi.json", "configs/backend")) == name
