"""`osmo user` as scripts and people use it, against the embedded service over HTTP."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.faulty import Reply, answering, json_reply
from tests.support.loopback import Server
from tests.support.processes import Service, Shell, on_terminal, serving
from tests.support.versions import WITH_USERS, WITHOUT_USERS

TODAY = str(datetime.now(UTC).date())


@pytest.fixture(scope="module", params=WITH_USERS)
def keeping(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that keeps users."""
    with serving(tmp_path_factory.mktemp("service"), dialect=request.param) as running:
        yield running


@pytest.fixture
def admin(shell: Shell, keeping: Service) -> Shell:
    """A shell that is logged in there; each test begins without users."""
    shell.ok("login", keeping.url, "--method", "dev", "--username", "admin")
    for user in json.loads(shell.ok("user", "list", "-t", "json"))["users"]:
        shell.ok("user", "delete", user["id"])
    return shell


def roles(shell: Shell, user: str) -> list[str]:
    shown = json.loads(shell.ok("user", "get", user, "-t", "json"))
    return [grant["role_name"] for grant in shown["roles"]]


def test_a_user_is_made_shown_and_deleted(admin: Shell) -> None:
    words = ("user", "create", "ada@example.com", "--roles", "osmo-user", "osmo-admin")
    assert admin.ok(*words) == (
        "User created: ada@example.com\nRoles assigned: osmo-user, osmo-admin\n"
    )
    assert admin.ok("user", "get", "ada@example.com") == (
        f"User ID: ada@example.com\nCreated At: {TODAY}\nCreated By: admin\n\nRoles:\n"
        f"  - osmo-admin (assigned by admin on {TODAY})\n"
        f"  - osmo-user (assigned by admin on {TODAY})\n"
    )
    assert admin.ok("user", "list") == (
        f"Total users: 1\n\nUser ID           Created At\n{'=' * 28}\nada@example.com   {TODAY}\n"
    )
    deleted = admin.osmo("user", "delete", "ada@example.com")
    assert (deleted.code, deleted.out) == (0, "User deleted: ada@example.com\n")
    assert admin.ok("user", "list") == "No users found\n"
    assert json.loads(admin.ok("user", "list", "-t", "json"))["users"] == []


def test_a_user_without_roles(admin: Shell) -> None:
    assert admin.ok("user", "create", "bare") == "User created: bare\n"
    assert admin.ok("user", "get", "bare").endswith("Created By: admin\n\nRoles: None\n")
    refused = admin.osmo("token", "set", "t", "--user", "bare")
    assert (refused.code, refused.out) == (2, "")
    assert "`osmo user update bare --add-roles ROLE`" in refused.err


def test_users_are_found_by_prefix_and_role(admin: Shell) -> None:
    for name in ("agent-a", "agent-b"):
        admin.ok("user", "create", name, "--roles", "osmo-backend")
    made = json.loads(admin.ok("user", "create", "x", "-r", "osmo-user", "-t", "json"))
    assert (made["id"], made["created_by"]) == ("x", "admin")

    def names(*words: str) -> list[str]:
        listed = json.loads(admin.ok("user", "list", "-t", "json", *words))
        assert listed["items_per_page"] == len(listed["users"])
        return [user["id"] for user in listed["users"]]

    assert names() == ["x", "agent-b", "agent-a"]
    assert names("--id-prefix", "agent") == ["agent-b", "agent-a"]
    assert names("-p", "agent", "-c", "1") == ["agent-b"]
    assert names("--roles", "osmo-user", "osmo-admin") == ["x"]
    yaml = admin.ok("user", "list", "-p", "x", "-t", "yaml")
    assert yaml.startswith("total_results: 1\n")


def test_who_came_by_an_identity_provider_is_a_user_too(admin: Shell, keeping: Service) -> None:
    """The service writes down whom an identity provider knows, under any name.

    docs/service/users.md#user-ids
    """
    users = ("ada+ops@example.com", "ada#EXT#@example.com", "Ada L")
    with closing(sqlite3.connect(keeping.db)) as database, database:
        for user in users:
            row = (user, f"{TODAY}T00:00:00+00:00", "system", "[]")
            database.execute("INSERT INTO users VALUES (?, ?, ?, ?)", row)
    for user in users:
        admin.ok("user", "update", user, "--add-roles", "osmo-user")
        assert roles(admin, user) == ["osmo-user"]
        made = admin.ok("token", "set", "laptop", "--user", user, "--no-store")
        assert f"Created for user: {user}\n" in made
        assert "laptop" in admin.ok("token", "list", "--user", user)
        admin.ok("token", "delete", "laptop", "--user", user)
        assert admin.ok("user", "delete", user) == f"User deleted: {user}\n"


