"""`osmo token` on services that keep users: tokens of others, service accounts, roles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.processes import Service, Shell, serving
from tests.support.versions import WITH_USERS, WITHOUT_USERS

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
TODAY = datetime.now(UTC).date()
DEFAULT_END = str(TODAY + timedelta(days=31))


@pytest.fixture(scope="module", params=WITH_USERS)
def keeping(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service that keeps users and wants tokens, with `admin` as its only user."""
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, dialect=request.param, auth="token") as running:
        yield running


@pytest.fixture
def admin(shell: Shell, keeping: Service) -> Shell:
    """A shell that is logged in as `admin`; each test begins without other users."""
    token = shell.file("admin-token", keeping.admin_token)
    login = ("login", keeping.url, "--method", "token", "--token-file", token)
    shell.ok(*login, "--insecure-storage")
    for user in json.loads(shell.ok("user", "list", "-t", "json"))["users"]:
        if user["id"] != "admin":
            shell.ok("user", "delete", user["id"], "--force")
    for listed in json.loads(shell.ok("token", "list", "-t", "json")):
        if not listed["token_name"].startswith("local-serve-"):
            shell.ok("token", "delete", listed["token_name"])
    return shell


def tokens(shell: Shell, *whose: str) -> dict[str, list[str]]:
    """Names and roles of the listed tokens."""
    listed = json.loads(shell.ok("token", "list", *whose, "-t", "json"))
    return {token["token_name"]: token["roles"] for token in listed}


def text_of(out: str) -> tuple[str, list[str]]:
    """The token that `osmo token set` printed, and the lines behind it."""
    lines = out.splitlines()
    assert lines[0] == "Note: Save the token in a secure location as it will not be shown again"
    prefix, token = lines[1].split(": ")
    assert prefix == "Access token"
    assert TOKEN.fullmatch(token)
    return token, lines[2:]


def test_the_way_to_register_a_backend(admin: Shell, keeping: Service, tmp_path: Path) -> None:
    """The steps of OSMO's page: a user, its token, and a login with it.

    docs/service/backend-operator.md#steps-by-version
    """
    admin.ok("user", "create", "backend-operator", "--roles", "osmo-backend")
    created = admin.ok(
        *("token", "set", "backend-token", "--user", "backend-operator", "--roles"),
        *("osmo-backend", "--expires-at", DEFAULT_END, "--description", "Backend Operator Token"),
        *("-t", "json"),
    )
    assert created.count("\n") == 1
    operator = Shell.at(tmp_path / "operator")
    operator.file("token", json.loads(created)["token"])
    operator.ok(
        *("login", keeping.url, "--method", "token", "--token-file", "token"),
        "--insecure-storage",
    )
    who = json.loads(operator.ok("whoami", "-t", "json"))
    assert (who["user"], who["roles"]) == ("backend-operator", ["osmo-backend"])
    assert json.loads(operator.ok("config", "show", "BACKEND")) == {"backends": []}
    assert operator.osmo("config", "show", "SERVICE").code == 4


def test_the_text_output_names_user_and_roles(admin: Shell) -> None:
    admin.ok("user", "create", "ada", "--roles", "osmo-user", "osmo-backend")
    out = admin.ok("token", "set", "ci", "-u", "ada", "--roles", "osmo-user", "osmo-backend")
    assert text_of(out)[1] == ["Created for user: ada", "Roles: osmo-user, osmo-backend"]
    assert text_of(admin.ok("token", "set", "all", "--user", "ada"))[1] == ["Created for user: ada"]
    rule = "=" * 72
    assert admin.ok("token", "list", "--user", "ada") == (
        "Tokens for user: ada\n\n"
        "Name   Description   Active   Expires At (UTC)   Roles\n"
        f"{rule}\n"
        f"all                  Active   {DEFAULT_END}         osmo-backend, osmo-user\n"
        f"ci                   Active   {DEFAULT_END}         osmo-backend, osmo-user\n"
    )
    deleted = admin.ok("token", "delete", "ci", "--user", "ada")
    assert deleted == "Access token ci deleted for user ada\n"
    admin.ok("token", "delete", "all", "--user", "ada")
    assert admin.ok("token", "list", "--user", "ada") == "No tokens found for user ada\n"
    assert admin.ok("token", "list", "--user", "ada", "-t", "json") == "[]\n"


