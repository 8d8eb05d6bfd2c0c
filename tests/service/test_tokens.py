"""`osmo token` as scripts and people use it, against the embedded service over HTTP."""

from __future__ import annotations

import json
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Service, Shell

TOKEN = re.compile(r"[0-9a-f]{64}")


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


@pytest.fixture(autouse=True)
def no_tokens_left(request: pytest.FixtureRequest) -> None:
    """Each test begins without tokens."""
    if "admin" not in request.fixturenames:
        return
    admin: Shell = request.getfixturevalue("admin")
    for flags in ((), ("--service",)):
        for token in json.loads(admin.ok("token", "list", "-t", "json", *flags)):
            admin.ok("token", "delete", token["token_name"], *flags)


def test_text_output_is_the_documents(admin: Shell) -> None:
    lines = admin.ok("token", "set", "laptop", "--description", "mine").splitlines()
    assert lines[0] == "Note: Save the token in a secure location as it will not be shown again"
    prefix, token = lines[1].split(": ")
    assert prefix == "Access token"
    assert TOKEN.fullmatch(token)
    assert len(lines) == 2


def test_several_roles_may_follow_one_flag(admin: Shell) -> None:
    admin.ok(
        *("token", "set", "agent", "--service", "--roles", "osmo-backend", "osmo-user"),
        *("--expires-at", in_days(40)),
    )
    assert admin.ok("token", "list", "--service") == (
        "Name    Description   Roles                     Active   Expires At (UTC)\n"
        "=========================================================================\n"
        f"agent                 osmo-backend, osmo-user   Active   {in_days(40)}\n"
    )


def test_the_default_expiry_is_31_days_from_now(admin: Shell) -> None:
    admin.ok("token", "set", "plain")
    (listed,) = json.loads(admin.ok("token", "list", "-t", "json"))
    assert listed["expires_at"] == f"{in_days(31)}T00:00:00"


def test_a_token_that_expires_soon_is_marked(admin: Shell) -> None:
    admin.ok("token", "set", "soon", "-e", in_days(7))
    admin.ok("token", "set", "later", "-e", in_days(8))
    result = admin.osmo("token", "list")
    assert result.err == "warning: token soon expires in 7 days\n"


def test_no_tokens(admin: Shell) -> None:
    assert admin.ok("token", "list") == "No tokens found\n"
    assert admin.ok("token", "list", "-t", "json") == "[]\n"


def test_delete_ends_the_token(admin: Shell) -> None:
    admin.ok("token", "set", "laptop")
    assert admin.ok("token", "delete", "laptop") == "Access token laptop deleted\n"
    assert admin.ok("token", "list") == "No tokens found\n"


def test_an_output_file_is_new_and_private_and_the_only_copy(admin: Shell) -> None:
    result = admin.osmo("token", "set", "ci", "--output-file", "ci-token")
    path = admin.home / "ci-token"
    assert (result.code, result.out) == (0, "")
    assert TOKEN.fullmatch(path.read_text().strip())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() not in result.err


def test_an_output_file_of_a_refused_token_is_not_left(admin: Shell) -> None:
    result = admin.osmo(
        *("token", "set", "ci", "--service", "--roles", "nope", "--output-file", "ci-token")
    )
    assert result.code == 2
    assert not (admin.home / "ci-token").exists()


def test_store_without_keyring_prints_the_token_and_fails(admin: Shell) -> None:
    result = admin.osmo("token", "set", "kept", "--store")
    assert result.code == 2
    assert TOKEN.search(result.out)
    assert "could not be kept" in result.err
    assert "printed instead" in result.err
    assert not TOKEN.search(result.err)


@pytest.mark.parametrize("exists", [True, False])
def test_a_creation_of_unknown_outcome_is_looked_up_and_never_repeated(
    shell: Shell, exists: bool
) -> None:
    listed = [{"token_name": "ci", "expires_at": "2099-01-01T00:00:00"}] if exists else []

    def answer(method: str, path: str, body: bytes) -> Reply:
        if path == "/api/version":
            return json_reply({"major": "6", "minor": "0", "revision": "0", "hash": ""})
        if path == "/api/auth/jwt/access_token":
            return json_reply({"detail": "Method Not Allowed"}, 405)
        if method == "POST":
            return json_reply({"message": "Internal server error: bad gateway"}, 502)
        if path == "/api/auth/access_token/user":
            return json_reply(listed)
        return json_reply({"detail": "Not Found"}, 404)

    with answering(answer) as faulty:
        shell.ok("login", faulty.url, "--method", "dev", "--username", "admin")
        result = shell.osmo("token", "set", "ci")
    creations = [
        request
        for request in faulty.requests
        if request.method == "POST" and request.target.startswith("/api/auth/access_token/")
    ]
    assert len(creations) == 1
    assert (result.code, result.out) == (10, "")
    expected = "its text is lost: `osmo token delete ci`" if exists else "was not created"
    assert expected in result.err


def test_a_name_is_never_part_of_another_path(admin: Shell, service: Service) -> None:
    for name in ("../user", "a/b", "a%2Fb", "..", "a?b", "a#b"):
        result = admin.osmo("token", "delete", name)
        assert result.code == 2
        assert "cannot be the name of a token" in result.err
