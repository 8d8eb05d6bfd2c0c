"""What an input removes: null, `$action` and `$index`, in every version."""

from __future__ import annotations

import json
from typing import Any

import pytest

from osmo_cli.config.changes.directives import resolve_directives
from osmo_cli.config.changes.merge import Mode
from osmo_cli.config.changes.patch import Patch, make_patch
from osmo_cli.config.changes.strategic_merge import strategic_merge
from osmo_cli.config.checking.offline import check_document
from osmo_cli.config.checking.validate import Checked, check_input
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.dialects import DIALECTS, V6_0, V6_3, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.secrets import MASK
from osmo_cli.config.values import ABSENT
from tests.unit.config.inputs import live_workflow

DELETE = {"$action": "delete"}


def live_pool(dialect: Dialect) -> dict[str, Any]:
    live: dict[str, Any] = CONFIG_TYPES["POOL"].schema(dialect)(backend="gpu-a").model_dump()
    return live | {
        "name": "p",
        "platforms": {
            name: {"description": name, "default_variables": {"A": 1, "B": None}}
            for name in ("h100", "l40s")
        },
        "common_default_variables": {"CPU": "1", "GPU": "2"},
        "default_exit_actions": {"1": "COMPLETE", "2": "FAILED"},
    }


def live_service(dialect: Dialect) -> dict[str, Any]:
    keys = {kid: {"public_key": "{}", "private_key": MASK} for kid in ("old", "new")}
    auth = {"keys": keys, "active_key": "new", "issuer": "osmo", "audience": "osmo"}
    live: dict[str, Any] = CONFIG_TYPES["SERVICE"].schema(dialect)(service_auth=auth).model_dump()
    return live


def live_rsync(dialect: Dialect) -> dict[str, Any]:
    live = live_workflow(dialect)
    paths = {name: {"path": f"/{name}", "writable": False} for name in ("a", "b")}
    live["plugins_config"]["rsync"]["allowed_paths"] = paths
    return live


def live_dataset(dialect: Dialect) -> dict[str, Any]:
    buckets = {name: {"dataset_path": f"s3://{name}/d"} for name in ("a", "b")}
    live: dict[str, Any] = CONFIG_TYPES["DATASET"].schema(dialect)(buckets=buckets).model_dump()
    return live


MAPS: list[tuple[str, str | None, Any, tuple[str, ...]]] = [
    ("POOL", "p", live_pool, ("platforms", "l40s")),
    ("POOL", "p", live_pool, ("common_default_variables", "CPU")),
    ("POOL", "p", live_pool, ("platforms", "h100", "default_variables", "A")),
    ("POOL", "p", live_pool, ("default_exit_actions", "2")),
    ("SERVICE", None, live_service, ("service_auth", "keys", "old")),
    ("WORKFLOW", None, live_rsync, ("plugins_config", "rsync", "allowed_paths", "b")),
    ("DATASET", None, live_dataset, ("buckets", "b")),
]
CASES = [
    pytest.param(*case, dialect, id=f"{'.'.join(case[3])} {name}")
    for case in MAPS
    for name, dialect in DIALECTS.items()
    if case[0] in dialect.config_types
]


def nested(path: tuple[str, ...], value: Any) -> Any:
    return {path[0]: nested(path[1:], value) if path[1:] else value}


def without(value: Any, path: tuple[str, ...]) -> Any:
    if len(path) == 1:
        return {key: inner for key, inner in value.items() if key != path[0]}
    return value | {path[0]: without(value[path[0]], path[1:])}


def check(shape: Shape, live: Any, given: Any, mode: Mode = Mode.MERGE) -> Checked:
    return check_input(parse_json("in.json", json.dumps(given)), shape, live, mode=mode)


def request(shape: Shape, live: Any, wanted: Any) -> Patch | None:
    verb = shape.config_type.named if shape.name else shape.config_type.whole
    assert verb is not None
    return make_patch(verb, shape.dialect, shape.editable(live), shape.editable(wanted))


