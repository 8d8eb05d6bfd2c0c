"""Removing from a file, in every version and in ConfigMap mode: null, `$action`, --replace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.worlds import WORLDS, World, world

UPDATE = ("config", "update", "POOL", "default", "--file")


def platforms(there: World) -> set[str]:
    return set(there.shown("POOL", "default", "platforms"))


def update(there: World, content: Any, expected: set[str], *options: str) -> None:
    """Update the pool until it has the expected platforms; a second run changes nothing."""
    there.shell.file("pool.json", json.dumps(content))
    words = (*UPDATE, "pool.json", *options)
    preview = there.shell.osmo(*words, "--dry-run", "--format-type", "json")
    assert json.loads(preview.out)["changed"] is True, preview
    there.change(*words, until=lambda: platforms(there) == expected)
    assert platforms(there) == expected
    assert there.shell.ok(*words) == "No changes were made to the config.\n"
    assert there.writes(*words) == 0


@pytest.mark.parametrize("name", DIALECTS)
def test_what_a_file_removes_is_gone(name: str, tmp_path: Path) -> None:
    with world(name, tmp_path) as there:
        three = {key: {"description": key} for key in ("a", "b", "c")}
        before = platforms(there)
        update(there, {"backend": "gpu-a", "platforms": three}, before | three.keys())
        update(there, {"platforms": {"a": None}}, before | {"b", "c"})
        update(there, {"platforms": {"b": {"$action": "delete"}}}, before | {"c"})
        whole = {"backend": "gpu-a", "platforms": {"c": {"description": "c"}}}
        if before:
            update(there, whole, {"c"}, "--replace")
        update(there, {"backend": "gpu-a"}, set(), "--replace")


@pytest.mark.parametrize("name", [name for name in WORLDS if name not in DIALECTS])
@pytest.mark.parametrize("removal", [None, {"$action": "delete"}, "replace"])
def test_in_configmap_mode_the_key_to_delete_is_named(
    name: str, removal: Any, tmp_path: Path
) -> None:
    with world(name, tmp_path) as there:
        update(there, {"platforms": {"a": {"description": "a"}}}, platforms(there) | {"a"})
        if removal == "replace":
            there.shell.file("pool.json", json.dumps({"backend": "gpu-a"}))
            done = there.shell.osmo(*UPDATE, "pool.json", "--replace")
        else:
            there.shell.file("pool.json", json.dumps({"platforms": {"a": removal}}))
            done = there.shell.osmo(*UPDATE, "pool.json")
        assert done.code == 6
        assert "pools.default.platforms.a: delete this key from your values" in done.err


@pytest.mark.parametrize("name", ["6.0", "6.3"])
def test_a_wrong_removal_sends_nothing(name: str, tmp_path: Path) -> None:
    with world(name, tmp_path) as there:
        there.shell.file("pool.json", '{"platforms": {"a": {"$action": "drop"}}}')
        done = there.shell.osmo("--debug", *UPDATE, "pool.json")
        assert done.code == 2
        assert 'pool.json:1:22: platforms.a["$action"]: unknown action (write delete' in done.err
        assert "debug: PUT" not in done.err
        without_file = there.shell.osmo("config", "update", "POOL", "default", "--replace")
        assert without_file.code == 2