def test_a_token_of_ones_own_has_some_of_ones_roles(admin: Shell) -> None:
    admin.ok("user", "update", "admin", "--add-roles", "osmo-user")
    assert text_of(admin.ok("token", "set", "few", "--roles", "osmo-user"))[1] == [
        "Roles: osmo-user"
    ]
    assert text_of(admin.ok("token", "set", "all"))[1] == []
    own = tokens(admin)
    assert (own["few"], own["all"]) == (["osmo-user"], ["osmo-admin", "osmo-user"])
    shown = admin.ok("token", "roles", "few")
    assert shown == (
        f"Token: few\nOwner: admin\n\nRoles:\n  - osmo-user (assigned by admin on {TODAY})\n"
    )
    shown_roles = json.loads(admin.ok("token", "roles", "few", "-t", "json"))
    assert [grant["role_name"] for grant in shown_roles["roles"]] == ["osmo-user"]
    refused = admin.osmo("token", "set", "more", "--roles", "osmo-backend")
    assert (refused.code, refused.out) == (2, "")
    assert "shows the roles to choose from" in refused.err
    unknown = admin.osmo("token", "roles", "nope")
    assert unknown.code == 2
    assert "`osmo token list` shows the tokens" in unknown.err


def test_an_unknown_user_is_told_before_anything_is_sent(admin: Shell) -> None:
    for words in (
        ("set", "t", "--user", "nobody"),
        ("list", "--user", "nobody"),
        ("delete", "t", "--user", "nobody"),
    ):
        done = admin.osmo("token", *words)
        assert (done.code, done.out) == (2, "")
        assert "user nobody not found" in done.err
        assert "create it with `osmo user create nobody --roles ROLE`" in done.err
    for user in ("../admin", "a/b", "", "a?b"):
        done = admin.osmo("token", "list", "--user", user)
        assert (done.code, done.out) == (2, "")
        assert "cannot be a user" in done.err


def test_a_service_token_makes_its_account(admin: Shell) -> None:
    words = ("token", "set", "backend-token", "--service", "--roles", "osmo-backend")
    created = admin.osmo(*words, "-t", "json")
    assert created.code == 0
    assert list(json.loads(created.out)) == ["token"]
    assert created.err == ("created the user backend-token for it, with the roles: osmo-backend\n")
    assert tokens(admin, "--service") == {"backend-token": ["osmo-backend"]}
    assert tokens(admin, "--user", "backend-token") == {"backend-token": ["osmo-backend"]}

    deleted = admin.osmo("token", "delete", "backend-token", "--service")
    assert deleted.out == "Access token backend-token deleted\n"
    assert "its user backend-token and the user's roles still exist" in deleted.err
    assert "`osmo user delete backend-token` deletes them" in deleted.err

    # The account that stayed lacks a role now; what 6.0 prints is printed here too.
    again = admin.osmo(*words, "osmo-user")
    assert text_of(again.out)[1] == []
    assert again.err == "gave the existing user backend-token the roles: osmo-user\n"
    assert tokens(admin, "--service") == {"backend-token": ["osmo-backend", "osmo-user"]}


def test_a_service_token_of_an_account_with_more_roles_has_only_its_own(admin: Shell) -> None:
    admin.ok("user", "create", "agent", "--roles", "osmo-user", "osmo-backend")
    created = admin.osmo("token", "set", "agent", "--service", "--roles", "osmo-backend")
    assert (created.code, created.err) == (0, "")
    assert tokens(admin, "--service") == {"agent": ["osmo-backend"]}


