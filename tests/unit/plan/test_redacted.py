"""States that may be shown: no value of a secret is in them, whatever became of it."""

from __future__ import annotations

from typing import Any

from osmo_cli.config.checking.validate import check_input
from osmo_cli.config.problems import Path
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.reading.references import References, resolve
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import BACKEND, ROLE, Verb
from osmo_cli.config.secrets import CHANGED_SECRET, MASK, SAME_SECRET, SENT_SECRET
from osmo_cli.plan.live_object import LiveObject
from osmo_cli.plan.redacted import Redacted, redacted_states

VERB = Verb("PATCH", "configs_dict", "strategic-merge")
VALUES = {"A": "zz-first-secret", "B": "aa-second-secret", "ACTION": "http:/secret-path/*:get"}


def target(live: Any, shape: Shape | None = None) -> LiveObject:
    return LiveObject(shape or Shape(BACKEND, DIALECTS["6.0"], "gpu-a"), VERB, None, live)


def shown(live: Any, wanted: Any, *, remarks: Any = None, given: Any = None) -> Redacted:
    return redacted_states(target(live), wanted, remarks or {}, given or {})


def test_a_given_secret_is_a_remark() -> None:
    live, path = {"a": {"auth": MASK}}, ("a", "auth")
    new = {"a": {"auth": "the-secret"}}
    for remark in (CHANGED_SECRET, SENT_SECRET):
        assert shown(live, new, remarks={path: remark}) == Redacted(live, {"a": {"auth": remark}})
    same = {"a": {"auth": SAME_SECRET}}
    assert shown(live, live, remarks={path: SAME_SECRET}) == Redacted(same, same)


def test_a_value_from_elsewhere_is_hidden_on_both_sides() -> None:
    given: dict[Path, str] = {("a",): "new-secret"}
    assert shown({"a": "old-secret"}, {"a": "new-secret"}, given=given) == Redacted(
        {"a": "(secret)"}, {"a": "(secret, changed)"}
    )
    assert shown({"a": "new-secret"}, {"a": "new-secret"}, given=given) == Redacted(
        {"a": "(secret, same)"}, {"a": "(secret, same)"}
    )
    assert shown({}, {"a": "new-secret"}, given=given) == Redacted({}, {"a": "(secret, changed)"})
    assert shown({"a": ""}, {"a": "new-secret"}, given=given).before == {"a": ""}


def test_in_a_list_the_value_alone_is_hidden() -> None:
    given: dict[Path, str] = {("a", 1): "new-secret"}
    assert shown({"a": ["x", "old"]}, {"a": ["x", "new-secret"]}, given=given) == Redacted(
        {"a": ["x", "(secret)"]}, {"a": ["x", "(secret, changed)"]}
    )
    assert shown({"a": []}, {"a": ["x", "new-secret"]}, given=given).after == {
        "a": ["x", "(secret, changed)"]
    }


def test_a_list_that_the_service_sorts_is_hidden_as_a_whole() -> None:
    shape = Shape(ROLE, DIALECTS["6.2"], "r")
    live = {"name": "r", "description": "", "policies": [], "sync_mode": "import"}
    wanted = live | {"policies": [{"actions": ["a:B", "c:D"]}]}
    given: dict[Path, str] = {("policies", 0, "actions", 0): "c:D"}
    states = redacted_states(target(live, shape), wanted, {}, given)
    assert states.after["policies"] == "(secret, changed)"
    assert "c:D" not in str(states)


def test_an_action_that_the_service_takes_apart_is_hidden_as_a_whole() -> None:
    text = (
        '{"name": "r", "description": "${env:A}",'
        ' "policies": [{"actions": [{"base": "http", "path": "/x", "method": "Get"},'
        ' "${env:ACTION}"]}]}'
    )
    shape = Shape(ROLE, DIALECTS["6.0"], "r")
    references = References(lambda source, name: VALUES[name], everywhere=True)
    document: Document = resolve(parse_json("in", text), shape, references)
    checked = check_input(document, shape, {})
    assert checked.problems == []
    states = redacted_states(target({}, shape), checked.wanted, {}, checked.given.references())
    assert "secret-path" in str(checked.wanted)
    assert "secret-path" not in str(states)
    assert "zz-first" not in str(states)


def test_numbers_that_are_the_same_are_written_the_same() -> None:
    states = shown({"a": 30.0, "b": {"c": 1}}, {"a": 30, "b": {"c": 2}})
    assert repr(states.after) == "{'a': 30.0, 'b': {'c': 2}}"
