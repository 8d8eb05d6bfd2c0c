"""The standard roles of a backend's agents and of a pool's users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osmo_cli.accounts.roles import generated_role
from osmo_cli.config.registry.types import ROLE
from osmo_cli.plan.change import Change, plan_wanted
from osmo_cli.plan.live_object import read_live

if TYPE_CHECKING:
    from osmo_cli.api.service import Service


def plan_standard_role(service: Service, name: str, kind: str, subject: str) -> Change:
    """Return the change that makes a role the standard one; nothing is written.

    Args:
        service: the service.
        name: the role, which may not exist yet.
        kind: `backend` or `pool`.
        subject: name of the backend or pool.

    Raises:
        OsmoError: the service cannot be read.
    """
    target = read_live(service, ROLE, name, create=True)
    return plan_wanted(target, generated_role(target.shape.dialect, name, kind, subject))


def is_backend_role(service: Service, backend: str, name: str, role: Any) -> bool:
    """Whether a stored role is the standard one of a backend's agents."""
    from osmo_cli.config.registry.shape import Shape
    from osmo_cli.config.values import same

    shape = Shape(ROLE, service.dialect, name)
    wanted = shape.with_kept(role, generated_role(service.dialect, name, "backend", backend))
    return same(*(shape.editable(value) for value in (role, wanted)))
