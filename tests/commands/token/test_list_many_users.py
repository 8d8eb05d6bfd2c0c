"""The tokens of many service accounts, which services that have users list per user."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from osmo_cli.api.parallel import MAX_WORKERS
from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Shell

ACCOUNTS = [f"agent-{number:03}" for number in range(60)]
PEOPLE = ["ada@example.com", "bob.b", "x+y"]
POOL_CLOSED = json_reply(
    {"message": "Error: connection pool is closed", "error_code": "DATABASE"}, 400
)


class ServiceWithAccounts:
    """A service of 6.2 with many users, of whom every second has a token of its own name.

    Attributes:
        asked: how often the tokens of each user were listed.
        most: how many of these requests ran at once.
    """

    def __init__(self, failing: dict[str, Reply] | None = None) -> None:
        self.failing = failing or {}
        self.asked: Counter[str] = Counter()
        self.most = 0
        self._running = 0
        self._lock = threading.Lock()

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        if path == "/api/version":
            return json_reply({"major": "6", "minor": "2", "revision": "10", "hash": ""})
        if path == "/api/auth/jwt/access_token":
            return json_reply({"detail": [{"loc": ["body"], "msg": "field required"}]}, 422)
        if path.startswith("/api/auth/user?"):
            users = [{"id": name, "created_at": "2026-01-01"} for name in (*PEOPLE, *ACCOUNTS)]
            return json_reply({"total_results": len(users), "users": users})
        if match := re.fullmatch(r"/api/auth/user/([^/]+)/access_token", path):
            return self._tokens(match[1])
        return json_reply({"detail": "Not Found"}, 404)

    def _tokens(self, user: str) -> Reply:
        with self._lock:
            self.asked[user] += 1
            self._running += 1
            self.most = max(self.most, self._running)
            fails = self.failing.get(user) if self.asked[user] == 1 else None
        time.sleep(0.01)
        with self._lock:
            self._running -= 1
        if fails is not None:
            return fails
        names = [user, "other"] if int(user[-3:]) % 2 == 0 else ["other"]
        end = {"expires_at": "2099-01-01T00:00:00", "description": "", "roles": ["osmo-backend"]}
        return json_reply([{"user_name": user, "token_name": name, **end} for name in names])

    def listed(self, shell: Shell) -> list[str]:
        """The names that `osmo token list --service` prints."""
        with answering(self) as server:
            shell.ok("login", server.url, "--method", "dev", "--username", "admin")
            tokens = json.loads(shell.ok("token", "list", "--service", "-t", "json"))
        return [token["token_name"] for token in tokens]


def test_each_account_is_asked_once_and_a_few_at_a_time(shell: Shell) -> None:
    service = ServiceWithAccounts()
    assert service.listed(shell) == ACCOUNTS[::2]
    assert service.asked == Counter(ACCOUNTS), "people's names cannot be names of tokens"
    assert 1 < service.most <= MAX_WORKERS


def test_a_read_that_fails_under_load_is_repeated(shell: Shell) -> None:
    """Reads fail beside parallel writes of others (docs/service/parallel-writes.md)."""
    service = ServiceWithAccounts({"agent-004": POOL_CLOSED, "agent-010": POOL_CLOSED})
    assert service.listed(shell) == ACCOUNTS[::2]
    assert (service.asked["agent-004"], service.asked["agent-010"]) == (2, 2)


def test_an_account_that_is_deleted_meanwhile_is_left_out(shell: Shell) -> None:
    gone = json_reply({"message": "User agent-004 not found", "error_code": "USER"}, 400)
    service = ServiceWithAccounts({"agent-004": gone})
    assert service.listed(shell) == [name for name in ACCOUNTS[::2] if name != "agent-004"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (json_reply({"message": "x", "error_code": "USER"}, 400), 2),
        (Reply(403, b"access denied", {"content-type": "text/plain"}), 4),
        (json_reply({"no": "list"}), 10),
        (Reply(200, b"<html>", {"content-type": "text/html"}), 10),
    ],
)
def test_any_other_failure_ends_the_list(
    reply: Reply, code: int, shell: Shell, tmp_path: Path
) -> None:
    with answering(ServiceWithAccounts({"agent-004": reply})) as server:
        shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        done = shell.osmo("token", "list", "--service")
    assert (done.code, done.out) == (code, "")


_PAGES: dict[str, Callable[[int], Any]] = {
    "the same page": lambda start: {"total_results": 10**9, "users": [{"id": "ada"}]},
    "always more": lambda start: {"total_results": 10**9, "users": [{"id": f"u{start}"}]},
    "a growing total": lambda start: {"total_results": start + 1, "users": [{"id": f"u{start}"}]},
    "two pages in turn": lambda start: {"total_results": 10**9, "users": [{"id": f"u{start % 2}"}]},
    "a negative total": lambda start: {"total_results": -1, "users": [{"id": "ada"}]},
    "a total as text": lambda start: {"total_results": "1", "users": [{"id": "ada"}]},
    "a total that is true": lambda start: {"total_results": True, "users": [{"id": "ada"}]},
    "a huge total": lambda start: {"total_results": 10**30, "users": [{"id": "ada"}]},
    "no total": lambda start: {"users": [{"id": "ada"}]},
}


@pytest.mark.parametrize("page", _PAGES.values(), ids=_PAGES)
def test_pages_that_never_end_do(shell: Shell, page: Callable[[int], Any]) -> None:
    def answer(method: str, path: str, body: bytes) -> Reply:
        if path.startswith("/api/auth/user?"):
            start = dict(parse_qsl(path.partition("?")[2]))["start_index"]
            return json_reply(page(int(start)))
        return ServiceWithAccounts()(method, path, body)

    with answering(answer) as server:
        shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        result = shell.osmo("user", "list")
        asked = [request for request in server.requests if "/user?" in request.target]
    assert (result.code, result.out) == (10, "")
    assert "unexpected answer of the service: the list of users" in result.err
    assert len(asked) <= 200