@pytest.mark.parametrize(("kind", "name", "state", "path", "dialect"), CASES)
@pytest.mark.parametrize("removal", [None, DELETE])
def test_a_key_of_a_map_is_removed_and_a_second_time_nothing_changes(
    kind: str, name: str | None, state: Any, path: tuple[str, ...], dialect: Dialect, removal: Any
) -> None:
    shape = Shape(CONFIG_TYPES[kind], dialect, name)
    live = state(dialect)
    checked = check(shape, live, nested(path, removal))
    assert [problem for problem in checked.problems if problem.severity == "error"] == []
    assert checked.wanted == without(live, path)
    patch = request(shape, live, checked.wanted)
    assert patch is not None
    if patch.verb.semantics == "strategic-merge":
        stored = strategic_merge(shape.editable(live), patch.content, dialect)
        assert stored == shape.editable(checked.wanted)
    again = check(shape, checked.wanted, nested(path, removal))
    assert request(shape, checked.wanted, again.wanted) is None


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_null_is_stored_where_it_is_a_value(dialect: Dialect) -> None:
    live = live_workflow(dialect)
    given = {"workflow_log": {"credential": None}}
    checked = check(Shape(CONFIG_TYPES["WORKFLOW"], dialect), live, given)
    assert checked.wanted["workflow_log"]["credential"] is None
    pool = Shape(CONFIG_TYPES["POOL"], dialect, "p")
    live_ = live_pool(dialect) | {"default_platform": "h100"}
    assert check(pool, live_, {"default_platform": None}).wanted["default_platform"] is None


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize(
    ("stored", "mode", "wanted"),
    [
        pytest.param({"A": 1}, Mode.MERGE, {}, id="a-part-removes"),
        pytest.param({}, Mode.MERGE, {}, id="a-part-finds-nothing"),
        pytest.param({"A": None}, Mode.MERGE, {"A": None}, id="null-is-no-change"),
        pytest.param({"A": 1}, Mode.REPLACE, {"A": None}, id="a-whole-object"),
        pytest.param({}, Mode.REPLACE, {"A": None}, id="a-whole-object-adds"),
        pytest.param({"A": 1}, Mode.EDIT, {"A": None}, id="an-editor"),
    ],
)
def test_null_in_a_map_of_any_values(
    dialect: Dialect, stored: Any, mode: Mode, wanted: Any
) -> None:
    """The whole of an object can say all that may be stored (docs/config/update.md)."""
    shape = Shape(CONFIG_TYPES["POOL"], dialect, "p")
    live = live_pool(dialect) | {"common_default_variables": stored}
    given = shape.editable(live) | {"common_default_variables": {"A": None}}
    checked = check(shape, live, given, mode)
    assert [str(problem) for problem in checked.problems if problem.severity == "error"] == []
    assert checked.wanted["common_default_variables"] == wanted
    new = check(shape, {}, given)
    assert new.wanted["common_default_variables"] == {"A": None}


@pytest.mark.parametrize(
    ("kind", "name", "given", "message"),
    [
        ("POOL", "p", {"description": None}, "description: must be a"),
        ("WORKFLOW", None, {"max_num_tasks": None}, "max_num_tasks: must be a"),
        ("POOL", "p", {"platforms": {"h100": {"$action": "remove"}}}, "unknown action"),
        ("POOL", "p", DELETE, "the whole cannot be deleted here"),
        ("POOL", "p", {"platforms": {"$action": "replace"}}, "only an item of a list can be rep"),
        ("POOL", "p", {"platforms": {"$index": 1}}, "only items of a list have an index"),
        ("POOL", "p", {"common_pod_template": [{"$index": 0}, "a"]}, "all items must be objects"),
        ("POOL", "p", {"common_pod_template": [DELETE]}, "the item to delete is not named"),
        ("POOL", "p", {"common_pod_template": [{"$index": "0"}]}, "must be an integer"),
    ],
)
def test_a_removal_without_a_meaning_is_an_error(
    kind: str, name: str | None, given: Any, message: str
) -> None:
    live = live_pool(V6_0) if kind == "POOL" else live_workflow(V6_0)
    problems = check(Shape(CONFIG_TYPES[kind], V6_0, name), live, given).problems
    (problem,) = [problem for problem in problems if message in str(problem)]
    assert (problem.line, problem.severity) == (1, "error")


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize(
    ("given", "place", "hint"),
    [
        ({"descripton": DELETE}, "1:2: descripton", "description"),
        (
            {"platforms": {"h100": {"alowed_mounts": DELETE}}},
            "1:25: platforms.h100.alowed_mounts",
            "allowed_mounts",
        ),
    ],
)
def test_a_misspelt_field_is_not_removed_in_silence(
    dialect: Dialect, given: Any, place: str, hint: str
) -> None:
    shape = Shape(CONFIG_TYPES["POOL"], dialect, "p")
    document = parse_json("in.json", json.dumps(given))
    for problems in (
        check(shape, live_pool(dialect), given).problems,
        check_document(document, shape, new=False),
    ):
        (problem,) = [problem for problem in problems if "unknown field" in str(problem)]
        assert str(problem) == f'in.json:{place}: unknown field (did you mean "{hint}"?)'
        assert problem.severity == "warning"
    stored = live_pool(dialect) | {"descripton": "of a later version"}
    assert not [p for p in check(shape, stored, given).problems if "descripton" in str(p)]


