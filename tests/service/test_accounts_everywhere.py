"""Users, their roles and tokens on every generation, in database and in ConfigMap mode.

They live in the database in both modes, and so do the roles that can be assigned
(docs/service/configmap.md#roles-and-users). The file of the ConfigMap worlds has one role alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.worlds import WORLDS, World, world


def grants(place: World, user: str) -> list[str]:
    shown = json.loads(place.shell.ok("user", "get", user, "-t", "json"))
    return [grant["role_name"] for grant in shown["roles"]]


def tokens(place: World, *owner: str) -> dict[str, list[str]]:
    listed = json.loads(place.shell.ok("token", "list", *owner, "-t", "json"))
    return {token["token_name"]: token["roles"] for token in listed}


@pytest.mark.parametrize("name", WORLDS)
def test_accounts_work_as_in_database_mode(name: str, tmp_path: Path) -> None:
    with world(name, tmp_path) as place:
        if place.dialect.token_routes.users is None:
            own_and_service_tokens(place)
        else:
            users_and_roles(place)
            tokens_of_users(place)
            refusals(place)


def own_and_service_tokens(place: World) -> None:
    shell = place.shell
    shell.ok("token", "set", "laptop", "--no-store")
    shell.ok("token", "set", "agent", "--service", "--roles", "osmo-backend", "--no-store")
    assert list(tokens(place)) == ["laptop"]
    assert tokens(place, "--service") == {"agent": ["osmo-backend"]}
    shell.ok("token", "delete", "laptop")
    shell.ok("token", "delete", "agent", "--service")
    assert (tokens(place), tokens(place, "--service")) == ({}, {})


def users_and_roles(place: World) -> None:
    shell = place.shell
    # osmo-backend is in the database only; osmo-user is in the file too.
    shell.ok("user", "create", "ada", "--roles", "osmo-backend", "osmo-user")
    assert grants(place, "ada") == ["osmo-backend", "osmo-user"]
    shell.ok("user", "update", "ada", "--add-roles", "osmo-admin", "--remove-roles", "osmo-user")
    assert grants(place, "ada") == ["osmo-admin", "osmo-backend"]
    listed = json.loads(shell.ok("user", "list", "--roles", "osmo-admin", "-t", "json"))
    assert "ada" in [user["id"] for user in listed["users"]]


def tokens_of_users(place: World) -> None:
    shell = place.shell
    words = ("token", "set", "ci", "--user", "ada", "--no-store")
    shell.ok(*words, "--roles", "osmo-backend")
    assert tokens(place, "--user", "ada") == {"ci": ["osmo-backend"]}
    shell.ok(*words, "--if-exists", "rotate")
    assert tokens(place, "--user", "ada") == {"ci": ["osmo-backend"]}
    done = shell.osmo("token", "set", "agent", "--service", "--roles", "osmo-backend", "-t", "json")
    assert done.code == 0
    assert tokens(place, "--service") == {"agent": ["osmo-backend"]}
    shell.ok("token", "delete", "agent", "--service")
    shell.ok("user", "delete", "agent", "--force")


def refusals(place: World) -> None:
    shell = place.shell
    before = grants(place, "ada")
    for words in (
        ("user", "create", "bob", "--roles", "osmo-user", "nope"),
        ("user", "update", "ada", "--add-roles", "osmo-user", "nope"),
        ("token", "set", "bot", "--service", "--roles", "osmo-user", "nope"),
    ):
        done = shell.osmo(*words)
        assert (done.code, done.out) == (2, ""), words
        assert "not found: Role nope does not exist (HTTP 400)" in done.err
    assert grants(place, "ada") == before
    for user in ("bob", "bot"):
        missing = shell.osmo("user", "get", user)
        assert missing.code == 2
        assert f"user {user} not found" in missing.err
    shell.ok("user", "delete", "ada", "--force")
    assert shell.osmo("token", "list", "--user", "ada").code == 2


@pytest.mark.parametrize("name", [name for name in WORLDS if "ConfigMap" in name])
def test_a_role_that_only_the_file_has_cannot_be_assigned(name: str, tmp_path: Path) -> None:
    with world(name, tmp_path) as place:
        assert place.configmap is not None
        text = place.configmap.read_text()
        role = "  only-here: {description: File, policies: []}\n"
        place.configmap.write_text(text.replace("roles:\n", f"roles:\n{role}"))
        place.shell.ok("user", "create", "ada")
        done = place.shell.osmo("user", "update", "ada", "--add-roles", "only-here")
        assert done.code == 2
        assert "not found: Role only-here does not exist (HTTP 400)" in done.err
        assert grants(place, "ada") == []
