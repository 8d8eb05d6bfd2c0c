"""What the service says of a backend, as a value (docs/service/backend.md#fields)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from osmo_cli.quick_dataclass import dataclass

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True)
class BackendStatus:
    """A registered backend.

    Attributes:
        online: whether the service has a recent heartbeat.
        last_heartbeat: UTC time with the operator's clock, or None where it has no known form.
        operator_version: the version that its operator reported.
        scheduler: type of its scheduler.
        tests: names of the backend tests that it runs.
        grafana_url: address of its metrics, or "".
        dashboard_url: address of its pods, or "".
        k8s_namespace: where its workflows run.
    """

    name: str
    description: str
    online: bool
    last_heartbeat: datetime | None
    operator_version: str
    scheduler: str
    tests: tuple[str, ...]
    grafana_url: str
    dashboard_url: str
    k8s_namespace: str

    @property
    def word(self) -> str:
        """`ONLINE` or `OFFLINE`."""
        return "ONLINE" if self.online else "OFFLINE"

    @property
    def connected(self) -> bool:
        """Whether its operator is connected.

        In ConfigMap mode a backend whose operator never connected is online, too
        (docs/service/configmap.md#backends).
        """
        return self.online and bool(self.operator_version)

    def heartbeat_age(self, now: datetime) -> timedelta | None:
        """The time since the last heartbeat; not negative, whatever the operator's clock says."""
        if self.last_heartbeat is None:
            return None
        return max(now - self.last_heartbeat, timedelta())


def backend_status(item: dict[str, Any]) -> BackendStatus:
    """Return the status in a backend's configuration, as GET answers it."""
    scheduler = item.get("scheduler_settings")
    return BackendStatus(
        name=_text(item, "name"),
        description=_text(item, "description"),
        online=item.get("online") is True,
        last_heartbeat=_time(item.get("last_heartbeat")),
        operator_version=_text(item, "version"),
        scheduler=_text(scheduler, "scheduler_type") if isinstance(scheduler, dict) else "",
        tests=tuple(map(str, item.get("tests") or ())),
        grafana_url=_text(item, "grafana_url"),
        dashboard_url=_text(item, "dashboard_url"),
        k8s_namespace=_text(item, "k8s_namespace"),
    )


def age_text(age: timedelta | None) -> str:
    """An age in its largest unit, such as `3 min`; `-` where it is unknown."""
    if age is None:
        return "-"
    seconds = int(age.total_seconds())
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return "0 s"


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return "" if value is None else str(value)


def _time(value: Any) -> datetime | None:
    """A time that the service wrote, which is UTC also where it has no zone."""
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
