"""Registering a backend: its role, its operator's token, and the files that deploy the operator.

Each step looks first at what exists, so that a run after any failure continues where the last one
stopped, and a run after a complete one changes nothing. What a step creates is in the record
before it is requested (`osmo_cli.backend.record`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.api.errors import RoleNotFoundError
from osmo_cli.api.tokens import NewToken, Token
from osmo_cli.backend import commands
from osmo_cli.backend.chart_values import chart_values, control_values
from osmo_cli.backend.manifests import (
    full_name,
    is_control,
    manifests,
    secret_texts,
    write_manifests,
)
from osmo_cli.backend.readme import CONTROL_VALUES, MANIFESTS, VALUES, readme
from osmo_cli.backend.record import Kind, Record
from osmo_cli.backend.registration import CHART, RELEASE, Registration
from osmo_cli.config.registry.types import BACKEND, ROLE
from osmo_cli.errors import ConflictError, ExitCode, OsmoError, UsageError
from osmo_cli.interruption import held_back
from osmo_cli.plan import clusters
from osmo_cli.plan.registration_folder import README, RegistrationFolder
from osmo_cli.plan.roles import is_backend_role, plan_standard_role
from osmo_cli.plan.tokens import CreatedToken, create_token, delete_token, rotate_token
from osmo_cli.plan.users import change_roles, create_user

if TYPE_CHECKING:
    from osmo_cli.api.service import Service

OWNER = TokenOwner(service=True)
_ANY_TOKEN = "x" * 64


@dataclass(frozen=True)
class Access:
    """What an operator may do on the service, and how long.

    Attributes:
        role: its role.
        scoped: the role is for this backend alone, and is created where it does not exist.
        expires_at: `YYYY-MM-DD`.
    """

    role: str
    scoped: bool
    expires_at: str


@dataclass(frozen=True)
class Plan:
    """What a run has found, and what it is going to do; made before anything is created.

    Attributes:
        access: None where no request creates the token.
        listed: the backend is registered already.
        text: text of a token that works, from the manifests; None where one is to be created.
        old: a token of this registration that is to be replaced, because its text is lost.
        shown: the token was printed by an earlier run, and its text is in no file.
        role_exists: the role exists.
        account: the account exists; None where accounts do not.
        account_has_role: and has the role.
    """

    access: Access | None
    listed: bool
    text: str | None = field(repr=False)
    old: Token | None
    shown: bool
    role_exists: bool
    account: bool | None
    account_has_role: bool


def new_record(backend: str, service: str, kube_context: str) -> Record:
    """The record of a registration that has created nothing yet."""
    return Record(secrets.token_hex(4), backend, service, kube_context)


def look(
    service: Service,
    registration: Registration,
    access: Access | None,
    folder: RegistrationFolder,
    record: Record,
) -> Plan:
    """Look at what exists, and check that the registration can be carried out.

    Raises:
        OsmoError: it cannot; nothing was created.
    """
    listed = registration.backend in service.configs.read(BACKEND).items()
    if not listed:
        _check_writable(service, registration.backend)
    text = folder.token(registration.token_secret)
    shown = record.has(Kind.SHOWN)
    if access is None:
        return Plan(None, listed, text, None, shown and text is None, True, None, True)
    role_exists = _check_role(service, registration, access)
    account, has_role = _account(service, registration, access)
    old = service.tokens.find(OWNER, registration.token)
    if text is not None and not service.tokens.logs_in(text):
        text = None
    if text is None and old is not None:
        _check_own(old, record)
    shown = shown and text is None and old is not None
    return Plan(access, listed, text, old, shown, role_exists, account, has_role)


def _check_writable(service: Service, backend: str) -> None:
    """Raise ConflictError where the service would refuse the operator."""
    if service.refuses_writes():
        raise ConflictError(
            f"{backend} is not among the backends in the Helm values of the service, which accepts "
            "no others; nothing was created",
            hint=f"`echo '{{}}' | osmo config update BACKEND {backend} --file -` prints the values "
            "to add; deploy them, and run this command again",
        )


def _check_role(service: Service, registration: Registration, access: Access) -> bool:
    """Whether the role exists.

    Raises:
        MissingError: it does not, and is not to be created.
        UsageError: it is not the role of this backend.
    """
    roles = service.configs.read(ROLE)
    if not access.scoped:
        # In ConfigMap mode the service looks for the role in its database, which no list shows
        # (docs/service/configmap.md#roles-and-users).
        if access.role not in roles.items() and not service.refuses_writes():
            raise roles.no_item(access.role)
        return True
    if access.role not in roles.items():
        if service.refuses_writes():
            raise ConflictError(
                f"the Helm values of the service have no role {access.role}, and it takes no "
                "other writes; nothing was created",
                hint=f"`osmo config set ROLE {access.role} backend --field {registration.backend}` "
                "prints the values to add; deploy them, and run this command again",
            )
        return False
    if not is_backend_role(service, registration.backend, access.role, roles.item(access.role)):
        raise UsageError(
            f"role {access.role} already exists, and is not the standard role of this backend",
            hint=f"nothing was created; use it as it is with --role {access.role}",
        )
    return True


def _account(
    service: Service, registration: Registration, access: Access
) -> tuple[bool | None, bool]:
    """Whether the token's account exists (None where accounts do not), and has the role."""
    if not service.tokens.has_accounts:
        return None, True
    user = service.users.find(registration.token)
    return user is not None, user is not None and access.role in user.roles


