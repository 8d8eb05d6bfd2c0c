"""What is wrong with an input: each kind of problem with its place, its words and its way out."""

from __future__ import annotations

import json

import pytest

from osmo_cli.config.problems import path_text
from osmo_cli.config.registry.dialects import SEED, V6_0, Dialect
from osmo_cli.config.registry.types import BACKEND, WORKFLOW
from tests.unit.config.inputs import (
    CREDENTIAL,
    EVERYWHERE,
    check,
    lines,
)


@pytest.mark.parametrize("dialect", EVERYWHERE, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[]", "in.json:1:1: must be an object, not a list", id="not-an-object"),
        pytest.param(
            '{"description": 5}',
            "in.json:1:17: description: must be a string, not a number (write it in double quotes)",
            id="number-for-text",
        ),
        pytest.param(
            '{"description": null}',
            "in.json:1:17: description: must be a string, not null "
            '(null cannot be stored here; write "" to empty it)',
            id="null-for-text",
        ),
        pytest.param(
            '{"tests": null}',
            "in.json:1:11: tests: must be a list, not null "
            "(null cannot be stored here; write [] to empty it)",
            id="null-for-list",
        ),
        pytest.param(
            '{"scheduler_settings": null}',
            "in.json:1:24: scheduler_settings: must be an object, not null",
            id="null-for-object",
        ),
        pytest.param(
            '{"tests": "a"}',
            "in.json:1:11: tests: must be a list, not a string",
            id="text-for-list",
        ),
        pytest.param(
            '{"tests": ["a",\n  {}]}',
            "in.json:2:3: tests[1]: must be a string, not an object",
            id="in-a-list",
        ),
        pytest.param(
            '{"tests": ["a", "b", "a"]}',
            "in.json:1:22: tests[2]: duplicate value",
            id="duplicate",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_timeout": "30"}}',
            "in.json:1:46: scheduler_settings.scheduler_timeout: must be an integer, "
            "not a string (write it without quotes)",
            id="text-for-number",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_timeout": 20.7}}',
            "in.json:1:46: scheduler_settings.scheduler_timeout: must be an integer",
            id="fraction",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_timeout": true}}',
            "in.json:1:46: scheduler_settings.scheduler_timeout: must be an integer, "
            "not true or false",
            id="bool-for-number",
        ),
        pytest.param(
            '{"scheduler_settings": {"coscheduling": "yes"}}',
            "in.json:1:41: scheduler_settings.coscheduling: must be true or false, not a string "
            "(write true)",
            id="text-for-bool",
        ),
        pytest.param(
            '{"scheduler_settings": {"coscheduling": 1}}',
            "in.json:1:41: scheduler_settings.coscheduling: must be true or false, not a number",
            id="number-for-bool",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_type": "default-scheduler"}}',
            "in.json:1:43: scheduler_settings.scheduler_type: "
            'must be "default", "scheduler-plugins", "volcano" or "kai" (write "default")',
            id="the-document-s-scheduler-type",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_type": "slurm"}}',
            "in.json:1:43: scheduler_settings.scheduler_type: "
            'must be "default", "scheduler-plugins", "volcano" or "kai"',
            id="unknown-scheduler-type",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_type": ["kai"]}}',
            "in.json:1:43: scheduler_settings.scheduler_type: "
            'must be "default", "scheduler-plugins", "volcano" or "kai"',
            id="list-for-a-choice",
        ),
        pytest.param(
            '{"scheduler_settings": {"coscheduling": true}}',
            "in.json:1:41: scheduler_settings.coscheduling: "
            'cannot be true with scheduler_type "default", which starts pods one by one',
            id="coscheduling",
        ),
        pytest.param(
            '{"descripton": "x"}',
            'in.json:1:2: descripton: unknown field (did you mean "description"?)',
            id="misspelt-field",
        ),
        pytest.param(
            '{"scheduler_settings": {\n    "scheduler_tpye": "kai"}}',
            "in.json:2:5: scheduler_settings.scheduler_tpye: unknown field "
            '(did you mean "scheduler_type"?)',
            id="misspelt-nested-field",
        ),
        pytest.param(
            '{"scheduler_settings": {"x": 1}}',
            "in.json:1:25: scheduler_settings.x: unknown field (known fields: scheduler_type, "
            "scheduler_name, coscheduling, scheduler_timeout)",
            id="unknown-nested-field",
        ),
        pytest.param(
            '{"version": "7"}',
            "warning: in.json:1:2: version: is set by the service; this value is not sent",
            id="read-only",
        ),
        pytest.param(
            '{"description": "**********"}',
            "in.json:1:17: description: this is a mask, not the "
            "secret (write the secret, or leave the field out to keep the stored one)",
            id="mask-elsewhere",
        ),
    ],
)
def test_a_problem_of_a_backend(text: str, expected: str, dialect: Dialect) -> None:
    if "coscheduling" not in dialect.scheduler_fields:
        expected = OF_6_2.get(text, expected).replace("%s", dialect.name)
    assert lines(check(text, BACKEND, dialect)) == [expected]


