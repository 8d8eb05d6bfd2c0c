"""Generated roles."""

from __future__ import annotations

import pytest

from osmo_cli.config.dialects import DIALECTS
from osmo_cli.config.roles import about, generated_role
from osmo_cli.errors import UsageError


def paths(kind: str, subject: str) -> set[tuple[str, str]]:
    role = generated_role(DIALECTS["6.0"], "r", kind, subject)
    return {(action["path"], action["method"]) for action in role["policies"][0]["actions"]}


def test_a_backends_role_lets_its_agents_in_and_no_others() -> None:
    found = paths("backend", "gpu-a")
    assert ("/api/agent/listener/*/*/gpu-a", "*") in found
    assert ("/api/agent/worker/*/*/gpu-a", "*") in found
    assert not [path for path, method in found if "agent" in path and "gpu-a" not in path]
    assert {m for path, m in found if "/configs/" in path or "/pool/" in path} == {"Get"}


def test_a_pools_role_submits_to_that_pool() -> None:
    assert paths("pool", about("osmo-a", "pool", None)) == {
        ("/api/pool/a*", "Post"),
        ("/api/profile/*", "*"),
    }


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [
        ("a", "backend", None),
        ("a", "pool", None),
        ("osmo-", "pool", None),
        ("osmo-a", "pool", "b"),
        ("a", "user", "b"),
        ("a", "backend", "b*"),
        ("a", "backend", "b/c"),
        ("a?x", "backend", "b"),
        ("a/../b", "backend", "b"),
        ("osmo-*", "pool", None),
        ("osmo-a#b", "pool", None),
    ],
)
def test_what_does_not_fit_together_is_refused(name: str, kind: str, field: str | None) -> None:
    with pytest.raises(UsageError):
        about(name, kind, field)
