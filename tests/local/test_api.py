"""What the recorded exchanges do not show of the embedded service's answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from osmo_cli.local.admin import add_backend
from osmo_cli.local.app import app_on, run_directly
from osmo_cli.local.clock import utc_now
from osmo_cli.local.database import open_database
from osmo_cli.local.transport import in_process_transport

BACKEND = "/api/configs/backend/gpu-a"
WORKFLOW = "/api/configs/workflow"
JSON = {"content-type": "application/json"}
HISTORY = "/api/configs/history"
CREDENTIAL = {
    "endpoint": "s3://logs/osmo/",
    "access_key_id": "AKIA",
    "access_key": "SECRET-of-the-log-bucket",
}


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12)

    def __call__(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(tmp_path: Path, clock: Clock) -> Iterator[httpx.Client]:
    path = tmp_path / "local.db"
    open_database(path, "6.0", now=clock).close()
    add_backend(path, "gpu-a", now=clock)
    transport = in_process_transport(path, now=clock)
    with httpx.Client(transport=transport, base_url="http://local") as opened:
        yield opened


def _patch(client: httpx.Client, changes: Any) -> httpx.Response:
    return client.patch(WORKFLOW, json={"configs_dict": changes})


def _details(answer: httpx.Response) -> list[tuple[list[Any], str]]:
    assert answer.status_code == 422, answer.text
    return [(entry["loc"], entry["type"]) for entry in answer.json()["detail"]]


def test_a_seed_backend_has_the_seeds_node_conditions(tmp_path: Path) -> None:
    path = tmp_path / "local.db"
    add_backend(path, "gpu-a")
    with httpx.Client(transport=in_process_transport(path), base_url="http://local") as client:
        conditions = {
            "additional_node_conditions": [],
            "ignore_node_conditions": [],
            "prefix": "osmo.nvidia.com/",
        }
        assert client.get(BACKEND).json()["node_conditions"] == conditions
        body = {"configs": {"node_conditions": {"rules": {"Ready": "True"}, "prefix": "a/"}}}
        assert client.post(BACKEND, json=body).status_code == 200
        stored = client.get(BACKEND).json()["node_conditions"]
        assert stored == {
            "additional_node_conditions": None,
            "ignore_node_conditions": None,
            "prefix": "a/",
        }
        assert client.get("/health").status_code == 404
        document = client.get("/api/openapi.json").json()
    fields = document["components"]["schemas"]["BackendNodeConditions"]["properties"]
    assert set(fields) == set(conditions)
    assert "/health" not in document["paths"]


def test_backends_are_online_while_their_operator_beats(
    tmp_path: Path, client: httpx.Client, clock: Clock
) -> None:
    path = tmp_path / "local.db"
    assert add_backend(path, "gpu-b", offline=True, now=clock) is True
    assert add_backend(path, "gpu-a", now=clock) is False

    def online() -> list[bool]:
        return [
            backend["online"] for backend in client.get("/api/configs/backend").json()["backends"]
        ]

    assert online() == [True, False]
    clock.time += timedelta(days=3)
    assert online() == [True, False]
    assert add_backend(path, "gpu-a", offline=True, now=clock) is False
    assert add_backend(path, "gpu-b", now=clock) is False
    assert online() == [False, True]
    created = client.get(HISTORY, params={"config_types": "BACKEND"}).json()["configs"]
    assert [entry["description"] for entry in created[1:]] == [
        "Create backend gpu-a",
        "Create backend gpu-b",
    ]


@pytest.mark.parametrize("name", ["", "a/b", "a?b", "a#b", "a%2fb", "..", "."])
def test_a_backend_name_that_no_path_can_hold_is_refused(name: str, tmp_path: Path) -> None:
    from osmo_cli.errors import UsageError

    with pytest.raises(UsageError, match="cannot be the name"):
        add_backend(tmp_path / "local.db", name)


@pytest.mark.parametrize(
    ("changes", "loc", "kind"),
    [
        ({"description": {}}, ["description"], "type_error.str"),
        ({"tests": "nccl"}, ["tests"], "type_error.list"),
        ({"tests": [["a"]]}, ["tests", 0], "type_error.str"),
        ({"scheduler_settings": [1]}, ["scheduler_settings"], "type_error.dict"),
        (
            {"scheduler_settings": {"coscheduling": "maybe"}},
            ["scheduler_settings", "coscheduling"],
            "type_error.bool",
        ),
        (
            {"scheduler_settings": {"scheduler_name": None}},
            ["scheduler_settings", "scheduler_name"],
            "type_error.none.not_allowed",
        ),
        (
            {"node_conditions": {"rules": {"Ready": ["True"]}}},
            ["node_conditions", "rules", "Ready"],
            "type_error.str",
        ),
    ],
)
def test_wrong_values_are_named_as_pydantic_1_names_them(
    changes: Any, loc: list[Any], kind: str, client: httpx.Client
) -> None:
    answer = client.post(BACKEND, json={"configs": changes})
    assert _details(answer) == [(["body", "configs", *loc], kind)]


def test_scalars_become_what_the_field_is(client: httpx.Client) -> None:
    changes = {
        "description": True,
        "dashboard_url": 1.5,
        "scheduler_settings": {
            "scheduler_type": "kai",
            "scheduler_timeout": "45",
            "coscheduling": "yes",
        },
        "node_conditions": {"rules": {"Ready": True}},
        "grafana_url": None,
    }
    assert client.post(BACKEND, json={"configs": changes}).status_code == 200
    stored = client.get(BACKEND).json()
    assert stored["description"] == "True"
    assert stored["dashboard_url"] == "1.5"
    assert stored["grafana_url"] == ""
    assert stored["node_conditions"]["rules"] == {"Ready": "True"}
    assert stored["scheduler_settings"] == {
        "scheduler_type": "kai",
        "scheduler_name": "default-scheduler",
        "coscheduling": True,
        "scheduler_timeout": 45,
    }


@pytest.mark.parametrize(
    ("body", "content_type", "loc"),
    [
        (b"[1]", "application/json", ["body"]),
        (b"null", "application/json", ["body"]),
        (b'{"configs": {}}', "text/plain", ["body"]),
        (b'{"configs": {}}', "text/json", ["body"]),
        (b'{"configs": {}}', None, ["body"]),
        (b'{"configs": null}', "application/json; charset=utf-8", ["body", "configs"]),
        (b'{"configs": {}, "tags": "a"}', "application/x+json", ["body", "tags"]),
    ],
)
def test_bodies_that_are_no_requests(
    body: bytes, content_type: str | None, loc: list[Any], client: httpx.Client
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = client.post(BACKEND, content=body, headers=headers)
    assert [place for place, _ in _details(answer)] == [loc]


def test_patch_keeps_what_it_does_not_name_and_put_replaces_fields_whole(
    client: httpx.Client,
) -> None:
    assert _patch(client, {"workflow_log": {"credential": CREDENTIAL}}).status_code == 200
    answer = _patch(client, {"workflow_log": {"credential": {"region": "eu"}}})
    shown = {**CREDENTIAL, "endpoint": "s3://logs/osmo", "access_key": "**********"}
    assert answer.json() == {"workflow_log": {"credential": {**shown, "region": "eu"}}}

    # PUT answers with secrets in clear: the service's own fault (docs/service/secrets.md#masks).
    put = client.put(WORKFLOW, json={"configs": {"max_num_tasks": 7, "bogus": 1}}).json()
    assert put["workflow_log"]["credential"]["access_key"] == CREDENTIAL["access_key"]
    assert put["max_num_tasks"] == 7
    assert "bogus" not in put

    assert _patch(client, {"workflow_log": {"credential": None}}).status_code == 200
    assert client.get(WORKFLOW).json()["workflow_log"] == {"credential": None}
    entries = client.get(HISTORY, params={"config_types": "WORKFLOW"}).json()["configs"]
    assert [entry["description"] for entry in entries[1:]] == [
        "Patched workflow configuration",
        "Patched workflow configuration",
        "Set complete workflow configuration",
        "Patched workflow configuration",
    ]


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        (
            {"workflow_log": {"credential": {**CREDENTIAL, "endpoint": "/tmp/logs"}}},
            400,
            "Invalid endpoint: /tmp/logs",
        ),
        (
            {"workflow_data": {"download_type": "stream"}},
            400,
            "1 validation error for WorkflowConfig\nworkflow_data -> download_type\n"
            "  value is not a valid enumeration member; permitted: 'download' "
            "(type=type_error.enum; enum_values=[<DownloadType.DOWNLOAD: 'download'>])",
        ),
        (
            {"user_workflow_limits": {"max_num_tasks": 0}, "max_num_tasks": None},
            400,
            "2 validation errors for WorkflowConfig\nuser_workflow_limits -> max_num_tasks\n"
            "  ensure this value is greater than 0 (type=value_error.number.not_gt; limit_value=0)"
            "\nmax_num_tasks\n"
            "  none is not an allowed value (type=type_error.none.not_allowed)",
        ),
    ],
)
def test_patches_that_are_refused(
    changes: Any, status: int, text: str, client: httpx.Client
) -> None:
    before = client.get(WORKFLOW).json()
    answer = _patch(client, changes)
    assert (answer.status_code, answer.json()["message"]) == (status, text)
    assert client.get(WORKFLOW).json() == before


def test_the_merge_fault_of_6_0(client: httpx.Client) -> None:
    assert _patch(client, {"workflow_info": {"tags": ["a"]}}).status_code == 200
    answer = _patch(client, {"workflow_info": {"tags": []}})
    assert answer.status_code == 500
    assert answer.json()["message"].startswith("Internal server error: ")
    assert client.get(WORKFLOW).json()["workflow_info"]["tags"] == ["a"]


def test_only_a_service_with_authorization_refuses_unknown_fields(tmp_path: Path) -> None:
    import asyncio

    store = open_database(tmp_path / "local.db", "6.0")
    app = app_on(store, "token", utc_now, run_directly)
    from osmo_cli.local.jwts import Signer
    from osmo_cli.local.records import whole

    with store.read() as connection:
        auth = whole(connection, "SERVICE")["service_auth"]
    jwt, _ = Signer(auth, utc_now).sign("admin", ["osmo-admin"])

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://local",
            headers={"x-osmo-auth": jwt},
        ) as client:
            return [
                await client.patch(WORKFLOW, json={"configs_dict": changes})
                for changes in (
                    {"no_such_field": 1},
                    {"workflow_info": {"tag": []}},
                    {"workflow_alerts": {"channel": "x"}},
                )
            ]

    top, nested, plain = asyncio.run(ask())
    store.close()
    assert (top.status_code, top.json()["error_code"]) == (400, "USAGE")
    assert "no_such_field\n  extra fields not permitted" in top.json()["message"]
    assert "workflow_info -> tag\n  extra fields not permitted" in nested.json()["message"]
    assert plain.status_code == 200


@pytest.mark.parametrize(
    ("query", "loc", "kind"),
    [
        ("offset=-1", ["query", "offset"], "value_error.number.not_ge"),
        ("limit=some", ["query", "limit"], "type_error.integer"),
        ("revision=0", ["query", "revision"], "value_error.number.not_gt"),
        ("order=UP", ["query", "order"], "type_error.enum"),
        ("omit_data=perhaps", ["query", "omit_data"], "type_error.bool"),
        ("created_after=2026-01-01", ["query", "created_after"], "value_error.datetime"),
        ("at_timestamp=soon", ["query", "at_timestamp"], "value_error.datetime"),
        (
            "at_timestamp=2026-01-01T00:00:00&created_after=2026-01-01T00:00:00",
            ["query", "at_timestamp"],
            "value_error",
        ),
    ],
)
def test_history_parameters_that_are_wrong(
    query: str, loc: list[Any], kind: str, client: httpx.Client
) -> None:
    assert _details(client.get(f"{HISTORY}?{query}")) == [(loc, kind)]


def test_times_may_name_a_zone(client: httpx.Client) -> None:
    def count(**query: str) -> int:
        answer = client.get(HISTORY, params={"config_types": "BACKEND", **query})
        return len(answer.json()["configs"])

    # The revisions were made at 12:00 UTC.
    assert count(created_after="2026-03-01T12:00:00+02:00") == 2
    assert count(created_after="2026-03-01T12:00:00-02:00") == 0
    assert count(created_before="2026-03-01T13:00:00Z") == 2
    assert count(offset=str(2**70)) == count(revision=str(2**70)) == 0


def test_revisions_of_types_and_numbers_that_do_not_exist(client: httpx.Client) -> None:
    unknown = client.delete(f"{HISTORY}/nope/revision/1")
    assert (unknown.status_code, unknown.json()["message"]) == (400, 'Invalid config type "nope"')
    assert _details(client.delete(f"{HISTORY}/backend/revision/one")) == [
        (["path", "revision"], "type_error.integer")
    ]
    assert _details(client.get("/api/configs/diff?config_type=BACKEND&first_revision=1")) == [
        (["query", "second_revision"], "value_error.missing")
    ]
    body = {"config_type": "NOPE", "revision": 0}
    assert [loc for loc, _ in _details(client.post(f"{HISTORY}/rollback", json=body))] == [
        ["body", "config_type"],
        ["body", "revision"],
    ]


def test_tokens_work_through_the_day_before_they_expire(client: httpx.Client, clock: Clock) -> None:
    made = client.post("/api/auth/access_token/user/mine?expires_at=2026-03-03")
    exchange = {"access_token": made.json()}
    clock.time = datetime(2026, 3, 2, 23, 59, 59)
    assert client.get("/api/auth/jwt/access_token", params=exchange).status_code == 200
    clock.time = datetime(2026, 3, 3)
    refused = client.get("/api/auth/jwt/access_token", params=exchange)
    assert (refused.status_code, refused.json()["error_code"]) == (400, "USER")
    assert [token["token_name"] for token in client.get("/api/auth/access_token/user").json()] == [
        "mine"
    ]


@pytest.mark.parametrize("name", ["1a", "a-", "-a", "a.b", "a b", "ä"])
def test_token_names_follow_the_services_rule(name: str, client: httpx.Client) -> None:
    answer = client.post(f"/api/auth/access_token/user/{name}?expires_at=2026-03-09")
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"Token name {name} must match regex ^[a-zA-Z]")


def test_own_tokens_are_ones_own_and_service_tokens_everyones(client: httpx.Client) -> None:
    for user in ("alice", "bob"):
        answer = client.post(
            "/api/auth/access_token/user/laptop?expires_at=2026-03-09",
            headers={"x-osmo-user": user},
        )
        assert answer.status_code == 200
    client.post(
        "/api/auth/access_token/service/agent?expires_at=2026-03-09&roles=osmo-backend",
        headers={"x-osmo-user": "alice"},
    )
    mine = client.get("/api/auth/access_token/user", headers={"x-osmo-user": "bob"}).json()
    assert [(token["user_name"], token["roles"]) for token in mine] == [("bob", ["osmo-user"])]
    service = client.get("/api/auth/access_token/service", headers={"x-osmo-user": "bob"}).json()
    assert [token["user_name"] for token in service] == ["agent"]


def test_the_version_as_text(client: httpx.Client) -> None:
    answer = client.get("/client/version", headers={"accept": "text/plain"})
    assert answer.text == "6.0.0"
    assert answer.headers["content-type"].startswith("text/plain")
    for version in ("six", "", "6.0", "6.0.0.0"):
        malformed = {"x-osmo-client-version": version}
        assert client.get("/client/version", headers=malformed).status_code == 500
        assert client.get("/api/version", headers=malformed).status_code == 500


def test_half_a_surrogate_pair_is_answered(client: httpx.Client) -> None:
    for body in (
        b'{"configs": {"tests": ["\\ud800"]}}',
        b'{"configs": {"description": "\\ud800"}}',
    ):
        answer = client.post(BACKEND, content=body, headers=JSON)
        assert answer.status_code == 400
    assert client.get(BACKEND).json()["description"] == ""


@pytest.mark.parametrize("path", ["/api/configs/backend", BACKEND, WORKFLOW])
def test_configurations_are_indented_as_6_0_indents_them(path: str, client: httpx.Client) -> None:
    text = client.get(path).text
    assert text == json.dumps(json.loads(text), indent=4)


def test_what_comes_in_goes_out(client: httpx.Client) -> None:
    text = 'a <b> & "q" \\ \u00e9 \u65e5\u672c \U0001f600 \t\n'
    body = {"configs": {"description": text}, "description": text, "tags": [text]}
    assert client.post(BACKEND, json=body).status_code == 200
    assert client.get(BACKEND).json()["description"] == text
    entry = client.get(HISTORY, params={"tags": text}).json()["configs"][0]
    assert (entry["description"], entry["tags"]) == (text, [text])