def test_an_account_is_not_made_for_a_token_that_cannot_be(admin: Shell) -> None:
    for words, message in (
        (("--roles", "osmo-backend", "nope"), "not found: Role nope does not exist (HTTP 400)"),
        (("--roles", "osmo-backend", "-e", "2999-01-01"), "too late"),
        ((), "a service token needs roles"),
        (("--if-exists", "keep"), "a service token needs roles"),
    ):
        done = admin.osmo("token", "set", "agent", "--service", *words)
        assert (done.code, done.out) == (2, "")
        assert message in done.err
    users = json.loads(admin.ok("user", "list", "-t", "json"))["users"]
    assert [user["id"] for user in users] == ["admin"]


def test_other_tokens_are_no_service_tokens(admin: Shell) -> None:
    admin.ok("user", "create", "ada@example.com", "--roles", "osmo-user")
    admin.ok("user", "create", "agent", "--roles", "osmo-backend")
    admin.ok("token", "set", "ada", "--user", "ada@example.com")
    admin.ok("token", "set", "other", "--user", "agent")
    assert admin.ok("token", "list", "--service") == "No tokens found\n"
    for name, message in (
        ("agent", "Access token agent does not exist"),
        ("x", "service token x not found"),
    ):
        done = admin.osmo("token", "delete", name, "--service")
        assert (done.code, done.out) == (2, "")
        assert message in done.err
        assert "`osmo token list --service` shows the tokens" in done.err


def test_a_rotation_that_cannot_be_leaves_the_old_token(admin: Shell) -> None:
    admin.ok("user", "create", "ada", "--roles", "osmo-user")
    words = ("token", "set", "ci", "--user", "ada")
    first = text_of(admin.ok(*words))[0]
    refused = admin.osmo(*words, "--roles", "osmo-admin", "--if-exists", "rotate")
    assert (refused.code, refused.out) == (2, "")
    assert "ada does not have the roles: osmo-admin" in refused.err
    assert tokens(admin, "--user", "ada") == {"ci": ["osmo-user"]}
    admin.ok("user", "update", "ada", "--add-roles", "osmo-admin")
    second = text_of(admin.ok(*words, "--if-exists", "rotate"))[0]
    assert second != first
    # The old one's roles, not all that the user has by now.
    assert tokens(admin, "--user", "ada") == {"ci": ["osmo-user"]}


def test_who_may_not_look_at_users_rotates_a_token_of_their_own(
    admin: Shell, keeping: Service, tmp_path: Path
) -> None:
    admin.ok("token", "set", "ci", "--roles", "osmo-admin")
    rotated = text_of(admin.ok("token", "set", "ci", "--if-exists", "rotate"))[0]
    user = Shell.at(tmp_path / "user", OSMO_URL=keeping.url, OSMO_TOKEN=rotated)
    assert json.loads(user.ok("whoami", "-t", "json"))["roles"] == ["osmo-admin"]


def test_a_login_whose_token_ends_soon_is_warned(
    admin: Shell, keeping: Service, tmp_path: Path
) -> None:
    end = str(TODAY + timedelta(days=3))
    token = text_of(admin.ok("token", "set", "short", "-e", end))[0]
    user = Shell.at(tmp_path / "user", OSMO_URL=keeping.url, OSMO_TOKEN=token)
    shown = user.osmo("token", "list", "-t", "json")
    assert shown.code == 0
    assert f"warning: Access token short is expiring on {end} at 12AM UTC." in shown.err


def test_an_upgrade_that_the_version_does_not_show_is_noticed(shell: Shell, tmp_path: Path) -> None:
    """What was learnt of a service is kept for an hour; its routes may be others meanwhile."""
    db = ("--db", str(tmp_path / "service" / "service.db"))
    with serving(tmp_path / "service", dialect=WITHOUT_USERS[-1]) as service:
        port = int(service.url.rpartition(":")[2])
        shell.ok("login", service.url, "--method", "dev", "--username", "admin")
        assert shell.ok("token", "list") == "No tokens found\n"
    shell.ok("local", "reset", *db, "--dialect", WITH_USERS[0])
    with serving(tmp_path / "service", dialect=WITH_USERS[0], port=port):
        words = ("token", "set", "agent", "--service", "--roles", "osmo-backend")
        created = shell.osmo(*words)
        assert created.code == 0
        assert "created the user agent for it" in created.err
        assert list(tokens(shell, "--service")) == ["agent"]
