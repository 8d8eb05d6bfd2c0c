"""`osmo whoami`: the login that would be used."""

from __future__ import annotations

import json

from tests.support.processes import Service, Shell


def test_it_names_the_service_and_the_source(admin: Shell, service: Service) -> None:
    login = json.loads(admin.ok("whoami", "-t", "json"))
    assert (login["user"], login["service"]) == ("admin", service.url)
    assert (login["from"], login["method"]) == ("profile default", "dev")
    shown = admin.ok("whoami", "-t", "text")
    assert all(text in shown for text in ("admin", service.url, "profile default"))


def test_variables_come_before_a_profile(admin: Shell) -> None:
    login = json.loads(admin.osmo("whoami", "-t", "json", env={"OSMO_URL": "local"}).out)
    assert login["service"] == "local"
    assert "OSMO_URL" in login["from"]


def test_without_a_login_it_fails_with_the_fix(shell: Shell) -> None:
    done = shell.osmo("whoami")
    assert (done.code, done.out) == (4, "")
    assert "not logged in" in done.err
    assert "osmo login" in done.err
