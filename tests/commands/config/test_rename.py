"""`osmo config rename`: a pool gets another name."""

from __future__ import annotations

import json

from tests.support.processes import Shell


def test_a_pool_gets_another_name(admin: Shell) -> None:
    admin.file("pools.json", json.dumps({"old": {"backend": "gpu-a", "description": "H100"}}))
    admin.ok("config", "update", "POOL", "-f", "pools.json")
    out = admin.ok("config", "rename", "pool", "old", "new", "-d", "moved", "-t", "x")
    assert out == 'Successfully renamed POOL config "old" to "new"\n'
    assert json.loads(admin.ok("config", "show", "POOL", "new", "description")) == "H100"
    assert admin.osmo("config", "show", "POOL", "old").code == 2
    for words, message in (
        (("old", "x"), "not found"),
        (("new", "default"), "already"),
        (("new", "a b"), "not a valid pool name"),
    ):
        done = admin.osmo("config", "rename", "POOL", *words)
        assert (done.code, done.out) == (2, "")
        assert message in done.err
    assert admin.osmo("config", "rename", "BACKEND", "gpu-a", "b").code == 2
    admin.ok("config", "delete", "POOL", "new")