def test_what_there_is_already_or_not(admin: Shell) -> None:
    admin.ok("user", "create", "ada", "--roles", "osmo-user")
    for words, message in (
        (("create", "ada"), "`osmo user update ada --add-roles ROLE`"),
        (
            ("create", "bob", "--roles", "osmo-user", "nope"),
            "not found: Role nope does not exist (HTTP 400)",
        ),
        (("create", "-a b"), "cannot be a user"),
        (("get", "bob"), "user bob not found"),
        (("delete", "bob"), "user bob not found"),
        (("update", "bob", "-a", "osmo-user"), "user bob not found"),
        (("update", "ada"), "--add-roles"),
        (("update", "ada", "-a", "osmo-user", "-r", "osmo-user"), "both added and removed"),
        (("update", "ada", "-a", "osmo-admin", "nope"), "not found: Role nope does not exist"),
        (("get", "../access_token"), "cannot be a user"),
    ):
        separated = (words[0], "--", words[1]) if words[1].startswith("-") else words
        done = admin.osmo("user", *separated)
        assert (done.code, done.out) == (2, ""), words
        assert message in done.err
    assert roles(admin, "ada") == ["osmo-user"]
    missing = admin.osmo("user", "delete", "bob", "--ignore-missing")
    assert (missing.code, missing.out) == (0, "")
    assert "nothing was sent" in missing.err


def test_roles_are_given_and_taken(admin: Shell) -> None:
    admin.ok("user", "create", "ada", "--roles", "osmo-user")
    words = ("user", "update", "ada", "--add-roles", "osmo-admin", "osmo-user")
    done = admin.osmo("--debug", *words, "--remove-roles", "osmo-backend")
    assert (done.code, done.out) == (
        0,
        "Added role: osmo-admin\nAdded role: osmo-user\nRemoved role: osmo-backend\n",
    )
    assert "ada already has the role osmo-user; nothing was sent for it" in done.err
    assert "ada does not have the role osmo-backend" in done.err
    assert len(re.findall(r"debug: (?:POST|DELETE) ", done.err)) == 1
    assert roles(admin, "ada") == ["osmo-admin", "osmo-user"]


def test_a_role_goes_from_the_tokens_too_which_is_said(admin: Shell) -> None:
    admin.ok("user", "create", "ada", "--roles", "osmo-user", "osmo-backend")
    admin.ok("token", "set", "both", "--user", "ada")
    admin.ok("token", "set", "one", "--user", "ada", "--roles", "osmo-user")
    done = admin.osmo("user", "update", "ada", "-r", "osmo-backend", "-t", "json")
    assert done.err == "token both loses osmo-backend too\n"
    assert [grant["role_name"] for grant in json.loads(done.out)["roles"]] == ["osmo-user"]
    listed = json.loads(admin.ok("token", "list", "--user", "ada", "-t", "json"))
    assert [token["roles"] for token in listed] == [["osmo-user"], ["osmo-user"]]


def test_what_goes_with_a_user_is_said_and_asked_at_a_terminal(
    admin: Shell, keeping: Service
) -> None:
    admin.ok("user", "create", "ada", "--roles", "osmo-user")
    admin.ok("token", "set", "laptop", "--user", "ada")
    asked = on_terminal(admin, "user", "delete", "ada", typed="\n")
    assert asked.code == 3
    assert "also deleted: tokens laptop; roles osmo-user" in asked.out
    assert "Go on? [y/N]" in asked.out
    assert roles(admin, "ada") == ["osmo-user"]
    done = on_terminal(admin, "user", "delete", "ada", "--force")
    assert done.code == 0
    assert "Go on?" not in done.out
    assert done.out.endswith("User deleted: ada\n")