def test_an_indexed_list_edits_the_stored_one() -> None:
    live = live_pool(V6_3) | {
        "topology_keys": [{"key": "a", "label": "la"}, {"key": "b", "label": "lb"}]
    }
    shape = Shape(CONFIG_TYPES["POOL"], V6_3, "p")
    for given, keys in (
        ([{"$index": 1, "label": "new"}], [("a", "la"), ("b", "new")]),
        ([{"$index": 0, **DELETE}], [("b", "lb")]),
        (
            [{"$index": 0, "$action": "replace", "key": "c", "label": "lc"}],
            [("c", "lc"), ("b", "lb")],
        ),
        ([{"$index": 9, "key": "c", "label": "lc"}], [("a", "la"), ("b", "lb"), ("c", "lc")]),
        ([{"key": "c", "label": "lc"}], [("c", "lc")]),
    ):
        checked = check(shape, live, {"topology_keys": given})
        assert [str(problem) for problem in checked.problems] == []
        assert [(entry["key"], entry["label"]) for entry in checked.wanted["topology_keys"]] == keys


def test_what_is_removed_is_marked_and_the_rest_is_left_alone() -> None:
    shape = Shape(CONFIG_TYPES["POOL"], V6_0, "p")
    given = {"platforms": {"a": None, "b": {"default_variables": {"X": None, "Y": {"z": None}}}}}
    assert resolve_directives(shape, given, {}) == {
        "platforms": {
            "a": ABSENT,
            "b": {"default_variables": {"X": ABSENT, "Y": {"z": None}}},
        }
    }
    plain = {"description": "x"}
    assert resolve_directives(shape, plain, {}) is plain


@pytest.mark.parametrize(("kind", "name", "state", "path", "dialect"), CASES)
@pytest.mark.parametrize("removal", [None, DELETE])
def test_a_file_that_removes_is_valid_without_a_service(
    kind: str, name: str | None, state: Any, path: tuple[str, ...], dialect: Dialect, removal: Any
) -> None:
    document = parse_json("in.json", json.dumps(nested(path, removal)))
    problems = check_document(document, Shape(CONFIG_TYPES[kind], dialect, name), new=False)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []


def test_an_indexed_list_is_not_judged_without_a_service() -> None:
    document = parse_json("in.json", '{"topology_keys": [{"$index": 1, "label": "new"}]}')
    problems = check_document(document, Shape(CONFIG_TYPES["POOL"], V6_3, "p"), new=False)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []
    document = parse_json("in.json", '{"topology_keys": [{"$index": "x"}]}')
    problems = check_document(document, Shape(CONFIG_TYPES["POOL"], V6_3, "p"), new=False)
    assert "must be an integer" in str(problems[-1])


def test_an_item_of_a_whole_type_is_removed_by_delete_alone() -> None:
    from osmo_cli.errors import UsageError

    live = {"p": live_pool(V6_0), "q": live_pool(V6_0) | {"name": "q"}}
    shape = Shape(CONFIG_TYPES["POOL"], V6_0)
    checked = check(shape, live, {"pools": {"q": None}})
    with pytest.raises(UsageError) as caught:
        request(shape, live, checked.wanted)
    assert "osmo config delete" in (caught.value.hint or "")
