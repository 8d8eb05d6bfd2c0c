"""`osmo token` as scripts and people use it, against the embedded service over HTTP."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.faulty import Reply, answering, json_reply
from tests.support.processes import Result, Service, Shell, serving
from tests.support.versions import WITHOUT_USERS

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


def test_store_without_keyring_sends_nothing(admin: Shell) -> None:
    result = admin.osmo("token", "set", "kept", "--store")
    assert (result.code, result.out) == (4, "")
    assert "cannot save the token: no keyring can be used" in result.err
    assert "nothing was sent" in result.err
    assert admin.ok("token", "list") == "No tokens found\n"


BROKEN = json_reply({"message": "Internal server error: bad gateway"}, 502)
NO_POOL = json_reply(
    {"message": "Error: connection pool is closed", "error_code": "DATABASE", "workflow_id": None},
    400,
)
DONE = json_reply(None)


@dataclass
class Scripted:
    """A 6.0 service with tokens, whose next answers to writes are given."""

    names: set[str]
    answers: dict[str, Reply]
    stored: bool = True

    def __call__(self, method: str, path: str, body: bytes) -> Reply:
        if path == "/api/version":
            return json_reply({"major": "6", "minor": "0", "revision": "0", "hash": ""})
        if path == "/api/auth/jwt/access_token":
            return json_reply({"detail": "Method Not Allowed"}, 405)
        if path == "/api/auth/access_token/user":
            end = {"expires_at": "2099-01-01T00:00:00", "description": "", "user_name": "admin"}
            return json_reply([{"token_name": name, **end} for name in sorted(self.names)])
        if method in self.answers:
            if method == "POST" and self.stored:
                self.names.add("ci")
            if method == "DELETE" and self.stored:
                self.names.discard("ci")
            return self.answers[method]
        return json_reply({"detail": "Not Found"}, 404)

    def set(self, shell: Shell, *words: str) -> tuple[Result, list[str]]:
        """What `osmo token set ci` ends in, and the writes that it sends."""
        with answering(self) as server:
            shell.ok("login", server.url, "--method", "dev", "--username", "admin")
            result = shell.osmo("token", "set", "ci", *words)
        writes = [sent.method for sent in server.requests if "/access_token/user/" in sent.target]
        return result, writes


@pytest.mark.parametrize("failure", [BROKEN, NO_POOL], ids=["502", "DATABASE"])
@pytest.mark.parametrize("stored", [True, False])
def test_a_creation_of_unknown_outcome_is_looked_up_and_never_repeated(
    shell: Shell, stored: bool, failure: Reply
) -> None:
    result, writes = Scripted(set(), {"POST": failure}, stored).set(shell)
    assert writes == ["POST"]
    assert (result.code, result.out) == (10, "")
    expected = "its text was not received" if stored else "was not created"
    assert expected in result.err


def test_a_rotation_that_fails_half_way_says_so(shell: Shell) -> None:
    refusal = json_reply({"message": "Access token cannot last longer than 1d"}, 400)
    service = Scripted({"ci"}, {"DELETE": DONE, "POST": refusal}, stored=True)
    result, writes = service.set(shell, "--if-exists", "rotate")
    assert writes == ["DELETE", "POST"]
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(
        "error: the old token ci is deleted, but the new one was not created: "
        "Access token cannot last longer than 1d (HTTP 400)\n"
    )


@pytest.mark.parametrize("stored", [True, False])
def test_a_rotation_goes_on_only_when_the_old_token_is_gone(shell: Shell, stored: bool) -> None:
    answers = {"DELETE": NO_POOL, "POST": json_reply("f" * 64)}
    result, writes = Scripted({"ci"}, answers, stored).set(shell, "--if-exists", "rotate")
    if stored:
        assert (result.code, writes) == (0, ["DELETE", "POST"])
        assert "f" * 64 in result.out
    else:
        assert (result.code, result.out, writes) == (10, "", ["DELETE"])
        assert "the token ci was not deleted (checked after the error)" in result.err


def test_a_rotation_that_another_was_quicker_with_is_a_conflict(shell: Shell) -> None:
    gone = json_reply(
        {"message": "User access token ci does not exist.", "error_code": "USER"}, 400
    )
    result, writes = Scripted({"ci"}, {"DELETE": gone}, True).set(shell, "--if-exists", "rotate")
    assert (result.code, result.out, writes) == (6, "", ["DELETE"])
    assert "by another run at the same time; no new token was created" in result.err


def test_a_token_that_came_meanwhile_is_not_replaced(shell: Shell) -> None:
    taken = json_reply({"message": "Token name ci already exists.", "error_code": "USER"}, 400)
    result, writes = Scripted(set(), {"POST": taken}).set(shell, "--if-exists", "rotate")
    assert (result.code, writes) == (2, ["POST"])
    assert "another run may have created it at the same time and be using it" in result.err
    assert "delete" not in result.err
    assert "rotate" not in result.err


def test_a_token_that_exists_is_never_made_again_unasked(admin: Shell) -> None:
    admin.ok("token", "set", "ci", "-d", "pipeline", "-e", in_days(9))
    done = admin.osmo("--debug", "token", "set", "ci")
    assert (done.code, done.out) == (2, "")
    assert "token ci already exists; nothing was sent" in done.err
    assert "choose with --if-exists what to do (keep, rotate)" in done.err
    assert "POST" not in done.err
    kept = admin.osmo("token", "set", "ci", "--if-exists", "keep")
    assert (kept.code, kept.out) == (0, "")
    assert "already exists and is kept; nothing was sent" in kept.err
    kept = admin.osmo("token", "set", "ci", "--if-exists", "keep", "-t", "json")
    assert (kept.code, kept.out) == (0, "{}\n")
    kept = admin.osmo("token", "set", "ci", "--if-exists", "keep", "--output-file", "ci-token")
    assert (kept.code, kept.out) == (0, "")
    assert not (admin.home / "ci-token").exists()
    (listed,) = json.loads(admin.ok("token", "list", "-t", "json"))
    assert listed["expires_at"][:10] == in_days(9)


def test_a_rotated_token_keeps_what_is_not_given_but_its_end(admin: Shell) -> None:
    words = ("token", "set", "agent", "--service", "--if-exists", "rotate", "-t", "json")
    for expected in (words, words[:4]):
        missing = admin.osmo(*expected)
        assert (missing.code, missing.out) == (2, "")
        assert "a service token needs roles" in missing.err
    first = admin.ok(*words, "--roles", "osmo-backend", "-d", "gpu", "-e", in_days(2))
    again = admin.osmo(*words)
    assert "the old token agent is deleted" in again.err
    assert json.loads(again.out)["token"] != json.loads(first)["token"]
    (listed,) = json.loads(admin.ok("token", "list", "--service", "-t", "json"))
    assert (listed["description"], listed["roles"]) == ("gpu", ["osmo-backend"])
    assert listed["expires_at"][:10] == in_days(31)
    unknown = admin.osmo(*words, "--roles", "nope")
    assert (unknown.code, unknown.out) == (2, "")
    assert json.loads(unknown.err)["message"] == '"nope" not found in ROLE'
    assert json.loads(admin.ok("token", "list", "--service", "-t", "json")) == [listed]


def test_an_expired_token_that_is_kept_is_warned_of(admin: Shell, service: Service) -> None:
    admin.ok("token", "set", "ci")
    with closing(sqlite3.connect(service.db)) as connection, connection:
        connection.execute("UPDATE tokens SET expires_at = '2020-01-01'")
    done = admin.osmo("token", "set", "ci", "--if-exists", "keep")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("warning: token ci already exists, but has expired")


@pytest.mark.parametrize("dialect", WITHOUT_USERS)
def test_what_a_service_without_users_cannot_do_is_explained(
    dialect: str, shell: Shell, tmp_path: Path
) -> None:
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        for words in (
            ("set", "a", "--user", "ada"),
            ("list", "--user", "ada"),
            ("delete", "a", "-u", "ada"),
        ):
            done = shell.osmo("token", *words)
            assert (done.code, done.out) == (2, "")
            assert "has no users, so --user cannot be used" in done.err
        for words, message in (
            (("roles", "a"), "does not show the roles of a single token"),
            (("set", "a", "--roles", "osmo-user"), "--roles is for service tokens"),
            (("set", "a", "--user", "ada", "--service"), "cannot be used together"),
        ):
            done = shell.osmo("token", *words)
            assert (done.code, done.out) == (2, "")
            assert message in done.err
        assert shell.ok("token", "list") == "No tokens found\n"


def test_a_name_is_never_part_of_another_path(admin: Shell, service: Service) -> None:
    for name in ("../user", "a/b", "a%2Fb", "..", "a?b", "a#b"):
        result = admin.osmo("token", "delete", name)
        assert result.code == 2
        assert "cannot be the name of a token" in result.err


def test_a_token_as_yaml(admin: Shell) -> None:
    import yaml

    made = yaml.safe_load(admin.ok("token", "set", "as-yaml", "-t", "yaml"))
    assert list(made) == ["token"]
    assert len(made["token"]) == 64
    kept = ("token", "set", "as-yaml", "--if-exists", "keep", "-t", "yaml")
    assert admin.ok(*kept) == "{}\n"
    admin.ok("token", "delete", "as-yaml")