def test_all_pages_are_read(shell: Shell) -> None:
    everybody = [{"id": f"u{number}", "created_at": "2026-01-01"} for number in range(2500)]

    def answer(method: str, path: str, body: bytes) -> Reply:
        if not path.startswith("/api/auth/user?"):
            return _with_users(method, path)
        query = dict(part.split("=") for part in path.partition("?")[2].split("&"))
        first, size = int(query["start_index"]), int(query["count"])
        assert size <= 1000
        page = everybody[first - 1 : first - 1 + size]
        return json_reply(
            {"total_results": 2500, "start_index": first, "items_per_page": size, "users": page}
        )

    with answering(answer) as server:
        shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        listed = json.loads(shell.ok("user", "list", "-t", "json"))
        some = json.loads(shell.ok("user", "list", "-t", "json", "--count", "1500"))
    assert [user["id"] for user in listed["users"]] == [user["id"] for user in everybody]
    assert (some["items_per_page"], some["total_results"]) == (1500, 2500)


def _with_users(method: str, path: str) -> Reply:
    """What tells that a service keeps users."""
    if path == "/api/version":
        return json_reply({"major": "6", "minor": "0", "revision": "0", "hash": ""})
    if path == "/api/auth/jwt/access_token":
        return json_reply({"detail": [{"loc": ["body", "token"], "msg": "field required"}]}, 422)
    if path == "/api/configs/role":
        return json_reply([{"name": "osmo-user"}])
    return json_reply({"detail": "Not Found"}, 404)


def _creations(server: Server) -> int:
    return sum(
        request.method == "POST" and "/user" in request.target for request in server.requests
    )


@pytest.mark.parametrize("exists", [True, False])
def test_a_user_of_unknown_outcome_is_looked_up_and_not_sent_again(
    shell: Shell, exists: bool
) -> None:
    grant = {"role_name": "osmo-user", "assigned_by": "admin", "assigned_at": "2026-01-01"}

    def answer(method: str, path: str, body: bytes) -> Reply:
        if method == "POST" and path == "/api/auth/user":
            fault = {"message": "Error: connection pool is closed", "error_code": "DATABASE"}
            return json_reply(fault, 400)
        if path == "/api/auth/user/ada":
            if exists:
                return json_reply({"id": "ada", "roles": [grant]})
            return json_reply({"message": "User ada not found", "error_code": "USER"}, 400)
        return _with_users(method, path)

    with answering(answer) as server:
        shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        done = shell.osmo("user", "create", "ada", "--roles", "osmo-user")
    assert _creations(server) == 1
    if exists:
        assert done.out == "User created: ada\nRoles assigned: osmo-user\n"
    else:
        assert (done.code, done.out) == (10, "")
        assert "the user ada was not created (checked after the error)" in done.err


@pytest.mark.parametrize("dialect", WITHOUT_USERS)
def test_a_service_without_users_is_explained(dialect: str, shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", dialect=dialect) as service:
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        for words in (("list",), ("get", "a"), ("create", "a"), ("update", "a", "-a", "r")):
            done = shell.osmo("user", *words)
            assert (done.code, done.out) == (2, "")
            assert done.err == (
                f"error: OSMO {dialect} has no users\n"
                "  hint: use a service token instead: "
                "`osmo token set NAME --service --roles ROLE`\n"
            )


def test_an_upgrade_to_a_service_with_users_is_noticed(shell: Shell, tmp_path: Path) -> None:
    """6.0 and 6.2 give the same version number; what was learnt would be kept for an hour."""
    version = {"major": "6", "minor": "0", "revision": "0", "hash": ""}
    upgraded: list[bool] = []

    def answer(method: str, path: str, body: bytes) -> Reply:
        if path == "/api/version":
            return json_reply(version)
        if path == "/api/auth/jwt/access_token" and not upgraded:
            return json_reply({"detail": "Method Not Allowed"}, 405)
        if path.startswith("/api/auth/user?"):
            return json_reply({"total_results": 0, "users": []})
        return _with_users(method, path)

    with answering(answer) as server:
        shell.ok("login", server.url, "--method", "dev", "--username", "admin")
        assert shell.osmo("user", "list").code == 2
        upgraded.append(True)
        assert shell.ok("user", "list") == "No users found\n"


def test_who_may_not_look_at_users_is_told(shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", dialect=WITH_USERS[0], auth="token") as service:
        admin = {"OSMO_URL": service.url, "OSMO_TOKEN": service.admin_token}
        created = shell.osmo(
            *("token", "set", "agent", "--service", "--roles", "osmo-backend", "-t", "json"),
            env=admin,
        )
        agent = {"OSMO_URL": service.url, "OSMO_TOKEN": json.loads(created.out)["token"]}
        refused = shell.osmo("user", "list", env=agent)
    assert (refused.code, refused.out) == (4, "")
    assert "it needs the role osmo-admin" in refused.err
