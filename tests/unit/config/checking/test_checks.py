"""Rules about values: addresses, durations, numbers, secrets; a right value is no problem."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import V6_0, V6_2, V6_3, V6_4, Dialect
from osmo_cli.config.registry.types import BACKEND, WORKFLOW
from tests.unit.config.inputs import (
    EVERYWHERE,
    check,
    lines,
    live_backend,
    live_workflow,
    only_message,
    said,
)

WEB = "must be an address with a host that starts with http:// or https://"
SOCKET = "must be an address with a host that starts with ws:// or wss://"
NO_DURATION = "must be a duration: an integer with d, h, m, s, ms or us, such as 365d"


TIMEOUTS = [f"{least}_{what}_timeout" for least in ("default", "max") for what in ("exec", "queue")]


@pytest.mark.parametrize("dialect", EVERYWHERE, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        ("https://grafana.example.com/d/1?x=y", []),
        ("http://10.0.0.1:3000", []),
        ("http://[::1]/", []),
        ("...", [WEB]),
        ("https://", [WEB]),
        ("https:///path", [WEB]),
        ("https://a b/", [WEB]),
        ("https://a:port/", [WEB]),
        ("http://[::1", [WEB]),
        ("javascript:alert(1)", [WEB]),
        ("grafana.example.com/d", [WEB + ' (write "https://" before it)']),
        (
            "https://user:word@example.com",
            [
                "the address contains a user name or password "
                "(everyone who can read the configuration can see them)"
            ],
        ),
    ],
)
def test_web_addresses(value: str, expected: list[str], dialect: Dialect) -> None:
    for field in ("dashboard_url", "grafana_url"):
        messages = only_message("BACKEND", field, value, dialect, "a")
        assert messages == ["warning: " + text for text in expected]
    messages = only_message("SERVICE", "service_base_url", value, dialect, None)
    assert messages == ["warning: " + text for text in expected]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", []),
        ("wss://router.example.com", []),
        ("ws://r:8080", []),
        ("https://router.example.com", ["warning: " + SOCKET]),
        ("router.example.com", ["warning: " + SOCKET + ' (write "wss://" before it)']),
    ],
)
def test_the_router(value: str, expected: list[str]) -> None:
    assert only_message("BACKEND", "router_address", value, V6_0, "a") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60d", []),
        ("90m", []),
        ("500ms", []),
        ("10", [NO_DURATION + ' (write "10s" for seconds)']),
        ("1h30m", [NO_DURATION + ' (write "90m")']),
        ("1d12h", [NO_DURATION + ' (write "36h")']),
        ("1.5h", [NO_DURATION]),
        ("1w", [NO_DURATION]),
        ("-1d", [NO_DURATION]),
        ("60D", [NO_DURATION]),
        ("forever", [NO_DURATION]),
        ("9" * 30 + "d", ["the duration is too long"]),
        ("9" * 5000 + "d", ["the duration is too long"]),
        ("0s", ["warning: the duration is zero"]),
        ("P7D", [NO_DURATION + ' (write "7d")']),
        ("P", [NO_DURATION]),
        ("1d" * 51, [NO_DURATION]),
    ],
)
def test_durations(value: str, expected: list[str]) -> None:
    for field in (*TIMEOUTS, "force_cleanup_delay", "task_heartbeat_frequency"):
        assert only_message("WORKFLOW", field, value, V6_0, None) == expected
    for field in TIMEOUTS:
        assert only_message("POOL", field, value, V6_0, "a") == expected
    assert only_message("SERVICE", "max_pod_restart_limit", value, V6_0, None) == expected


def test_the_form_of_iso_8601_is_known_from_6_3_on() -> None:
    expected = ['warning: not the documented form, an integer with a unit (write "7d")']
    for dialect in (V6_3, V6_4):
        assert only_message("POOL", "max_exec_timeout", "P7D", dialect, "a") == expected
        assert only_message("WORKFLOW", "max_exec_timeout", "P7D", dialect, None) == expected
    assert only_message("POOL", "max_exec_timeout", "P7D", V6_2, "a") == [
        NO_DURATION + ' (write "7d")'
    ]


def test_an_empty_duration_is_inherited_by_pools_only() -> None:
    assert only_message("POOL", "max_exec_timeout", "", V6_0, "a") == []
    assert only_message("WORKFLOW", "max_exec_timeout", "", V6_0, None) == [NO_DURATION]


def test_a_default_is_not_above_its_maximum() -> None:
    expected = (
        "default_exec_timeout: is longer than max_exec_timeout "
        "(a workflow that sets no timeout would exceed the limit)"
    )
    text = '{"default_exec_timeout": "2d", "max_exec_timeout": "47h"}'
    assert said("WORKFLOW", text) == ["warning: in.json:1:26: " + expected]
    assert said("WORKFLOW", text.replace("47h", "48h")) == []
    assert said("POOL", text.replace("47h", "")[:-1] + ', "backend": "b"}', name="a") == []
    # One of the two is stored, and the other one changes.
    live = live_workflow()
    assert lines(check('{"max_exec_timeout": "1d"}', WORKFLOW, V6_0, live=live)) == [
        "warning: in.json:1:1: " + expected
    ]
    stored = live | {"max_exec_timeout": "1d"}
    assert lines(check('{"max_log_lines": 5}', WORKFLOW, V6_0, live=stored)) == []


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ({"guarantee": 4, "maximum": 8}, []),
        ({"guarantee": 4, "maximum": -1}, []),
        ({"guarantee": -1, "maximum": 0}, []),
        (
            {"guarantee": 9, "maximum": 8},
            [
                "26: resources.gpu.guarantee: is greater than maximum "
                "(the pool cannot get what it is guaranteed)"
            ],
        ),
        ({"maximum": -2}, ["37: resources.gpu.maximum: is less than -1 (-1 is no limit)"]),
        ({"weight": -1}, ["36: resources.gpu.weight: is less than 0"]),
    ],
)
def test_shares_of_pools(share: dict[str, int], expected: list[str]) -> None:
    messages = said("POOL", {"backend": "b", "resources": {"gpu": share}}, name="a")
    assert [line.split(": ", 2)[-1] for line in messages] == [
        text.split(": ", 1)[1] for text in expected
    ]
    assert all(line.startswith("warning") for line in messages)


def test_what_is_stored_already_is_not_checked() -> None:
    live = live_backend(V6_0) | {"grafana_url": "none", "tests": ["a"]}
    live["node_conditions"] = {"rules": {"(": "True"}, "prefix": "p"}
    assert lines(check(json.dumps(live), BACKEND, V6_0, live=live)) == []
    assert lines(check('{"description": "x"}', BACKEND, V6_0, live=live)) == []
    assert len(lines(check('{"grafana_url": "nil"}', BACKEND, V6_0, live=live))) == 1


def test_other_items() -> None:
    bucket = {"dataset_path": "s3://b"}
    text: Any = {"buckets": {"a": bucket}, "default_bucket": "b"}
    assert said("DATASET", text, new=True) == [
        "warning: in.json:1:66: default_bucket: is not one of buckets"
    ]
    assert said("DATASET", text) == [], "the service may have that bucket"
    credential = {"access_key_id": "i", "access_key": "'quoted'"}
    messages = said("DATASET", bucket | {"default_credential": credential}, name="a")
    assert [line.split(": ", 2)[-1] for line in messages] == [
        "default_credential.access_key: the quotes around the value are part of it"
    ]
    test = {"node_conditions": ["a", "b", "a"]}
    assert "in.json:1:32: node_conditions[2]: duplicate value" in said(
        "BACKEND_TEST", test, name="a"
    )
    role = {
        "name": "r",
        "description": "",
        "policies": [{"actions": ["config:Read"], "resources": ["config/ROLE", "pool/A"]}],
    }
    assert said("ROLE", role, V6_2, name="r") == [
        "warning: in.json:1:90: policies[0].resources[0]: config types are in lower case "
        'here (write "config/role")'
    ]
    topology = [{"key": "zone", "label": "a b"}, {"key": "zone", "label": "topology/zone"}]
    messages = said("POOL", {"backend": "b", "topology_keys": topology}, V6_2, name="p")
    assert [line.split(": ", 1)[-1] for line in messages] == [
        "topology_keys[0].label: must be the key of a label, such as team or example.com/team",
        "topology_keys[1].key: duplicate key",
    ]
    [line] = said("RESOURCE_VALIDATION", [ASSERTION], name="v")
    assert "did you mean {{USER_CPU}}?" in line
    assert said("SERVICE", {"cli_config": {"latest_version": "new"}}) == [
        "in.json:1:35: cli_config.latest_version: must be a version MAJOR.MINOR.REVISION: with any "
        "other value the service answers requests of clients with an error (for example 6.0.0)"
    ]


NO_CRON = "invalid schedule: a field has an invalid entry"
BACKWARDS = "warning: a range goes backwards, which not every cron accepts"


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("*/5 0-23/2 1,15 1-12 0-7", []),
        ("0  3 ? * 1#2", []),
        ("0 0 L-3,LW,15W * 5L", []),
        ("0/10 3 * * ?", []),
        ("0 22-2 * * *", [BACKWARDS]),
        ("*/0 * * * *", [NO_CRON]),
        ("0,,1 - * * *", [NO_CRON]),
        ("0 0 * * 1-", [NO_CRON]),
        ("0 0 * * MON", ["fields may have digits and * - , / ? L W #, but no names"]),
        ("@daily", ["must be a cron schedule with five fields"]),
        ("0 24 * * *", ["24 is not within 0 to 23"]),
    ],
)
def test_schedules(schedule: str, expected: list[str]) -> None:
    assert only_message("BACKEND_TEST", "cron_schedule", schedule, V6_2, "t") == expected


def test_names_of_platforms() -> None:
    platforms: Any = {"dgx-h100": {}, "1 x": {}}
    assert said("POOL", {"backend": "b", "platforms": platforms}, V6_2, name="p") == [
        'warning: in.json:1:48: platforms["1 x"]: invalid platform name '
        "(use ASCII letters, digits, -, _ and .; start with a letter, end with a letter or digit)"
    ]


def test_a_file_of_nothing_but_problems_is_told_in_part() -> None:
    messages = said("BACKEND", {f"field{number}": 1 for number in range(3000)}, name="b")
    assert messages[0] == (
        "in.json:1:1: 2,500 more problems are not shown (is this the right file?)"
    )
    assert len(messages) == 501


ASSERTION = {
    "operator": "LE",
    "left_operand": "{{USER_CPUS}}",
    "right_operand": "1",
    "assert_message": "m",
}


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        ("s3cret-CANARY", []),
        ("'CANARY'", ["the quotes around the value are part of it"]),
        ('"CANARY"', ["the quotes around the value are part of it"]),
        ("$NGC_API_KEY", ["the value is the name of a variable, not its content"]),
        ("CANARY\n", ["the value starts or ends with a space or line break"]),
        ("", []),
    ],
)
def test_secrets(secret: str, expected: list[str]) -> None:
    messages = only_message("WORKFLOW", "backend_images.credential.auth", secret, V6_0, None)
    assert messages == ["warning: " + text for text in expected]
    assert "CANARY" not in "".join(messages)
