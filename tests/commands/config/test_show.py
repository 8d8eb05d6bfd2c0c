"""`osmo config show`: an object, a part of it, and a reader that goes away."""

from __future__ import annotations

import pytest

from tests.support.processes import Shell


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("BACKEND", "gpu-a", "scheduler_settings", "scheduler_type"), '"default"\n'),
        (("backend", "gpu-b", "online"), "false\n"),
        (("BACKEND:1",), "[]\n"),
        (("WORKFLOW", "workflow_info"), '{\n  "tags": [],\n  "max_name_length": 64\n}\n'),
        (("WORKFLOW:1", "max_num_tasks"), "20\n"),
        (("WORKFLOW", "workflow_info", "-t", "yaml"), "tags: []\nmax_name_length: 64\n"),
        (("WORKFLOW", "workflow_info", "-t", "text"), "Key               Value\n"),
    ],
)
def test_show_leads_to_a_part(admin: Shell, words: tuple[str, ...], expected: str) -> None:
    assert admin.ok("config", "show", *words).startswith(expected)


def test_a_reader_that_goes_away_is_no_failure(admin: Shell) -> None:
    done = admin.run("sh", "-c", "(osmo config show WORKFLOW; echo $? >status) | true")
    assert done.err == ""
    assert (admin.home / "status").read_text() == "141\n"
