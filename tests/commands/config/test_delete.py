"""`osmo config delete`: objects, revisions, and what does not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES
from tests.support.between import UNKNOWN, UPDATE, Between, between, writes
from tests.support.faulty import json_reply
from tests.support.processes import Result, Service, Shell


def delete(middle: Between) -> Result:
    return middle.shell.osmo("config", "delete", "BACKEND", "gpu-a")


def test_a_deletion_with_running_workflows_names_the_way_out(middle: Between) -> None:
    message = (
        "Internal server error: Backend gpu-a is not finished running workflows. "
        "Alive workflows: train-1"
    )
    middle.before = lambda method, path: (
        json_reply({"message": message}, 500) if method == "DELETE" else None
    )
    result = delete(middle)
    assert (result.code, result.out) == (10, "")
    assert "Alive workflows: train-1" in result.err
    assert "--force" in result.err


def test_a_deletion_with_an_error_is_looked_into(middle: Between) -> None:
    middle.fault = lambda method, path, reply: UNKNOWN["500"] if method == "DELETE" else None
    result = delete(middle)
    assert (result.code, result.out) == (0, 'Successfully deleted BACKEND config "gpu-a"\n')
    assert "is deleted" in result.err


def test_deleting_a_revision(middle: Between) -> None:
    middle.shell.ok(*UPDATE)
    out = middle.shell.ok("config", "delete", "BACKEND:2")
    assert out == "Successfully deleted revision 2 of BACKEND config\n"
    again = middle.shell.osmo("config", "delete", "BACKEND:2")
    assert (again.code, again.out) == (2, "")
    assert "No config history entry found for type BACKEND at revision 2" in again.err


DELETABLE = [deletable for deletable in CONFIG_TYPES.values() if deletable.named is not None]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_deleting_what_does_not_exist(dialect: str, tmp_path: Path) -> None:
    with between(tmp_path, dialect) as middle:
        for config_type in DELETABLE:
            if config_type.name not in DIALECTS[dialect].config_types:
                continue
            words = ("config", "delete", config_type.name, "nope", "--description", "teardown")
            done = middle.shell.osmo(*words)
            assert "not found" in done.err
            # The service itself answers so; see test_the_service_answers_a_delete_of_nothing.
            expected = 0 if config_type.deletes_missing else 2
            assert done.code == expected, done
            success = f'Successfully deleted {config_type.name} config "nope"\n'
            assert done.out == (success if expected == 0 else "")
            ignored = middle.shell.osmo(*words, "--ignore-missing")
            assert (ignored.code, ignored.out) == (0, "")
        assert not writes(middle)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_service_answers_a_delete_of_nothing(dialect: str, tmp_path: Path) -> None:
    with between(tmp_path, dialect) as middle:
        headers = {"x-osmo-user": "admin"}
        for config_type in DELETABLE:
            if config_type.name in DIALECTS[dialect].config_types:
                path = f"/api/configs/{config_type.path}/nope"
                answer = middle.service.request("DELETE", path, json={}, headers=headers)
                assert answer.is_success is config_type.deletes_missing


def test_what_is_not_there_can_be_no_error(stories: tuple[Service, Shell]) -> None:
    shell = stories[1]
    assert shell.osmo("config", "delete", "BACKEND:99").code == 2
    for words in (("BACKEND", "gpu-z"), ("BACKEND:99",)):
        done = shell.osmo("config", "delete", *words, "--ignore-missing")
        assert (done.code, done.out) == (0, "")
        assert "not found; nothing was deleted" in done.err
