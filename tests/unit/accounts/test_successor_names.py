from __future__ import annotations

import pytest

from osmo_cli.accounts.tokens import base_name, check_token_name, successor_name


@pytest.mark.parametrize(
    ("name", "taken", "successor"),
    [
        ("agent", (), "agent-2"),
        ("agent", ("agent", "agent-2"), "agent-3"),
        ("agent-2", ("agent-2",), "agent-3"),
        ("agent-9", (), "agent-10"),
        ("agent-1", (), "agent-1-2"),
        ("agent-02", (), "agent-02-2"),
        ("a--2", (), "a--2-2"),
        ("gpu2", (), "gpu2-2"),
        ("node-22", (), "node-23"),
    ],
)
def test_the_next_free_number(name: str, taken: tuple[str, ...], successor: str) -> None:
    assert successor_name(name, taken) == successor
    check_token_name(successor)
    assert base_name(successor) == base_name(name)
