from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from osmo_cli.backend.status import age_text, backend_status

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ITEM = {
    "name": "gpu-a",
    "description": "H100",
    "version": "6.2.10",
    "k8s_namespace": "osmo",
    "dashboard_url": "https://d.example.com",
    "grafana_url": "",
    "tests": ["nccl"],
    "scheduler_settings": {"scheduler_type": "kai"},
    "last_heartbeat": "2026-11-25T11:58:30.5",
    "online": True,
}


def test_a_backend_is_read_from_its_configuration() -> None:
    backend = backend_status(ITEM)
    assert (backend.name, backend.description, backend.word) == ("gpu-a", "H100", "ONLINE")
    assert (backend.scheduler, backend.tests) == ("kai", ("nccl",))
    assert backend.heartbeat_age(NOW) == timedelta(seconds=89.5)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"last_heartbeat": None, "tests": None, "scheduler_settings": None},
        {"last_heartbeat": 5, "tests": [1], "scheduler_settings": [], "name": 7},
        {"last_heartbeat": "yesterday", "online": "true"},
    ],
)
def test_odd_values_are_shown_and_never_counted_as_online(odd: dict[str, Any]) -> None:
    backend = backend_status({"name": "gpu-a", **odd})
    assert backend.word == "OFFLINE"
    assert backend.heartbeat_age(NOW) is None


@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
def test_a_heartbeat_is_utc_with_and_without_a_zone(zone: str) -> None:
    backend = backend_status({**ITEM, "last_heartbeat": f"2026-11-25T11:59:00{zone}"})
    assert backend.heartbeat_age(NOW) == timedelta(minutes=1)


def test_an_operator_whose_clock_is_ahead_has_no_negative_age() -> None:
    backend = backend_status({**ITEM, "last_heartbeat": "2026-11-25T13:00:00"})
    assert backend.heartbeat_age(NOW) == timedelta()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (86399, "23 h"),
        (86400, "1 d"),
        (40 * 86400, "40 d"),
    ],
)
def test_an_age_is_shown_in_its_largest_unit(seconds: float, text: str) -> None:
    assert age_text(timedelta(seconds=seconds)) == text


def test_an_unknown_age_is_a_dash() -> None:
    assert age_text(None) == "-"
