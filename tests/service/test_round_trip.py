"""Export, a new service, apply: the same state; then there is nothing to do.

OSMO_ROUND_TRIPS says for how many states of each version; `make round-trips` takes 100.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.registry.types import CONFIG_TYPES
from osmo_cli.local.admin import add_backend
from osmo_cli.local.transport import in_process_transport
from tests.support.databases import new_database
from tests.support.processes import Shell
from tests.support.sampling import ALL
from tests.support.states import BACKENDS, SECRET, State, states

_ASKED = os.environ.get("OSMO_ROUND_TRIPS")  # a test's own environment has none of ours
EXAMPLES = int(_ASKED) if _ASKED else 5 if ALL else 2


def _shell(folder: Path, dialect: Dialect) -> Shell:
    folder.mkdir()
    db = folder / "local.db"
    new_database(db, dialect.name)
    for backend in BACKENDS:
        add_backend(db, backend)
    return Shell.at(folder / "home", OSMO_URL="local", OSMO_LOCAL_DB=str(db))


def _store(shell: Shell, dialect: Dialect, state: State) -> None:
    """Store the objects as the service's own clients do."""
    transport = in_process_transport(Path(shell.env["OSMO_LOCAL_DB"]))
    with httpx.Client(transport=transport, base_url="http://local/api/configs/") as client:
        for name, row in CONFIG_TYPES.items():
            for (_, item), value in sorted(
                (entry for entry in state.items() if entry[0][0] == name),
                key=lambda entry: entry[0][1],
            ):
                content: Any = value
                verb, path = row.whole, row.path
                if item and verb is None:
                    verb, path = row.named, f"{path}/{item}"
                elif item:
                    content = {item: value}
                    if row.name == "ROLE":
                        content = [{"name": item, **value}]
                assert verb is not None
                answer = client.request(verb.method, path, json={verb.body_key: content})
                assert answer.status_code == 200, (path, value, answer.text)


def _state(shell: Shell, dialect: Dialect) -> dict[str, Any]:
    """What the service shows, without what it sets itself."""
    shown = {}
    for name in sorted(dialect.config_types):
        row = CONFIG_TYPES[name]
        data = json.loads(shell.ok("config", "show", name, "-t", "json"))
        if row.is_by_item:
            shown[name] = {
                item: Shape(row, dialect, item).editable(value)
                for item, value in row.items_in(data).items()
            }
        else:
            shown[name] = data | ({"service_auth": None} if name == "SERVICE" else {})
    for backend in shown["BACKEND"].values():
        del backend["k8s_uid"]
    return shown


def _files(top: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(top)): path.read_bytes() for path in top.rglob("*") if path.is_file()
    }


def _export(shell: Shell, folder: Path) -> dict[str, str]:
    """Export, and return the variables that the files refer to."""
    result = shell.osmo("config", "export", str(folder))
    assert result.code == 0, result
    names = [line.strip() for line in result.err.splitlines() if line.startswith("  ")]
    return dict.fromkeys(names, SECRET)


@pytest.mark.parametrize("version", DIALECTS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    # Making an example smaller would take minutes.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_new_service_gets_the_state_of_the_exported_one(
    version: str, data: st.DataObject
) -> None:
    dialect = DIALECTS[version]
    state = data.draw(states(dialect))
    folder = Path(tempfile.mkdtemp(prefix="round-trip-"))
    limit = sys.getrecursionlimit()
    try:
        _round_trip(folder, dialect, state)
    finally:
        sys.setrecursionlimit(limit)  # which the program raises
        shutil.rmtree(folder)


@pytest.mark.parametrize("version", DIALECTS)
def test_a_null_variable_of_a_stored_pool_survives(version: str, tmp_path: Path) -> None:
    pool = {"backend": "default", "common_default_variables": {"A": None, "B": {"C": None}}}
    _round_trip(tmp_path, DIALECTS[version], {("POOL", "default"): pool})


def _round_trip(folder: Path, dialect: Dialect, state: State) -> None:
    first = _shell(folder / "first", dialect)
    _store(first, dialect, state)
    exported = folder / "exported"
    variables = _export(first, exported)
    assert SECRET.encode() not in b"".join(_files(exported).values())

    second = _shell(folder / "second", dialect)
    words = ("config", "apply", str(exported), "--yes", "--prune", "--max-changes", "100%")
    applied = second.osmo(*words, env=variables)
    assert applied.code == 0, applied
    assert _state(second, dialect) == _state(first, dialect)

    # On either service nothing is left to do, apart from secrets, which cannot be compared.
    for shell in (first, second):
        plan = shell.osmo("config", "plan", str(exported), "--prune", "-t", "json", env=variables)
        assert plan.code == 0, plan
        for change in json.loads(plan.out)["changes"]:
            texts = [str(difference["after"]) for difference in change["differences"]]
            assert all("(secret" in text for text in texts), change
    # The same state is the same files, apart from secrets that one cannot tell from unset ones.
    assert _export(second, folder / "again") == variables
    assert _files(folder / "again") == _files(exported)
