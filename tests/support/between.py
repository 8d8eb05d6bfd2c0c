"""A client's way to a service, where a test fails requests or meddles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Shell, serving

BACKEND = "/api/configs/backend"
UPDATE = ("config", "update", "BACKEND", "gpu-a", "--file", "new.json")
UNKNOWN = {
    "500": json_reply({"message": "Internal server error: boom"}, 500),
    "502": Reply(502, b"<html>Bad gateway</html>", {"content-type": "text/html"}),
    "DATABASE": json_reply(
        {"message": "Error: connection pool is closed", "error_code": "DATABASE"}, 400
    ),
    "HTML": Reply(200, b"<html>", {"content-type": "text/html"}),
}


@dataclass
class Between:
    """Stands between the program and a real service, to fail or to meddle."""

    shell: Shell
    service: httpx.Client
    seen: list[str] = field(default_factory=list)
    fault: Callable[[str, str, Reply], Reply | None] = lambda method, path, reply: None
    before: Callable[[str, str], Reply | None] = lambda method, path: None
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        self.seen.append(method)
        early = self.before(method, path)
        if early is not None:
            return early
        headers = {"x-osmo-user": "admin", "content-type": "application/json"}
        answer = self.service.request(method, path, content=body, headers=headers)
        reply = Reply(
            answer.status_code, answer.content, {"content-type": "application/json"} | self.headers
        )
        return self.fault(method, path, reply) or reply

    def write(self, description: str) -> None:
        """Somebody else's change."""
        headers = {"x-osmo-user": "other"}
        body = {"configs": {"description": description}, "description": "another's change"}
        self.service.post(f"{BACKEND}/gpu-a", json=body, headers=headers).raise_for_status()

    def description(self) -> object:
        answer = self.service.get(f"{BACKEND}/gpu-a", headers={"x-osmo-user": "admin"})
        return answer.json()["description"]


@contextmanager
def between(tmp_path: Path, dialect: str = "6.0") -> Iterator[Between]:
    """A service with the backend gpu-a, a shell, and what stands between them."""
    with (
        serving(tmp_path / "service", dialect=dialect) as service,
        httpx.Client(base_url=service.url) as client,
    ):
        shell = Shell.at(tmp_path / "user")
        shell.ok("local", "add-backend", "gpu-a", "--db", str(service.db))
        middle = Between(shell, client)
        with answering(middle) as server:
            shell.ok("login", server.url, "--method", "dev", "--username", "admin")
            shell.file("new.json", '{"description": "mine"}')
            middle.seen.clear()
            yield middle


def writes(middle: Between) -> int:
    """Number of requests that were sent to change something."""
    return sum(method != "GET" for method in middle.seen)
