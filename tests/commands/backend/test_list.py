"""`osmo backend`: listing, waiting, opening."""

from __future__ import annotations

import json
import re

from tests.support.processes import Service, Shell


def test_backends_are_listed_with_the_age_of_their_heartbeat(admin: Shell) -> None:
    lines = admin.ok("backend", "list").splitlines()
    assert re.split(r" {3,}", lines[0])[:4] == ["Name", "Description", "Status", "Heartbeat"]
    rows = [re.split(r" {3,}", line) for line in lines[2:]]
    assert [row[:2] for row in rows] == [["gpu-a", "ONLINE"], ["gpu-b", "OFFLINE"]]
    assert re.fullmatch(r"\d+ s", rows[0][2])
    assert re.fullmatch(r"\d min", rows[1][2])


def test_backends_are_listed_as_data(admin: Shell) -> None:
    backends = json.loads(admin.ok("backend", "list", "-t", "json"))["backends"]
    assert [(backend["name"], backend["online"]) for backend in backends] == [
        ("gpu-a", True),
        ("gpu-b", False),
    ]
    assert backends[0]["heartbeat_age_seconds"] < 10
    assert backends[1]["heartbeat_age_seconds"] >= 120


def test_the_exit_code_says_on_request_that_a_backend_is_offline(admin: Shell) -> None:
    assert admin.osmo("backend", "list").code == 0
    assert admin.osmo("backend", "list", "--exit-code").code == 5


def test_a_service_without_backends(shell: Shell) -> None:
    shell.env["OSMO_URL"] = "local"
    assert shell.ok("backend", "list") == "No backends found\n"
    assert json.loads(shell.ok("backend", "list", "-t", "json")) == {"backends": []}
    assert shell.osmo("backend", "list", "--exit-code").code == 0


def test_not_logged_in(shell: Shell, service: Service) -> None:
    assert shell.osmo("backend", "list").code == 4
