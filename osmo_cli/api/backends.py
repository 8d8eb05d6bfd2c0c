"""The status of backends, in which a service says what their operators reported."""

from __future__ import annotations

from osmo_cli.api.answers import reading
from osmo_cli.api.configs import Configs
from osmo_cli.backend.status import BackendStatus, backend_status
from osmo_cli.config.registry.types import BACKEND


def list_backends(configs: Configs) -> list[BackendStatus]:
    """Read the status of all backends, sorted by name.

    Raises:
        OsmoError: the service did not answer with it.
    """
    items = configs.read(BACKEND).items()
    with reading("BACKEND"):
        return [backend_status(item) for item in items.values()]


def find_backend(configs: Configs, name: str) -> BackendStatus | None:
    """Read the status of a backend; None if it is not registered.

    Raises:
        OsmoError: the service did not answer with it.
    """
    item = configs.read(BACKEND).items().get(name)
    with reading("BACKEND"):
        return None if item is None else backend_status(item)
