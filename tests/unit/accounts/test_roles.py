"""Generated roles."""

from __future__ import annotations

import pytest

from osmo_cli.accounts.roles import generated_role, role_subject
from osmo_cli.config.registry.dialects import DIALECTS
from osmo_cli.errors import UsageError

SEMANTIC = [name for name, dialect in DIALECTS.items() if dialect.semantic_roles]


def paths(kind: str, subject: str) -> set[tuple[str, str]]:
    role = generated_role(DIALECTS["6.0"], "r", kind, subject)
    return {(action["path"], action["method"]) for action in role["policies"][0]["actions"]}


def test_a_backends_role_lets_its_agents_in_and_no_others() -> None:
    granted = paths("backend", "gpu-a")
    assert ("/api/agent/listener/*/*/gpu-a", "*") in granted
    assert ("/api/agent/worker/*/*/gpu-a", "*") in granted
    assert not [path for path, method in granted if "agent" in path and "gpu-a" not in path]
    assert {m for path, m in granted if "/configs/" in path or "/pool/" in path} == {"Get"}


def test_a_pools_role_submits_to_that_pool() -> None:
    assert paths("pool", role_subject("osmo-a", "pool", None)) == {
        ("/api/pool/a*", "Post"),
        ("/api/profile/*", "*"),
    }


@pytest.mark.parametrize("dialect", SEMANTIC)
@pytest.mark.parametrize(
    ("kind", "subject", "policy"),
    [
        (
            "pool",
            "pool-a",
            {"effect": "Allow", "actions": ["workflow:*"], "resources": ["pool/pool-a*"]},
        ),
        (
            "backend",
            "gpu-a",
            {
                "effect": "Allow",
                "actions": ["config:Read", "internal:Operator", "pool:List"],
                "resources": ["backend/gpu-a"],
            },
        ),
    ],
)
def test_roles_of_actions_are_the_recorded_ones(
    dialect: str, kind: str, subject: str, policy: dict[str, object]
) -> None:
    assert generated_role(DIALECTS[dialect], "r", kind, subject) == {
        "name": "r",
        "description": f"Generated Role for {kind} {subject}",
        "policies": [policy],
        "immutable": False,
        "sync_mode": "import",
        # null: what the identity provider calls it stays.
        "external_roles": None,
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
        role_subject(name, kind, field)
