"""The samples of OSMO's page "Register Backend", checked as a reader of that page would have it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conformance.replay import RECORDINGS
from tests.support.processes import Shell

PAGE = RECORDINGS / "register-backend.rst"
WRITTEN = re.compile(r"echo '(?P<text>\{.*?\n *\})' > /tmp/(?P<name>\w+)\.json", re.DOTALL)
DEFAULT = re.compile(r"``(\{\"scheduler_type\".*?\})``")
IN_6_0 = {
    "node_conditions": (
        "node_conditions.additional_node_conditions: this service has rules in node_conditions",
        'write "rules": {"^Ready$": "True", "^GpuHealthy$": "True", ',
    )
}
IN_6_2 = IN_6_0 | {
    "scheduler_settings": ("scheduler_settings.coscheduling: unknown field", "known in seed, 6.0")
}
WRONG = {"seed": {}, "6.0": IN_6_0, **dict.fromkeys(("6.2", "6.3", "6.4"), IN_6_2)}


@pytest.fixture(scope="module")
def page() -> str:
    if not PAGE.is_file():
        pytest.skip(f"no recorded page: {PAGE} does not exist")
    return PAGE.read_text("utf-8")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell.at(tmp_path / "home")


@pytest.mark.parametrize("dialect", WRONG)
def test_each_sample_is_right_where_it_was_written_for_and_else_the_fix_is_told(
    page: str, shell: Shell, dialect: str
) -> None:
    samples = {match["name"]: match["text"] for match in WRITTEN.finditer(page)}
    assert set(samples) == {
        *("backend_config", "scheduler_settings", "node_conditions", "workflow_config")
    }
    for name, text in samples.items():
        about = "WORKFLOW" if name == "workflow_config" else "BACKEND"
        words = ("config", "validate", "-", "--type", about, "--dialect", dialect)
        result = shell.osmo(*words, input=text)
        errors = [line for line in result.out.splitlines() if ": warning: " not in line]
        if name not in WRONG[dialect]:
            assert (result.code, errors) == (0, []), name
            continue
        (error,) = errors
        message, fix = WRONG[dialect][name]
        assert result.code == 2
        assert message in error
        assert fix in error


def test_the_default_that_the_page_gives_is_refused_with_the_value_meant(
    page: str, shell: Shell
) -> None:
    printed = DEFAULT.search(page)
    assert printed is not None
    words = ("config", "validate", "-", "--type", "BACKEND", "--dialect", "seed")
    result = shell.osmo(*words, input=f'{{"scheduler_settings": {printed[1]}}}')
    assert result.code == 2
    assert 'scheduler_settings.scheduler_type: must be "default"' in result.out
    assert '(write "default")' in result.out
