"""What a file names is in another file or on the service, else the place is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.checking.cross_checks import (
    in_two_files,
    names_in,
    referenced_types,
    unknown_names,
)
from osmo_cli.config.reading.inputs import Input
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.definition import Reference
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.config.schemas.base import field_path


def file(type_name: str, name: str | None, text: str) -> Input:
    """A file for the newest services that have the type."""
    document = parse_json(f"{type_name.lower()}.json", text)
    dialect = [single for single in DIALECTS.values() if type_name in single.config_types][-1]
    return Input(document, Shape(CONFIG_TYPES[type_name], dialect, name))


def faults(*inputs: Input, **known: set[str]) -> list[str]:
    unknown = unknown_names(inputs, known, where="here", hint="make one")
    return [str(problem) for problem in unknown]


REFERENCES = [
    (row.name, reference)
    for row in CONFIG_TYPES.values()
    for reference in row.definition.references
]


@pytest.mark.parametrize(("type_name", "reference"), REFERENCES)
def test_references_are_fields_of_the_schema(type_name: str, reference: Reference) -> None:
    schemas = [
        CONFIG_TYPES[type_name].schema(single)
        for single in DIALECTS.values()
        if type_name in single.config_types
    ]
    assert any(field_path(schema, reference.path) == reference.path for schema in schemas)
    assert reference.target in CONFIG_TYPES


POOL = """{
  "backend": "gpu-b",
  "common_pod_template": ["default_user", "missing"],
  "common_resource_validations": ["cpu"],
  "platforms": {
    "h100": {"override_pod_template": ["h10"], "resource_validations": ["gone"]}
  }
}"""


def test_each_name_of_a_pool_is_looked_up_and_told_at_its_place() -> None:
    known = {
        "BACKEND": {"gpu-a"},
        "POD_TEMPLATE": {"default_user", "h100"},
        "RESOURCE_VALIDATION": {"cpu"},
    }
    assert faults(file("POOL", "p", POOL), **known) == [
        'pool.json:2:14: backend: BACKEND not found here (did you mean "gpu-a"?)',
        "pool.json:3:43: common_pod_template[1]: POD_TEMPLATE not found here "
        "(make one; known: default_user, h100)",
        "pool.json:6:40: platforms.h100.override_pod_template[0]: POD_TEMPLATE "
        'not found here (did you mean "h100"?)',
        "pool.json:6:73: platforms.h100.resource_validations[0]: RESOURCE_VALIDATION "
        "not found here (make one; known: cpu)",
    ]


@pytest.mark.parametrize(
    ("type_name", "name", "text", "target", "place"),
    [
        ("POOL", None, '{"p": {"backend": "x"}}', "BACKEND", "1:19: p.backend"),
        ("POOL", None, '{"pools": {"p": {"backend": "x"}}}', "BACKEND", "1:29: p.backend"),
        ("BACKEND", "a", '{"tests": ["x"]}', "BACKEND_TEST", "1:12: tests[0]"),
        (
            "BACKEND_TEST",
            "t",
            '{"common_pod_template": ["x"]}',
            "POD_TEMPLATE",
            "1:26: common_pod_template[0]",
        ),
        (
            "SERVICE",
            None,
            '{"service_auth": {"user_roles": ["x"]}}',
            "ROLE",
            "1:34: service_auth.user_roles[0]",
        ),
    ],
)
def test_every_type_that_names_others(
    type_name: str, name: str | None, text: str, target: str, place: str
) -> None:
    single = file(type_name, name, text)
    assert faults(single) == []
    assert faults(single, **{target: {"x"}}) == []
    (fault,) = faults(single, **{target: set()})
    assert f":{place}: {target} not found here" in fault
    assert target in referenced_types([single])


@pytest.mark.parametrize(
    "text",
    ['{"backend": ""}', '{"backend": 1}', '{"backend": "${env:B}"}', "[1]", '{"platforms": []}'],
)
def test_what_is_no_name_is_not_looked_up(text: str) -> None:
    assert faults(file("POOL", "p", text), BACKEND=set()) == []


def test_the_names_in_files() -> None:
    inputs = [
        file("BACKEND", "gpu-a", "{}"),
        file("POOL", None, '{"pools": {"a": {}, "b": {}}}'),
        file("ROLE", None, '[{"name": "r"}]'),
        file("ROLE", "s", "{}"),
        file("DATASET", None, '{"buckets": {"x": {}}, "default_bucket": "x"}'),
        file("SERVICE", None, "{}"),
        file("POD_TEMPLATE", None, "[1]"),
    ]
    assert names_in(inputs) == {
        "BACKEND": {"gpu-a"},
        "POOL": {"a", "b"},
        "ROLE": {"r", "s"},
        "DATASET": {"x"},
        "SERVICE": set(),
        "POD_TEMPLATE": set(),
    }


def test_an_item_in_two_files_is_told_where_it_stands_among_others() -> None:
    whole = file("POOL", None, '{"pools": {"a": {},\n "b": {}}}')
    buckets = file("DATASET", None, '{"buckets": {"x": {}}}')
    own = [file("POOL", "b", "{}"), file("DATASET", "x", "{}"), file("POD_TEMPLATE", "a", "{}")]
    assert [str(problem) for problem in in_two_files([whole, buckets, *own])] == [
        "pool.json:2:2: b: b has its own file, too: pool.json (keep one of them)",
        "dataset.json:1:14: buckets.x: x has its own file, too: dataset.json (keep one of them)",
    ]


_WORDS = sorted({str(step) for _, reference in REFERENCES for step in reference.path})
_KEYS = st.sampled_from([*_WORDS, "name", "pools", "buckets", "x"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(
    _JSON, st.sampled_from(sorted({name for name, _ in REFERENCES})), st.sampled_from([None, "x"])
)
def test_a_file_of_any_shape_has_its_problems_inside_it(
    value: object, type_name: str, name: str | None
) -> None:
    single = file(type_name, name, json.dumps(value))
    nothing = {target: set[str]() for target in CONFIG_TYPES}
    unknown = [
        *unknown_names([single], nothing, where="", hint=""),
        *in_two_files([single, single]),
    ]
    assert all(problem.file == single.document.name and problem.line for problem in unknown)
    assert names_in([single]).keys() == {type_name}
