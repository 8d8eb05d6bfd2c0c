"""A second run changes nothing: for every field of every type, version and form of file.

Each document of the corpus holds the required fields of its type and one more field; it is
applied twice. The corpus is made of the schemas, so that a new field joins it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from osmo_cli.api.errors import ServiceError
from osmo_cli.api.service import Service
from osmo_cli.config.problems import InvalidInputError, Path
from osmo_cli.config.reading.json_text import parse_json
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType
from osmo_cli.local.admin import add_backend, reset
from osmo_cli.plan.apply import apply_change
from osmo_cli.plan.change import plan_update
from osmo_cli.plan.live_object import read_live
from tests.commands.config.test_update_types import open_service
from tests.support.sampling import some
from tests.unit.config.fields import ITEM, cases

_TEMPLATE = {"spec": {"containers": []}}
_GROUP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
_ASSERTIONS = [{"operator": "LE", "left_operand": "a", "right_operand": "1", "assert_message": "m"}]
_TEST = {
    "description": "d",
    "cron_schedule": "0 * * * *",
    "common_pod_template": ["a"],
    "node_conditions": ["a"],
}
_NAMES = ("a", "b", "text", "default")
REFERENCED: dict[str, dict[str, Any]] = {
    "POD_TEMPLATE": dict.fromkeys(_NAMES, _TEMPLATE),
    "GROUP_TEMPLATE": dict.fromkeys(_NAMES, _GROUP),
    "RESOURCE_VALIDATION": dict.fromkeys(_NAMES, _ASSERTIONS),
    "BACKEND_TEST": {"nccl": {"name": "nccl", **_TEST}},
}
"""Items that documents of the corpus name."""
FIELDS = 12
"""Documents of a type that an ordinary run tries."""
FREE_FORM: dict[str, list[Any]] = {
    "POD_TEMPLATE": [_TEMPLATE, {}, {"spec": {"a": None, "b": [], "c": {"d": [{"e": 1.0}]}}}],
    "GROUP_TEMPLATE": [_GROUP, {**_GROUP, "spec": {"a": None, "b": [], "c": [{"d": {}}]}}],
}
"""Documents of types whose fields the service does not name."""


@pytest.fixture(scope="module", params=list(DIALECTS))
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    db = tmp_path_factory.mktemp("second") / "local.db"
    reset(db, request.param)
    for name in ("gpu-a", "text", ITEM):
        add_backend(db, name)
    with open_service(db) as opened:
        for type_name, items in REFERENCED.items():
            if type_name in DIALECTS[request.param].config_types:
                run(opened, CONFIG_TYPES[type_name], None, items, Memory())
        yield opened


class Memory:
    """The secrets that were sent, as a user's fingerprints of them."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[str, int]] = {}

    def recall(self, key: str, value: str) -> int | None:
        sent, revision = self._sent.get(key, ("", 0))
        return revision if sent == value else None

    def latest(self, key: str) -> int | None:
        return self._sent[key][1] if key in self._sent else None

    def remember(self, key: str, value: str, revision: int) -> None:
        self._sent[key] = (value, revision)


def run(
    service: Service, config_type: ConfigType, name: str | None, value: Any, memory: Memory
) -> bool:
    """Apply a file once; return whether there was something to do."""
    target = read_live(service, config_type, name, create=True)
    document = parse_json("file.json", json.dumps(value))
    change = plan_update(service, target, document, memory)
    apply_change(service, change, memory, description=None, tags=None)
    return bool(change.patches)


def forms(config_type: ConfigType, document: Any) -> Iterator[tuple[str | None, Any]]:
    """The item and the content of each file that can hold the document."""
    whole = config_type.whole
    if config_type.named is None or not config_type.is_by_item:
        yield None, document
    else:
        document = document | {"name": ITEM} if config_type.name == "ROLE" else document
        yield ITEM, document
        if whole is not None:
            yield None, [document] if whole.as_list else {ITEM: document}


@pytest.mark.sample(3)
@pytest.mark.parametrize("config_type", CONFIG_TYPES.values(), ids=lambda row: row.name)
def test_a_second_run_changes_nothing(service: Service, config_type: ConfigType) -> None:
    dialect = service.dialect
    if config_type.name not in dialect.config_types:
        return
    memory, whole_only = Memory(), config_type.named is None
    applied, refused, again = 0, [], []
    documents = {
        # A part of the whole object, which exists; an item may have to be created.
        case.name: _part(case.document, case.path[:2]) if whole_only else case.document
        for case in cases(config_type, dialect)
    }
    documents |= {str(value): value for value in FREE_FORM.get(config_type.name, ())}
    for field, document in some(documents.items(), FIELDS):
        for name, content in forms(config_type, document):
            try:
                run(service, config_type, name, content, memory)
            except (ServiceError, InvalidInputError) as error:
                refused.append(f"{field}: {error}")
                continue
            applied += 1
            if run(service, config_type, name, content, memory):
                again.append((field, name))
    assert not again
    assert applied > len(refused), refused


def _part(document: Any, path: Path) -> Any:
    """Return a document that holds one of its values, at the path where it is."""
    if not path:
        return document
    return {path[0]: _part(document[path[0]], path[1:])}