def _check_own(token: Token, record: Record) -> None:
    """Raise UsageError for a token that this registration has not created."""
    if mark(record) not in token.description:
        raise UsageError(
            f"token {token.name} already exists, and its text is not in these manifests; nothing "
            "was created",
            hint="choose another name with --token-name; `osmo token list --service` shows the "
            "token",
        )


def mark(record: Record) -> str:
    """What the description of a registration's token ends with."""
    return f"[{record.id}]"


class Registering:
    """One run that registers a backend.

    Args:
        service: the service.
        registration: the backend.
        folder: the directory that is written to.
        record: of an earlier run, or a new one.
        registry_key: the key that pulls images, or None.
        say: shows a line to the user.
    """

    def __init__(
        self,
        service: Service,
        registration: Registration,
        folder: RegistrationFolder,
        record: Record,
        registry_key: str | None,
        say: Callable[[str], None],
    ) -> None:
        self._service = service
        self._registration = registration
        self._folder = folder
        self._registry_key = registry_key
        self._say = say
        self.record = record

    def prepare_folder(self, plan: Plan) -> None:
        """Create the directory with all that holds no secret.

        Raises:
            OsmoError: it cannot be written.
        """
        registration, folder = self._registration, self._folder
        if folder.create():
            self.record = self.record.finished(Kind.DIRECTORY, str(folder.path))
        if not plan.listed and not self.record.has(Kind.BACKEND):
            self.record = self.record.begun(Kind.BACKEND, registration.backend)
        folder.save(self.record)
        files = {VALUES: _yaml(chart_values(registration)), README: readme(registration)}
        if registration.bootstrap:
            files[CONTROL_VALUES] = _yaml(control_values(registration))
        written = [name for name, text in files.items() if folder.write(name, text)]
        if written:
            self._say(f"wrote {', '.join(written)} to {folder.path}")

    def create_access(self, plan: Plan) -> None:
        """Create the role and the account where they do not exist.

        Raises:
            OsmoError: a request failed; the record has what was created.
        """
        access = plan.access
        if access is None:
            return
        if not plan.role_exists:
            self._create_role(access.role)
        account = self._registration.token
        if plan.account is False:
            self._create_account(account, access.role)
        elif not plan.account_has_role:
            self._give_role(account, access.role)

    def write_manifests(self, token: str | None) -> None:
        """Write the manifests; without a token, they have no Secret at all.

        Raises:
            OsmoError: they cannot be written.
        """
        if self._folder.write(MANIFESTS, self.manifests_text(token)):
            self._say(f"wrote {self._folder.manifests}")

    def secret_texts(self, token: str) -> list[str]:
        """The token, and what is secret in the text of its manifests."""
        objects = manifests(self._registration, token, self._registry_key)
        return [token, *secret_texts(objects)]

    def manifests_text(self, token: str | None) -> str:
        """The manifests as YAML; without a token, they have no Secret at all."""
        key = None if token is None else self._registry_key
        return write_manifests(manifests(self._registration, token, key))

    def token_to_file(self, plan: Plan) -> str | None:
        """Create the token where none works, and write it to the manifests; return its text.

        The manifests have their place on the disk before the token is requested, and a token that
        cannot be written all the same is deleted again.

        Returns:
            None where an earlier run has printed the token.

        Raises:
            OsmoError: it failed; says what exists.
        """
        if plan.shown:
            self.write_manifests(None)
            return None
        if plan.text is not None:
            self.write_manifests(plan.text)
            self._finish_token()
            return plan.text
        reserved = self._folder.reserve_manifests(self.manifests_text(_ANY_TOKEN))
        try:
            with held_back(f"the creation of token {self._registration.token}"):
                created = self._new_token(plan)
                try:
                    reserved.write(self.manifests_text(created.text))
                except OSError as error:
                    self._discard(plan, f"cannot write {reserved.path}: {error.strerror}")
                self._finish_token()
        finally:
            reserved.release()
        self._say(f"wrote {reserved.path}, which has the token and which only you can read")
        self._report(plan, created)
        return created.text

    def token_to_stdout(self, plan: Plan, show: Callable[[str], None]) -> str | None:
        """Create the token unless one works, and show its manifests; return its text.

        Args:
            plan: what exists.
            show: prints manifests, or raises OsmoError.

        Returns:
            None where an earlier run has printed the token.

        Raises:
            OsmoError: it failed; says what exists.
        """
        if plan.text is None:
            self.write_manifests(None)
        if plan.shown:
            return None
        name = self._registration.token
        with held_back(f"the creation of token {name}"):
            created = CreatedToken(plan.text) if plan.text is not None else self._new_token(plan)
            try:
                show(self.manifests_text(created.text))
            except OsmoError as error:
                if plan.text is not None:
                    raise
                self._discard(plan, f"cannot print the Secret: {error.message or 'no reader'}")
            self.record = self.record.finished(Kind.SHOWN, name)
            self._finish_token()
        self._report(plan, created)
        self.write_manifests(None)
        return created.text

    def _report(self, plan: Plan, created: CreatedToken) -> None:
        """Say that a token was created; raise the doubt about it."""
        if plan.access is None and plan.text is None:
            self._say("created a bootstrap token, which the service does not know yet")
        elif plan.access is not None and plan.text is None:
            verb = "created" if plan.old is None else "replaced"
            name, expires_at = self._registration.token, plan.access.expires_at
            self._say(f"{verb} token {name}, which expires on {expires_at}")
        if created.doubt is not None:
            raise created.doubt

    def _finish_token(self) -> None:
        if self._registration.bootstrap:
            self._folder.save(self.record)
        else:
            self._finish(Kind.TOKEN, self._registration.token)

    def _new_token(self, plan: Plan) -> CreatedToken:
        name, access = self._registration.token, plan.access
        if access is None:
            # No request creates it, so that nothing can be lost.
            return CreatedToken(secrets.token_urlsafe(32))
        new = NewToken(
            name,
            access.expires_at,
            f"Operator of backend {self._registration.backend} {mark(self.record)}",
            (access.role,),
            OWNER,
        )
        with self.creating(Kind.TOKEN, name):
            if plan.old is None:
                return create_token(self._service, new)
            return rotate_token(self._service, new, plan.old)

    def _discard(self, plan: Plan, reason: str) -> NoReturn:
        """Delete a token whose text could not be kept.

        Raises:
            OsmoError: always; says what exists.
        """
        name = self._registration.token
        if plan.access is None:
            raise UnwrittenError(reason, hint="nothing was created on the service")
        try:
            delete_token(self._service, OWNER, name)
        except OsmoError as error:
            raise UnwrittenError(
                f"{reason}; token {name} exists, but nobody has its text, and it could not be "
                f"deleted: {error.message}",
                hint="run the command again: it replaces the token",
            ) from None
        self._forget(Kind.TOKEN, name)
        raise UnwrittenError(
            f"{reason}; the new token {name} was deleted again",
            hint="make room, and run the command again",
        )

    def apply(self) -> None:
        """Create the namespaces and Secrets in the backend's cluster, and deploy the operator.

        Raises:
            OsmoError: kubectl or helm failed; the record has what was created.
        """
        registration = self._registration
        printed = clusters.run_client(
            commands.apply_manifests(registration, str(self._folder.manifests))
        )
        objects = manifests(registration, _ANY_TOKEN, self._registry_key)
        names = [full_name(item) for item in objects if not is_control(item)]
        for name in clusters.created_objects(printed, names):
            self.record = self.record.finished(Kind.OBJECT, name)
            self._say(f"created {name} in the cluster")
        self._folder.save(self.record)
        if registration.chart == CHART:
            key = self._registry_key if registration.pulls_images else None
            clusters.run_client(commands.add_repository(registration), stdin=key or "")
        known = self.record
        release = f"{registration.namespaces.operator}/{RELEASE}"
        self.record = known.begun(Kind.RELEASE, release)
        self._folder.save(self.record)
        printed = clusters.run_client(
            [*commands.install(registration, str(self._folder.values)), "--output", "json"]
        )
        is_new = clusters.is_first_revision(printed)
        if is_new or known.has(Kind.RELEASE):
            self._finish(Kind.RELEASE, release)
        else:
            self.record = known  # it was installed before this registration
            self._folder.save(known)
        if is_new:
            self._say(f"deployed the operator as Helm release {release}")

    def _create_role(self, name: str) -> None:
        backend = self._registration.backend
        change = plan_standard_role(self._service, name, "backend", backend)
        if change.patches:
            from osmo_cli.plan.apply import store_change

            with self.creating(Kind.ROLE, name):
                store_change(self._service, change, f"Role of the operator of {backend}", None)
            self._finish(Kind.ROLE, name)
            self._say(f"created role {name}")

    def _create_account(self, name: str, role: str) -> None:
        with self.creating(Kind.USER, name):
            written = create_user(self._service, name, [role])
        self._finish(Kind.USER, name)
        for warning in written.warnings:
            self._say(f"warning: {warning}")
        self._say(f"created user {name} with the role {role}")

    def _give_role(self, name: str, role: str) -> None:
        user = self._service.users.get(name)
        entry = f"{name}/{role}"
        with self.creating(Kind.USER_ROLE, entry):
            change_roles(self._service, user, add=[role], remove=[])
        self._finish(Kind.USER_ROLE, entry)
        self._say(f"gave the existing user {name} the role {role}")

    @contextmanager
    def creating(self, kind: Kind, name: str) -> Iterator[None]:
        """Around a request: record that it begins, and forget it where it was surely refused."""
        known = self.record
        self.record = self.record.begun(kind, name)
        self._folder.save(self.record)
        try:
            yield
        except RoleNotFoundError:
            raise  # a user may exist all the same
        except OsmoError as error:
            if error.exit_code is not ExitCode.SERVICE_FAILURE:
                self.record = known
                self._folder.save(self.record)
            raise

    def _finish(self, kind: Kind, name: str) -> None:
        self.record = self.record.finished(kind, name)
        self._folder.save(self.record)

    def _forget(self, kind: Kind, name: str) -> None:
        self.record = self.record.without(kind, name)
        self._folder.save(self.record)


class UnwrittenError(OsmoError):
    """A new token could not be written or printed (exit 10)."""

    exit_code = ExitCode.SERVICE_FAILURE


def _yaml(value: dict[str, Any]) -> str:
    from osmo_cli.config.reading.yaml_text import write_yaml

    return write_yaml(value)
