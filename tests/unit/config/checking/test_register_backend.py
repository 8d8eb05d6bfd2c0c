"""The samples of OSMO's page "Register Backend": right in the seed generation as they are printed;
in later ones what is wrong is said with what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS, SEED, Dialect
from tests.unit.config.inputs import said

SECRET = "nvapi-CANARY"
FILES = ["backend_config", "scheduler_settings", "node_conditions", "workflow_config"]
LATER = [dialect for dialect in DIALECTS.values() if "rules" in dialect.node_condition_fields]
KAI_ONLY = [version for version in LATER if "coscheduling" not in version.scheduler_fields]


@pytest.fixture(scope="module")
def page(recordings: Path) -> str:
    return (recordings / "register-backend.rst").read_text("utf-8")


def printed(page: str, name: str) -> str:
    """The JSON that a shell writes into /tmp/NAME.json."""
    match = re.search(rf"echo '(\{{(?:(?!echo ').)*?\}})' > /tmp/{name}\.json", page, re.DOTALL)
    assert match, name
    return match[1].replace("'$NGC_API_KEY'", SECRET)


def default(page: str, field: str) -> str:
    """What the page calls the default of a field of BACKEND."""
    match = re.search(rf"\* - {field} \[dict\].*?``(\{{.*?\}})``", page, re.DOTALL)
    assert match, field
    return f'{{"{field}": {match[1]}}}'


def checked(text: str, dialect: Dialect, kind: str = "BACKEND") -> list[str]:
    return said(kind, text, dialect, name="default" if kind == "BACKEND" else None)


def ids(dialect: Dialect) -> str:
    return dialect.name


def test_these_are_all_samples_of_the_page(page: str) -> None:
    assert re.findall(r"> /tmp/(\w+)\.json", page) == FILES
    assert len(re.findall(r"^ *echo '\{", page, re.MULTILINE)) == len(FILES)


@pytest.mark.parametrize("name", FILES)
def test_each_is_right_in_the_seed_generation(page: str, name: str) -> None:
    kind = "WORKFLOW" if name == "workflow_config" else "BACKEND"
    match = checked(printed(page, name), SEED, kind)
    assert [line for line in match if not line.startswith("warning: ")] == []
    # The dots that the page prints in the place of addresses are none.
    assert len(match) == (2 if name == "backend_config" else 0)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=ids)
def test_the_sample_of_descriptions(page: str, dialect: Dialect) -> None:
    no_address = "must be an address with a host that starts with http:// or https://"
    assert checked(printed(page, "backend_config"), dialect) == [
        f"warning: in.json:3:22: dashboard_url: {no_address}",
        f"warning: in.json:4:20: grafana_url: {no_address}",
    ]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=ids)
def test_the_sample_of_the_scheduler(page: str, dialect: Dialect) -> None:
    expected = [
        "warning: in.json:5:7: scheduler_settings.coscheduling: not sent: "
        f"{dialect.name} does not have this field (it exists in seed, 6.0)"
    ]
    text = printed(page, "scheduler_settings")
    assert checked(text, dialect) == (expected if dialect in KAI_ONLY else [])
    mended = re.sub(r' *"coscheduling": true,\n', "", text)
    assert checked(mended, dialect) == []


FORM = "%s does not have this field and would ignore it (write "
IGNORED = "; conditions without a rule are ignored)"
RULES = '"rules": {"^Ready$": "True", "^GpuHealthy$": "True"}'


@pytest.mark.parametrize("dialect", LATER, ids=ids)
def test_the_sample_of_node_conditions(page: str, dialect: Dialect) -> None:
    text = printed(page, "node_conditions")
    at = "in.json:3:7: node_conditions.additional_node_conditions: "
    assert checked(text, dialect) == [f"{at}{FORM % dialect.name}{RULES}{IGNORED}"]
    # What is told is right.
    mended = re.sub(r'"additional_.*?\],\s*"ignore_.*?\],', RULES + ",", text, flags=re.DOTALL)
    assert "ignore_node_conditions" not in mended
    assert checked(mended, dialect) == []


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=ids)
def test_the_sample_of_image_credentials(page: str, dialect: Dialect) -> None:
    assert checked(printed(page, "workflow_config"), dialect, "WORKFLOW") == []
    # Taken out of the shell's quotes, the page's quotes would be part of the key.
    unquoted = printed(page, "workflow_config").replace(SECRET, "'$NGC_API_KEY'")
    assert checked(unquoted, dialect, "WORKFLOW") == [
        "warning: in.json:6:17: backend_images.credential.auth: "
        "the quotes around the value are part of it"
    ]


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=ids)
def test_the_default_scheduler_that_no_service_takes(page: str, dialect: Dialect) -> None:
    at = "in.json:1:43: scheduler_settings.scheduler_type: must be "
    expected = [f'{at}"default", "scheduler-plugins", "volcano" or "kai" (write "default")']
    if dialect in KAI_ONLY:
        expected = [
            f'{at}"kai"',
            "warning: in.json:1:103: scheduler_settings.coscheduling: not sent: "
            f"{dialect.name} does not have this field (it exists in seed, 6.0)",
        ]
    assert checked(default(page, "scheduler_settings"), dialect) == expected


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=ids)
def test_the_default_node_conditions(page: str, dialect: Dialect) -> None:
    # Empty lists require nothing.
    problems = checked(default(page, "node_conditions"), dialect)
    fields = ["additional_node_conditions", "ignore_node_conditions"] if dialect in LATER else []
    assert [problem.split(" (")[0].split(":", 3)[-1] for problem in problems] == [
        f"{place}: node_conditions.{field}: not sent: {dialect.name} does not have this field"
        for place, field in zip(("22", "56"), fields, strict=False)
    ]
