"""Deregistering a backend, and undoing a registration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from osmo_cli.api.errors import UserNotFoundError, WorkflowsRunningError
from osmo_cli.backend import commands
from osmo_cli.backend.names import role_name
from osmo_cli.backend.record import Entry, Kind, Record
from osmo_cli.backend.registration import STANDARD_ROLE, Operator
from osmo_cli.config.registry.types import BACKEND, ROLE
from osmo_cli.errors import MissingError
from osmo_cli.plan.clusters import run_client
from osmo_cli.plan.delete import delete_item
from osmo_cli.plan.register import OWNER, mark
from osmo_cli.plan.roles import is_backend_role
from osmo_cli.plan.tokens import delete_token
from osmo_cli.plan.users import change_roles
from osmo_cli.plan.users import delete_user as delete_stored_user

if TYPE_CHECKING:
    from osmo_cli.api.service import Service

Say = Callable[[str], None]


@dataclass(frozen=True)
class Leftovers:
    """What a backend has on the service.

    Attributes:
        backend: its name.
        item: its configuration, or None where it is not registered.
        online: its operator sends heartbeats.
        token: name of its operator's token, or None.
        user: the account of that token, where the account has no other use; or None.
        role: the role of this backend alone, or None.
    """

    backend: str
    item: Any = field(repr=False)
    online: bool
    token: str | None
    user: str | None
    role: str | None

    @property
    def listed(self) -> bool:
        """Whether the backend is registered."""
        return self.item is not None

    @property
    def names(self) -> list[str]:
        """What there is, in words."""
        return [
            *([f"BACKEND {self.backend}"] if self.listed else []),
            *([f"token {self.token}"] if self.token else []),
            *([f"user {self.user}"] if self.user else []),
            *([f"role {self.role}"] if self.role else []),
        ]


def find_leftovers(service: Service, backend: str, token: str) -> Leftovers:
    """Look what a backend has on the service, by the names that a registration gives.

    Raises:
        OsmoError: the service did not answer.
    """
    item = service.configs.read(BACKEND).items().get(backend)
    role = role_name(backend)
    roles = service.configs.read(ROLE).items()
    own_role = (
        role if role in roles and is_backend_role(service, backend, role, roles[role]) else None
    )
    stored = service.tokens.find(OWNER, token)
    return Leftovers(
        backend,
        item=item,
        online=item is not None and item.get("online") is True,
        token=None if stored is None else token,
        user=_own_account(service, token, {STANDARD_ROLE, role}),
        role=own_role,
    )


def _own_account(service: Service, name: str, roles: set[str]) -> str | None:
    """The account of that name, if it has no roles and tokens but those of an operator."""
    if not service.tokens.has_accounts:
        return None
    user = service.users.find(name)
    if user is None or not set(user.roles) <= roles:
        return None
    from osmo_cli.accounts.tokens import TokenOwner

    tokens = service.tokens.list_tokens(TokenOwner(user=name))
    return name if all(token.name == name for token in tokens) else None


def remove(service: Service, leftovers: Leftovers, *, force: bool, say: Say) -> None:
    """Delete what a backend has; the backend first, since running workflows prevent that.

    Raises:
        OsmoError: a request failed; says what is stored. What was deleted before stays deleted.
    """
    if leftovers.listed:
        delete_backend(service, leftovers.backend, force=force, say=say)
    if leftovers.token is not None:
        delete_token(service, OWNER, leftovers.token)
        say(f"deleted token {leftovers.token}")
    if leftovers.user is not None:
        _delete_user(service, leftovers.user, say)
    if leftovers.role is not None:
        _delete_role(service, leftovers.backend, leftovers.role, say)


def delete_backend(service: Service, name: str, *, force: bool, say: Say) -> None:
    """Delete a backend that may exist.

    Raises:
        OsmoError: it failed; says what is stored.
    """
    base = service.configs.read(BACKEND, with_revision=True)
    if name not in base.items():
        return
    try:
        delete_item(service, base, name, description=None, tags=None, force=force)
    except WorkflowsRunningError as error:
        error.hint = "nothing was deleted; cancel the workflows, or delete it with --force"
        raise
    say(f"deleted BACKEND {name}")


def _delete_user(service: Service, name: str, say: Say) -> None:
    try:
        delete_stored_user(service, name)
    except (MissingError, UserNotFoundError):
        return
    say(f"deleted user {name}")


def _delete_role(service: Service, backend: str, name: str, say: Say) -> None:
    base = service.configs.read(ROLE, with_revision=True)
    if name not in base.items():
        return
    if not is_backend_role(service, backend, name, base.item(name)):
        say(f"kept role {name}, which was changed since it was created")
        return
    delete_item(service, base, name, description=None, tags=None, force=False)
    say(f"deleted role {name}")


def undo(
    service: Service,
    record: Record,
    *,
    force: bool,
    save: Callable[[Record], None],
    say: Say,
) -> Record:
    """Delete from the service what a registration created; return the record of the rest.

    Args:
        service: the service.
        record: what was created.
        force: delete the backend even if workflows run on it.
        save: keeps the record after each step.
        say: shows a line to the user.

    Raises:
        OsmoError: a request failed; the saved record has what is left.
    """
    steps: list[tuple[Kind, Callable[[Entry], None]]] = [
        (Kind.BACKEND, lambda entry: delete_backend(service, entry.name, force=force, say=say)),
        (Kind.TOKEN, lambda entry: _undo_token(service, record, entry, say)),
        (Kind.USER_ROLE, lambda entry: _undo_user_role(service, entry, say)),
        (Kind.USER, lambda entry: _delete_user(service, entry.name, say)),
        (Kind.ROLE, lambda entry: _delete_role(service, record.backend, entry.name, say)),
    ]
    left = record
    for kind, step in steps:
        for entry in record.of(kind):
            step(entry)
            left = left.without(kind, entry.name)
            save(left)
    return left


def _undo_token(service: Service, record: Record, entry: Entry, say: Say) -> None:
    stored = service.tokens.find(OWNER, entry.name)
    if stored is None:
        return
    if mark(record) not in stored.description:
        say(f"kept token {entry.name}, which another registration created")
        return
    delete_token(service, OWNER, entry.name)
    say(f"deleted token {entry.name}; logins with it end within five minutes")


def _undo_user_role(service: Service, entry: Entry, say: Say) -> None:
    name, _, role = entry.name.partition("/")
    user = service.users.find(name)
    if user is not None and role in user.roles:
        change_roles(service, user, add=[], remove=[role])
        say(f"took the role {role} from user {name}")


def undo_in_cluster(
    operator: Operator, record: Record, *, save: Callable[[Record], None], say: Say
) -> Record:
    """Remove the release and the Secrets that a registration created; return the rest.

    Namespaces stay, since others may use them by now.

    Raises:
        ClusterError: helm or kubectl failed.
    """
    left = record
    for entry in record.of(Kind.RELEASE):
        namespace = entry.name.partition("/")[0]
        namespaces = replace(operator.namespaces, operator=namespace)
        run_client(commands.uninstall(replace(operator, namespaces=namespaces)))
        say(f"uninstalled Helm release {entry.name}")
        left = left.without(Kind.RELEASE, entry.name)
        save(left)
    for entry in record.of(Kind.OBJECT):
        kind, *place = entry.name.split("/")
        if kind == "secret":
            run_client(commands.delete_secret(operator, *place))
            say(f"deleted {entry.name} in the cluster")
        else:
            say(f"kept {entry.name} in the cluster: others may use it")
        left = left.without(Kind.OBJECT, entry.name)
        save(left)
    return left
