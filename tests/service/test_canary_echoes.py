"""A service that repeats a secret in its errors, in every form: none of it comes out anywhere."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.between import Between, between
from tests.support.faulty import Reply, json_reply
from tests.support.leaks import ENCODINGS, leaked
from tests.support.processes import Result

CANARY = "canary-5f3c9a-Zq8Wv2Lk7Tr4Yp1Xs6-Secret"
PURPOSE = ("token", "canary", "pasted.json", "storage.yaml")
"""Files that hold the canary because the test put it there."""
SHORTENED: dict[str, Callable[[str], str]] = {
    "shortened": lambda text: f"input_value='{text[:24]}...{text[-23:]}', input_type=str]",
    "the repr of an object, shortened": lambda text: (
        f"{repr({'auth': text})[:25]}...{text[-9:]}'}}"
    ),
    "escaped and shortened": lambda text: json.dumps(text).encode().hex()[:40] + "...",
    "cut off": lambda text: text[:19],
    "base64, cut off": lambda text: base64.b64encode(f"x:{text}".encode()).decode()[:30],
    "the input of a list of errors": lambda text: f"[{{'input': {{'auth': '{text}'}}, 'ctx': 1}}]",
}
ECHOES = ENCODINGS | SHORTENED


def jwt() -> str:
    """A short-lived login whose signature is the canary."""
    claims = {"exp": int(time.time()) + 300, "iat": int(time.time())}
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, claims)
    )
    return ".".join((*parts, CANARY))


@dataclass(frozen=True)
class Case:
    """A command that sends the canary.

    Attributes:
        words: its command line.
        token: whether the login is the canary; else the input holds it.
    """

    words: tuple[str, ...]
    token: bool = False


UPDATE = ("config", "update", "WORKFLOW", "--file")
CASES = {
    "pasted": Case((*UPDATE, "pasted.json")),
    "from the environment": Case((*UPDATE, "env.json")),
    "from a file": Case((*UPDATE, "file.json")),
    "a storage credential": Case((*UPDATE, "storage.yaml")),
    "applied": Case(("config", "apply", "dir", "--yes")),
    "list with the login": Case(("token", "list"), token=True),
    "write with the login": Case(("token", "set", "new"), token=True),
    "log in": Case(("login", "URL", "--token-file", "token")),
}


def bodies(text: str) -> Iterator[Reply]:
    yield json_reply({"message": f"bad value {text} here", "error_code": "USAGE"}, 400)
    entry = {"loc": ["body", "x"], "msg": f"bad {text}", "input": CANARY, "ctx": {"error": CANARY}}
    yield json_reply({"detail": [entry]}, 422)
    yield json_reply({"message": f"Internal server error: {text}\nerror: {text}"}, 500)
    yield Reply(401, text.encode(), {"content-type": "text/plain"})


@pytest.fixture(scope="module")
def middle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Between]:
    with between(tmp_path_factory.mktemp("echo"), "6.3") as middle:
        shell = middle.shell
        shell.env |= {"CANARY": CANARY, "TMPDIR": str(shell.home)}
        shell.file("canary", CANARY)
        shell.file("token", CANARY)
        for name, text in (
            ("pasted.json", CANARY),
            ("env.json", "${env:CANARY}"),
            ("file.json", "${file:canary}"),
        ):
            shell.file(name, json.dumps({"backend_images": {"credential": {"auth": text}}}))
        (shell.home / "dir").mkdir()
        shell.file("dir/workflow.yaml", "backend_images: {credential: {auth: '${env:CANARY}'}}\n")
        key = f"{{endpoint: 's3://b', access_key_id: AKIA, access_key: '{CANARY}'}}"
        shell.file("storage.yaml", f"workflow_log: {{credential: {key}}}\n")
        yield middle


def run(middle: Between, case: Case, reply: Reply, *, as_json: bool) -> Result:
    """Run the command while every request that can carry the canary is refused."""
    words = case.words
    profiles = middle.shell.home / ".config/osmo/profiles.json"
    url = json.loads(profiles.read_text())["profiles"]["default"]["origin"]

    def before(method: str, path: str) -> Reply | None:
        assert not leaked(path, CANARY) or "/jwt/access_token" in path, path
        if case.token and "/jwt/" in path:
            return json_reply({"token": jwt()})
        carries = "/jwt/" in path or "access_token" in path or method not in ("GET", "HEAD")
        return reply if carries else None

    env = {}
    if case.token:
        env = {"OSMO_URL": url, "OSMO_TOKEN": CANARY}
    words = tuple(url if word == "URL" else word for word in words)
    middle.before = before
    try:
        format_flags = ("-t", "json") if as_json and words[0] != "login" else ()
        return middle.shell.osmo("--debug", *words, *format_flags, env=env)
    finally:
        middle.before = lambda method, path: None


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", CASES)
def test_no_echo_comes_out(name: str, middle: Between) -> None:
    # Each command gets a share of the echoes; together they get all.
    first = list(CASES).index(name)
    for number, form in enumerate(ECHOES):
        if number % len(CASES) != first:
            continue
        replies = list(bodies(ECHOES[form](CANARY)))
        reply = replies[(number // len(CASES) + first) % len(replies)]
        result = run(middle, CASES[name], reply, as_json=bool(number // len(CASES) % 2))
        assert result.code not in (0, 3), (form, result)
        assert "Traceback" not in result.err
        assert "internal error" not in result.err
        assert leaked(result.out + result.err, CANARY) == [], (form, result)
        assert "(secret)" in result.err or "input" in ECHOES[form]("")
        assert sum(line.startswith("error:") for line in result.err.splitlines()) <= 1
    assert files_with_canary(middle.shell.home) == []


def files_with_canary(folder: Path) -> list[tuple[str, list[str]]]:
    """Files in which a piece of the canary can be read, but for those that are made to hold it."""
    texts = (
        (str(path.relative_to(folder)), path.read_bytes().decode("utf-8", "replace"))
        for path in folder.rglob("*")
        # A session is a login (docs/security.md#what-is-not-protected).
        if path.is_file() and path.name not in PURPOSE and path.parent.name != "sessions"
    )
    return [(name, pieces) for name, text in texts if (pieces := leaked(text, CANARY))]