_TYPE = "in.json:1:43: scheduler_settings.scheduler_type: "
OF_6_2 = {
    '{"scheduler_settings": {"scheduler_type": "default-scheduler"}}': _TYPE + 'must be "kai"',
    '{"scheduler_settings": {"scheduler_type": "slurm"}}': _TYPE + 'must be "kai"',
    '{"scheduler_settings": {"scheduler_type": ["kai"]}}': _TYPE + 'must be "kai"',
    '{"scheduler_settings": {"coscheduling": true}}': (
        "warning: in.json:1:25: scheduler_settings.coscheduling: not sent: %s does not have this "
        "field (it exists in seed, 6.0)"
    ),
    '{"scheduler_settings": {"coscheduling": 1}}': (
        "warning: in.json:1:25: scheduler_settings.coscheduling: not sent: %s does not have this "
        "field (it exists in seed, 6.0)"
    ),
    '{"scheduler_settings": {"coscheduling": "yes"}}': (
        "warning: in.json:1:25: scheduler_settings.coscheduling: not sent: %s does not have this "
        "field (it exists in seed, 6.0)"
    ),
    '{"scheduler_settings": {"x": 1}}': (
        "in.json:1:25: scheduler_settings.x: unknown field (known fields: scheduler_type, "
        "scheduler_name, scheduler_timeout)"
    ),
}
"""What versions from 6.2 on, which have one scheduler only, say."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            CREDENTIAL % ', "access_key_id": "i"',
            ["in.json:1:34: workflow_data.credential.access_key: this field is required"],
            id="required",
        ),
        pytest.param(
            CREDENTIAL % ', "access_key_id": "i", "access_key": "**********"',
            [
                "in.json:1:93: workflow_data.credential.access_key: this is a mask, not the "
                "secret (write the secret, or leave the field out to keep the stored one)"
            ],
            id="mask-of-a-credential-that-is-not-stored",
        ),
        pytest.param(
            '{"workflow_alerts": {"slack_token": "**********"}}',
            [
                "warning: in.json:1:37: workflow_alerts.slack_token: the mask is not sent: the "
                "stored secret is kept (leave the field out)"
            ],
            id="mask-of-a-stored-secret",
        ),
        pytest.param(
            '{"workflow_log": {"credential": {"endpoint": "http://x"}}}',
            [
                "in.json:1:46: workflow_log.credential.endpoint: must be a storage endpoint such "
                "as s3://bucket/path, gs://, azure://, tos:// or swift://host/container"
            ],
            id="endpoint",
        ),
        pytest.param(
            '{"user_workflow_limits": {"max_num_tasks": 0}}',
            ["in.json:1:44: user_workflow_limits.max_num_tasks: must be greater than 0"],
            id="limit",
        ),
        pytest.param(
            '{"plugins_config": {"rsync": {"read_bandwidth_limit": -1}}}',
            ["in.json:1:55: plugins_config.rsync.read_bandwidth_limit: must be at least 0"],
            id="minimum",
        ),
        pytest.param(
            '{"plugins_config": {"rsync": {"allowed_paths": {"a": {"writable": true}}}}}',
            ["in.json:1:54: plugins_config.rsync.allowed_paths.a.path: this field is required"],
            id="required-in-a-map",
        ),
        pytest.param(
            '{"plugins_config": {"rsync": {"allowed_paths": {"a b": {"path": 1}}}}}',
            [
                'in.json:1:65: plugins_config.rsync.allowed_paths["a b"].path: must be a string, '
                "not a number (write it in double quotes)"
            ],
            id="in-a-map",
        ),
        pytest.param(
            '{"user_workflow_limits": {"jinja_sandbox_max_time": "1"}}',
            [
                "in.json:1:53: user_workflow_limits.jinja_sandbox_max_time: must be a number, "
                "not a string (write it without quotes)"
            ],
            id="text-for-a-fraction",
        ),
        pytest.param(
            '{"max_num_tasks": 1, "backends": []}',
            ['in.json:1:22: backends: unknown field (did you mean "backend_images"?)'],
            id="unknown",
        ),
    ],
)
@pytest.mark.parametrize("dialect", EVERYWHERE, ids=lambda dialect: dialect.name)
def test_a_problem_of_workflow(text: str, expected: list[str], dialect: Dialect) -> None:
    assert lines(check(text, WORKFLOW, dialect)) == expected


def test_the_other_form_of_node_conditions_on_a_service_with_rules() -> None:
    text = '{"node_conditions": {\n "additional_node_conditions": ["Gpu"],\n "prefix": ""}}'
    assert lines(check(text, BACKEND, V6_0)) == [
        "in.json:2:2: node_conditions.additional_node_conditions: 6.0 does not have this field "
        'and would ignore it (write "rules": {"^Ready$": "True", "^Gpu$": "True"}; conditions '
        "without a rule are ignored)"
    ]


def test_the_other_form_gets_one_hint_for_both_lists() -> None:
    text = (
        '{"node_conditions": {"additional_node_conditions": ["A"], '
        '"ignore_node_conditions": ["*"]}}'
    )
    (line,) = lines(check(text, BACKEND, V6_0))
    assert line.endswith("would ignore it (there is no equivalent for these values)")


def test_empty_lists_of_the_other_form_are_left_out() -> None:
    text = (
        '{"node_conditions": {"additional_node_conditions": [], "ignore_node_conditions": null, '
        '"prefix": ""}}'
    )
    checked = check(text, BACKEND, V6_0)
    assert lines(checked) == [
        "warning: in.json:1:22: node_conditions.additional_node_conditions: not sent: 6.0 does "
        "not have this field (it exists in seed)",
        "warning: in.json:1:56: node_conditions.ignore_node_conditions: not sent: 6.0 does not "
        "have this field (it exists in seed)",
    ]
    assert checked.wanted["node_conditions"] == {"rules": {"Ready": "True"}, "prefix": ""}


def test_ignored_conditions_need_no_rule() -> None:
    text = '{"node_conditions": {"ignore_node_conditions": ["Gpu*"]}}'
    (line,) = lines(check(text, BACKEND, V6_0))
    assert line.endswith("(leave it out: conditions without a rule are ignored)")


def test_the_other_form_of_node_conditions_on_a_service_with_lists() -> None:
    text = '{"node_conditions": {"rules": {"^Gpu$": "True"}}}'
    assert lines(check(text, BACKEND, SEED)) == [
        "in.json:1:22: node_conditions.rules: seed does not have this field and would ignore it "
        '(write "additional_node_conditions": ["Gpu"], "ignore_node_conditions": []; this '
        "service also requires every condition that neither list names to be False)"
    ]


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = """{
  "zone": 1, "tests": ["a", "a", 3], "description": 4,
  "scheduler_settings": {"scheduler_type": "x", "coscheduling": 0,
                         "nope": 1},
  "version": "9",
  "grafana_url": null
}"""
    checked = check(text, BACKEND, V6_0)
    places = [(problem.line, problem.column) for problem in checked.problems]
    assert places == [(2, 3), (2, 29), (2, 34), (2, 53), (3, 44), (3, 65), (4, 26), (5, 3), (6, 18)]


def test_the_order_within_a_line_is_by_column() -> None:
    checked = check('{"grafana_url": 1, "description": 2, "tests": 3}', BACKEND, V6_0)
    assert [path_text(problem.path) for problem in checked.problems] == [
        "grafana_url",
        "description",
        "tests",
    ]


@pytest.mark.parametrize("dialect", EVERYWHERE, ids=lambda dialect: dialect.name)
def test_null_is_stored_where_the_service_can(dialect: Dialect) -> None:
    checked = check('{"workflow_log": {"credential": null}}', WORKFLOW, dialect)
    assert not checked.problems
    assert checked.wanted["workflow_log"] == {"credential": None}
    field = min(dialect.node_condition_fields - {"prefix"})
    checked = check(json.dumps({"node_conditions": {field: None}}), BACKEND, dialect)
    assert not checked.problems
    assert checked.wanted["node_conditions"][field] is None


@pytest.mark.parametrize(
    ("field", "text", "hint"),
    [
        ("scheduler_timeout", "60", " (write it without quotes)"),
        ("scheduler_timeout", "60s", ""),
        ("scheduler_timeout", "1_000", ""),
        ("coscheduling", "true", " (write it without quotes)"),
        ("coscheduling", "Yes", " (write true)"),
        ("coscheduling", "off", " (write false)"),
        ("coscheduling", "maybe", ""),
    ],
)
def test_a_text_for_a_number_or_a_flag(field: str, text: str, hint: str) -> None:
    given = json.dumps({"scheduler_settings": {field: text}})
    [line] = lines(check(given, BACKEND, V6_0))
    assert line.endswith(f", not a string{hint}")
