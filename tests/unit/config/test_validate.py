"""What is wrong with an input: each kind of problem with its place, its words and its way out."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.dialects import DIALECTS, SEED, V6_0, Dialect
from osmo_cli.config.json_text import parse_json
from osmo_cli.config.merge import same
from osmo_cli.config.patch import make_patch
from osmo_cli.config.problems import path_text
from osmo_cli.config.secrets import MASK
from osmo_cli.config.types import BACKEND, WORKFLOW, ConfigType
from osmo_cli.config.validate import Checked, check_input
from tests.unit.config.strategies import backends, shown_workflows

NEW_CONDITIONS: dict[str, dict[str, Any]] = {
    "seed": {
        "additional_node_conditions": [],
        "ignore_node_conditions": [],
        "prefix": "osmo.nvidia.com/",
    },
    "6.0": {"rules": {"Ready": "True"}, "prefix": "osmo.nvidia.com/"},
}


def live_backend(dialect: Dialect) -> dict[str, Any]:
    return {
        "name": "gpu-a",
        "description": "",
        "version": "6.0.0",
        "k8s_uid": "5a1d6c2e",
        "k8s_namespace": "osmo",
        "dashboard_url": "",
        "grafana_url": "",
        "tests": [],
        "scheduler_settings": {
            "scheduler_type": "default",
            "scheduler_name": "default-scheduler",
            "coscheduling": False,
            "scheduler_timeout": 30,
        },
        "node_conditions": deepcopy(NEW_CONDITIONS[dialect.name]),
        "last_heartbeat": "2026-11-23T11:32:28.539178",
        "created_date": "2026-11-23T11:32:28.049904",
        "router_address": "",
        "online": True,
    }


def live_workflow(dialect: Dialect = V6_0) -> dict[str, Any]:
    live: dict[str, Any] = WORKFLOW.schema(dialect)().model_dump()
    live["backend_images"]["credential"]["auth"] = MASK
    live["workflow_alerts"]["slack_token"] = MASK
    live["workflow_alerts"]["smtp_settings"]["password"] = MASK
    live["workflow_log"]["credential"] = {
        "endpoint": "s3://logs",
        "access_key_id": "id",
        "access_key": MASK,
        "region": "us-east-1",
    }
    return live


def check(text: str, config_type: ConfigType, dialect: Dialect, **options: Any) -> Checked:
    live = options.pop("live", None)
    if live is None:
        live = live_backend(dialect) if config_type is BACKEND else live_workflow(dialect)
    before = deepcopy(live)
    checked = check_input(parse_json("in.json", text), config_type, dialect, live, **options)
    assert live == before, "the live object was changed"
    return checked


def lines(checked: Checked) -> list[str]:
    return [
        ("" if problem.severity == "error" else "warning: ") + str(problem)
        for problem in checked.problems
    ]


EVERYWHERE = list(DIALECTS.values())


@pytest.mark.parametrize("dialect", EVERYWHERE, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "[]", "in.json:1:1: must be an object with fields, not a list", id="not-an-object"
        ),
        pytest.param(
            '{"description": 5}',
            "in.json:1:17: description: must be a text, not a number (write it in double quotes)",
            id="number-for-text",
        ),
        pytest.param(
            '{"description": null}',
            "in.json:1:17: description: must be a text, not null "
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
            '{"tests": "a"}', "in.json:1:11: tests: must be a list, not a text", id="text-for-list"
        ),
        pytest.param(
            '{"tests": ["a",\n  {}]}',
            "in.json:2:3: tests[1]: must be a text, not an object",
            id="in-a-list",
        ),
        pytest.param(
            '{"tests": ["a", "b", "a"]}',
            "in.json:1:22: tests[2]: stands in the list twice",
            id="duplicate",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_timeout": "30"}}',
            "in.json:1:46: scheduler_settings.scheduler_timeout: must be a whole number, "
            "not a text (write it without quotes)",
            id="text-for-number",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_timeout": 20.7}}',
            "in.json:1:46: scheduler_settings.scheduler_timeout: must be a whole number",
            id="fraction",
        ),
        pytest.param(
            '{"scheduler_settings": {"scheduler_timeout": true}}',
            "in.json:1:46: scheduler_settings.scheduler_timeout: must be a whole number, "
            "not true or false",
            id="bool-for-number",
        ),
        pytest.param(
            '{"scheduler_settings": {"coscheduling": "yes"}}',
            "in.json:1:41: scheduler_settings.coscheduling: must be true or false, not a text "
            "(write it without quotes)",
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
            "warning: in.json:1:2: version: is set by the service: this value is not sent",
            id="read-only",
        ),
        pytest.param(
            '{"description": "**********"}',
            "in.json:1:17: description: this is the mask that stands for a secret, not the "
            "secret (give the secret itself, or leave the field out to keep what is stored)",
            id="mask-elsewhere",
        ),
    ],
)
def test_a_problem_of_a_backend(text: str, expected: str, dialect: Dialect) -> None:
    assert lines(check(text, BACKEND, dialect)) == [expected]


CREDENTIAL = '{"workflow_data": {"credential": {"endpoint": "s3://b"%s}}}'


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
                "in.json:1:93: workflow_data.credential.access_key: this is the mask that stands "
                "for a secret, not the secret (give the secret itself, or leave the field out to "
                "keep what is stored)"
            ],
            id="mask-of-a-credential-that-is-not-stored",
        ),
        pytest.param(
            '{"workflow_alerts": {"slack_token": "**********"}}',
            [
                "warning: in.json:1:37: workflow_alerts.slack_token: the mask is not sent: the "
                "stored secret stays (leave the field out to say so)"
            ],
            id="mask-of-a-stored-secret",
        ),
        pytest.param(
            '{"workflow_log": {"credential": {"endpoint": "http://x"}}}',
            [
                "in.json:1:46: workflow_log.credential.endpoint: not a storage endpoint: it looks "
                "like s3://bucket/path, gs://, azure://, tos:// or swift://host/container"
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
                'in.json:1:65: plugins_config.rsync.allowed_paths["a b"].path: must be a text, '
                "not a number (write it in double quotes)"
            ],
            id="in-a-map",
        ),
        pytest.param(
            '{"user_workflow_limits": {"jinja_sandbox_max_time": "1"}}',
            [
                "in.json:1:53: user_workflow_limits.jinja_sandbox_max_time: must be a number, "
                "not a text (write it without quotes)"
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
    text = '{"node_conditions": {\n "additional_node_conditions": ["Gpu"],\n "prefix": "p/"}}'
    assert lines(check(text, BACKEND, V6_0)) == [
        "in.json:2:2: node_conditions.additional_node_conditions: this service has rules in "
        "node_conditions instead, and would ignore this in silence "
        '(write "rules": {"^Ready$": "True", "^Gpu$": "True", "^(?!(?:Ready$|Gpu$))": "False"})'
    ]


def test_the_other_form_is_told_once_for_both_lists() -> None:
    text = (
        '{"node_conditions": {"additional_node_conditions": [], "ignore_node_conditions": ["*"]}}'
    )
    (line,) = lines(check(text, BACKEND, V6_0))
    assert line.endswith("in silence (there is no equivalent for these values)")


def test_the_other_form_of_node_conditions_on_a_service_with_lists() -> None:
    text = '{"node_conditions": {"rules": {"^Gpu$": "True"}}}'
    assert lines(check(text, BACKEND, SEED)) == [
        "in.json:1:22: node_conditions.rules: this service has additional_node_conditions and "
        "ignore_node_conditions in node_conditions instead, and would ignore this in silence "
        '(write "additional_node_conditions": ["Gpu"], "ignore_node_conditions": []; this '
        "service also wants every condition that neither list names to be False)"
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


def test_values_of_the_service_itself_are_not_worth_a_word() -> None:
    outdated = live_backend(V6_0) | {"last_heartbeat": "2001-01-01T00:00:00", "online": False}
    assert not check(json.dumps(outdated), BACKEND, V6_0).problems


def test_stored_fields_that_no_schema_knows_are_left_alone() -> None:
    live = live_workflow() | {"new_in_this_service": {"a": 1}}
    live["workflow_info"]["also_new"] = "x"
    checked = check('{"max_num_tasks": 3}', WORKFLOW, V6_0, live=live)
    assert not checked.problems
    assert checked.wanted == live | {"max_num_tasks": 3}


@pytest.mark.parametrize("whole", [False, True])
def test_a_field_that_the_service_shows_is_known_by_it(whole: bool) -> None:
    live = live_workflow() | {"new_in_this_service": {"a": 1}}
    live["workflow_info"]["also_new"] = "x"
    shown = json.dumps(live | {"max_num_tasks": 3})
    checked = check(shown, WORKFLOW, V6_0, live=live, whole=whole)
    assert [problem for problem in checked.problems if problem.severity == "error"] == []
    assert checked.wanted == live | {"max_num_tasks": 3}


def test_a_stored_value_that_is_not_valid_blocks_only_its_own_section() -> None:
    live = live_backend(V6_0)
    live["scheduler_settings"]["scheduler_timeout"] = "soon"
    checked = check('{"description": "x"}', BACKEND, V6_0, live=live)
    assert not checked.problems
    assert checked.wanted == live | {"description": "x"}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("scheduler_timeout", "soon", "must be a whole number, not a text (write it without quot"),
        ("scheduler_type", "slurm", 'must be "default", "scheduler-plugins", "volcano" or "kai"'),
    ],
)
def test_a_stored_value_is_not_blamed_on_the_input(field: str, value: Any, expected: str) -> None:
    live = live_backend(V6_0)
    live["scheduler_settings"][field] = value
    (line,) = lines(
        check('{"scheduler_settings": {"scheduler_name": "x"}}', BACKEND, V6_0, live=live)
    )
    assert line.startswith(f"scheduler_settings.{field}: the stored value is not valid: {expected}")


def test_a_check_of_two_fields_is_the_input_s_fault_by_either() -> None:
    live = live_backend(V6_0)
    live["scheduler_settings"] |= {"scheduler_type": "kai", "coscheduling": True}
    (line,) = lines(
        check('{"scheduler_settings": {"scheduler_type": "default"}}', BACKEND, V6_0, live=live)
    )
    assert line.startswith("in.json:1:24: scheduler_settings.coscheduling: cannot be true with")


def test_an_endpoint_is_wanted_as_the_service_will_show_it() -> None:
    text = '{"workflow_log": {"credential": {"endpoint": "s3://logs//"}}}'
    checked = check(text, WORKFLOW, V6_0)
    assert not checked.problems
    assert checked.wanted == live_workflow()


def test_a_new_credential_is_wanted_with_its_defaults() -> None:
    text = CREDENTIAL % ', "access_key_id": "i", "access_key": "k"'
    wanted = check(text, WORKFLOW, V6_0).wanted
    assert wanted["workflow_data"]["credential"] == {
        "endpoint": "s3://b",
        "access_key_id": "i",
        "access_key": "k",
        "region": "us-east-1",
    }


@given(live=shown_workflows, dialect=st.sampled_from(EVERYWHERE), whole=st.booleans())
def test_what_is_shown_can_be_sent_back_and_changes_nothing(
    live: dict[str, Any], dialect: Dialect, whole: bool
) -> None:
    checked = check(json.dumps(live), WORKFLOW, dialect, live=live, whole=whole)
    assert all(problem.severity == "warning" for problem in checked.problems)
    assert same(checked.wanted, live)


@given(data=st.data(), dialect=st.sampled_from(EVERYWHERE), whole=st.booleans())
def test_a_part_of_a_valid_backend_is_valid(
    data: st.DataObject, dialect: Dialect, whole: bool
) -> None:
    live = data.draw(backends(dialect))
    other = data.draw(backends(dialect))
    kept = data.draw(st.sets(st.sampled_from(sorted(other))))
    part = {key: value for key, value in other.items() if key in kept}
    checked = check(json.dumps(part), BACKEND, dialect, live=live, whole=whole)
    assert all(problem.severity == "warning" for problem in checked.problems)
    assert BACKEND.named
    patch = make_patch(BACKEND.named, dialect, live, checked.wanted)
    sent = patch.content if patch else {}
    assert not sent.keys() & BACKEND.read_only
    for key, value in (live | sent).items():
        expected = part.get(key, live[key]) if not whole or key in BACKEND.read_only else None
        if key in BACKEND.read_only:
            assert same(value, live[key])
        elif expected is not None:
            assert same(value, expected)


CANARY = "s3cr3t-c4n4ry"


def with_canaries(value: Any, here: Any) -> Any:
    """`value` with the canary in each place that `here` draws."""
    if isinstance(value, dict):
        return {key: with_canaries(inner, here) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_canaries(inner, here) for inner in value]
    return here(value)


wrong_shapes = st.sampled_from(
    [CANARY, [CANARY], {"x": CANARY}, {"credential": CANARY}, {"a": {"b": [CANARY]}}]
)


@given(data=st.data(), dialect=st.sampled_from(EVERYWHERE), whole=st.booleans())
def test_no_value_is_ever_repeated(data: st.DataObject, dialect: Dialect, whole: bool) -> None:
    document = data.draw(shown_workflows)

    def here(value: Any) -> Any:
        return data.draw(wrong_shapes) if data.draw(st.booleans()) else value

    for section in data.draw(st.sets(st.sampled_from(sorted(document)), min_size=1)):
        document[section] = with_canaries(document[section], here)
    document |= data.draw(st.dictionaries(st.sampled_from(["x", "workflow_lag"]), wrong_shapes))
    checked = check(json.dumps(document), WORKFLOW, dialect, whole=whole)
    assert CANARY not in repr(checked.problems)


@given(data=st.data(), dialect=st.sampled_from(EVERYWHERE))
def test_no_value_of_a_backend_is_repeated_but_node_conditions(
    data: st.DataObject, dialect: Dialect
) -> None:
    document = data.draw(backends(dialect))
    conditions = document.pop("node_conditions")
    wrong = with_canaries(document, lambda _: data.draw(wrong_shapes | st.just(CANARY)))
    checked = check(json.dumps(wrong | {"node_conditions": conditions}), BACKEND, dialect)
    assert checked.problems
    assert CANARY not in repr(checked.problems)


def test_in_the_editor_a_removed_field_goes_back_to_its_default() -> None:
    live = live_workflow() | {"max_num_tasks": 99}
    edited = deepcopy(live)
    del edited["max_num_tasks"]
    del edited["workflow_alerts"]
    del edited["workflow_log"]["credential"]["access_key"]
    checked = check(json.dumps(edited), WORKFLOW, V6_0, live=live, whole=True)
    assert [line for line in lines(checked) if not line.startswith("warning: ")] == []
    assert checked.wanted == live_workflow()


def test_in_the_editor_a_removed_credential_is_removed() -> None:
    edited = live_workflow()
    edited["workflow_log"] = {}
    checked = check(json.dumps(edited), WORKFLOW, V6_0, whole=True)
    assert checked.wanted["workflow_log"] == {"credential": None}
