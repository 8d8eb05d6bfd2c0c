"""What the recorded exchanges do not show of users and tokens (docs/service/users.md#user-ids)."""

from __future__ import annotations

import sqlite3
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import jwt
import pytest

from osmo_cli.local.clock import utc_now
from osmo_cli.local.database import open_database
from osmo_cli.local.transport import in_process_transport
from tests.support.processes import Shell, serving
from tests.support.versions import WITH_USERS

USERS = "/api/auth/user"
OWN = "/api/auth/access_token"
SOON = str(utc_now().date() + timedelta(days=9))


@pytest.fixture(params=WITH_USERS)
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    path = tmp_path / "local.db"
    open_database(path, request.param).close()
    with httpx.Client(
        transport=in_process_transport(path),
        base_url="http://local",
        headers={"x-osmo-user": "admin"},
    ) as opened:
        body = {"id": "admin", "roles": ["osmo-user", "osmo-admin"]}
        assert opened.post(USERS, json=body).status_code == 200
        yield opened


def make(client: httpx.Client, name: str, **query: str) -> httpx.Response:
    return client.post(f"{OWN}/{name}", params={"expires_at": SOON, **query})


@pytest.mark.parametrize(
    ("name", "expires", "status", "text"),
    [
        ("1", "2026-02-30", 500, "Internal server error: day is out of range for month"),
        ("1", "soon", 500, "Internal server error: time data 'soon' does not match format"),
        ("1", "2999-01-01", 400, "cannot be more than 365d from now"),
        ("1", "2020-01-01", 400, "Token name 1 must match regex"),
        ("a", "2020-01-01", 400, "Expiration date must be past the current date"),
    ],
)
def test_the_order_of_the_checks(
    name: str, expires: str, status: int, text: str, client: httpx.Client
) -> None:
    answer = make(client, name, expires_at=expires)
    assert answer.status_code == status
    assert text in answer.json()["message"]


def test_a_role_that_is_taken_away_goes_from_the_tokens_too(client: httpx.Client) -> None:
    assert make(client, "both").status_code == 200
    assert client.delete(f"{USERS}/admin/roles/osmo-admin").json() is None
    assert [row["roles"] for row in client.get(OWN).json()] == [["osmo-user"]]
    roles = client.get(f"{USERS}/admin/roles").json()
    assert [row["role_name"] for row in roles["roles"]] == ["osmo-user"]


def test_a_role_is_given_once(client: httpx.Client) -> None:
    body = {"role_name": "osmo-backend"}
    first = client.post(f"{USERS}/admin/roles", json=body).json()
    assert (first["user_id"], first["assigned_by"]) == ("admin", "admin")
    assert client.post(f"{USERS}/admin/roles", json=body).json() == first
    unknown = client.post(f"{USERS}/admin/roles", json={"role_name": "no"})
    assert unknown.json()["message"] == "Role no does not exist"


def test_a_deleted_user_has_no_tokens(client: httpx.Client) -> None:
    text = make(client, "t").json()
    assert len(text) == 43
    token = client.post("/api/auth/jwt/access_token", json={"token": text}).json()["token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["osmo_token_name"], claims["roles"]) == ("t", ["osmo-admin", "osmo-user"])
    assert client.delete(f"{USERS}/admin").json() is None
    assert client.get(f"{USERS}/admin").json()["message"] == "User admin not found"
    again = client.post("/api/auth/jwt/access_token", json={"token": text})
    assert again.json()["message"] == "Access Token is invalid"


def test_users_are_found_by_prefix_and_role_a_page_at_a_time(client: httpx.Client) -> None:
    for name in ("agent-a", "agent-b", "x"):
        client.post(USERS, json={"id": name, "roles": ["osmo-backend"]})

    def names(**query: str) -> list[str]:
        return [row["id"] for row in client.get(USERS, params=query).json()["users"]]

    assert names() == ["x", "agent-b", "agent-a", "admin"]
    assert names(id_prefix="agent") == ["agent-b", "agent-a"]
    assert names(roles="osmo-user") == ["admin"]
    assert names(start_index="2", count="2") == ["agent-b", "agent-a"]


@pytest.mark.parametrize("name", ["-a", "a b", ""])
def test_names_that_no_user_can_have(name: str, client: httpx.Client) -> None:
    answer = client.post(USERS, json={"id": name})
    assert answer.json()["message"].startswith(f"Username {name} must match regex")


def test_a_token_that_ends_soon_is_warned_of(client: httpx.Client, tmp_path: Path) -> None:
    soon = str(utc_now().date() + timedelta(days=7))
    make(client, "soon", expires_at=soon)
    make(client, "later")

    def with_token(token: str) -> httpx.Response:
        headers = {"x-osmo-token-name": token, "x-osmo-client-version": "9.0.0"}
        return client.get(OWN, headers=headers)

    text = f"WARNING: Access token soon is expiring on {soon} at 12AM UTC."
    assert b64decode(with_token("soon").headers["x-osmo-warning"]).decode() == text
    assert "x-osmo-warning" not in with_token("later").headers
    with closing(sqlite3.connect(tmp_path / "local.db")) as connection, connection:
        connection.execute("UPDATE tokens SET expires_at = '2020-01-01'")
    expired = with_token("soon")
    assert expired.status_code == 400
    assert expired.json()["message"] == "Access token soon has expired."


def test_the_gate_goes_by_the_default_roles(shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", dialect=WITH_USERS[0], auth="token") as service:
        admin = service.admin_token
        with httpx.Client(base_url=service.url) as client:

            def login(text: str) -> dict[str, str]:
                answer = client.post("/api/auth/jwt/access_token", json={"token": text})
                return {"authorization": f"Bearer {answer.json()['token']}"}

            as_admin = login(admin)
            body = {"id": "agent", "roles": ["osmo-backend"]}
            assert client.post(USERS, json=body, headers=as_admin).status_code == 200
            path = f"{USERS}/agent/access_token/t"
            made = client.post(path, params={"expires_at": SOON}, headers=as_admin)
            as_agent = login(made.json())
            assert client.get("/api/configs/backend", headers=as_agent).status_code == 200
            refused = client.get("/api/configs/service", headers=as_agent)
            assert (refused.status_code, refused.text) == (403, "access denied")
            assert client.get(OWN, headers=as_agent).status_code == 403
