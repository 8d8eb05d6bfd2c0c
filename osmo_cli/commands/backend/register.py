"""`osmo backend register`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.arguments import FormatOption
from osmo_cli.commands.backend.arguments import (
    ApplyOption,
    BackendArgument,
    ControlNamespaceOption,
    KubeContextOption,
    NamespaceOption,
    TestNamespaceOption,
    TokenNameOption,
    seconds_of,
)
from osmo_cli.commands.session import Session
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.backend.record import Record
    from osmo_cli.backend.registration import Namespaces, Registration
    from osmo_cli.backend.status import BackendStatus
    from osmo_cli.config.reading.document import Document
    from osmo_cli.credentials.credential import Credential
    from osmo_cli.credentials.origin import Origin
    from osmo_cli.plan.register import Access, Plan, Registering
    from osmo_cli.plan.registration_folder import RegistrationFolder

DEFAULT_DAYS = 365
_DEFAULT_WAIT = "10m"


@dataclass(frozen=True)
class RegisterOptions:
    """What to register, and how.

    Attributes:
        out: the directory to write to.
        role: an existing role, or None for the standard one.
        scoped_role: create a role for this backend alone.
        config: the configuration of the backend, or None.
        service_url: the address for the operator, or None for the login's.
        to_stdout: print the Secrets instead of writing them to a file.
        wait_seconds: how long to wait for the backend; None for only if `apply` is given.
    """

    backend: str
    out: Path
    namespaces: Namespaces
    role: str | None
    scoped_role: bool
    expires_at: str | None
    token_name: str
    config: Document | None
    chart: str
    chart_version: str | None
    image_tag: str | None
    service_url: str | None
    to_stdout: bool
    apply: bool
    kube_context: str
    wait_seconds: float | None
    undo: bool
    force: bool


def register(
    ctx: typer.Context,
    name: BackendArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            show_default=False,
            help="Directory for manifests, chart values, README and record.",
        ),
    ],
    role: Annotated[
        str | None,
        typer.Option(
            "--role", metavar="ROLE", help="Existing role of the operator. Default: osmo-backend."
        ),
    ] = None,
    scoped_role: Annotated[
        bool,
        typer.Option(
            "--scoped-role", help="Create the role backend-NAME, which allows this backend only."
        ),
    ] = False,
    expires_at: Annotated[
        str | None,
        typer.Option(
            "--expires-at",
            metavar="DATE",
            help="Date (UTC, YYYY-MM-DD) from which the token no longer works. "
            "Default: in a year, or as late as the service allows.",
        ),
    ] = None,
    token_name: TokenNameOption = None,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="JSON or YAML file with which the backend is configured once it is registered.",
        ),
    ] = None,
    image_tag: Annotated[
        str | None,
        typer.Option(
            "--image-tag",
            metavar="TAG",
            help="Tag of the operator's images. Default: the one of the service's version.",
        ),
    ] = None,
    chart_version: Annotated[
        str | None,
        typer.Option(
            "--chart-version",
            metavar="VERSION",
            help="Version of the operator's chart. Default: the one of the service's version.",
        ),
    ] = None,
    chart: Annotated[
        str, typer.Option("--chart", metavar="CHART", help="Chart of the operator, or its path.")
    ] = "osmo/backend-operator",
    namespace: NamespaceOption = "osmo",
    workflow_namespace: Annotated[
        str,
        typer.Option(
            "--workflow-namespace", metavar="NAMESPACE", help="Namespace in which workflows run."
        ),
    ] = "default",
    test_namespace: TestNamespaceOption = "osmo-test",
    control_namespace: ControlNamespaceOption = "osmo",
    service_url: Annotated[
        str | None,
        typer.Option(
            "--service-url",
            metavar="URL",
            help="Address at which the operator reaches the service. Default: that of the login.",
        ),
    ] = None,
    secret_to_stdout: Annotated[
        bool,
        typer.Option(
            "--secret-to-stdout",
            help="Print the manifests with the Secrets, for `kubectl apply -f -`; no file gets "
            "them.",
        ),
    ] = False,
    apply: ApplyOption = False,
    kube_context: KubeContextOption = "",
    wait: Annotated[
        str | None,
        typer.Option(
            "--wait",
            metavar="DURATION",
            help="Time to wait until the backend is online. Default: 10m with --apply, else 0s.",
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Delete what this registration created.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="With --undo: delete the backend even if workflows run on it."
        ),
    ] = False,
    format_type: FormatOption = None,
) -> None:
    """Register a backend: token, Kubernetes manifests, chart values, configuration.

    Creates the operator's token on the service and writes to DIR what
    deploys the operator. manifests.yaml is the only file with secrets, and
    only you can read it. With --apply, kubectl and helm deploy the operator.

    Run the same command again to continue after any failure, or once the
    operator is connected: it keeps what exists, configures the backend, and
    shows it. --undo deletes what was created.

    NGC_API_KEY, if set, becomes the Secret with which images are pulled.

    Examples:
        osmo backend register gpu-a --out gpu-a --image-tag 6.2.10
        osmo backend register gpu-a --out gpu-a --scoped-role --config backend.json --apply
        osmo backend register gpu-a --out gpu-a --secret-to-stdout | kubectl apply -f -
        osmo backend register gpu-a --out gpu-a --undo
    """
    from osmo_cli.accounts.tokens import check_expiry, check_token_name
    from osmo_cli.backend.names import check_backend_name, check_namespace
    from osmo_cli.backend.names import token_name as default_token_name
    from osmo_cli.backend.registration import Namespaces

    session: Session = ctx.obj
    session.use_format(format_type)
    if role is not None and scoped_role:
        raise UsageError("--role and --scoped-role cannot be used together")
    if secret_to_stdout and apply:
        raise UsageError(
            "--secret-to-stdout and --apply cannot be used together",
            hint="--apply passes the Secrets to kubectl itself",
        )
    if expires_at is not None:
        check_expiry(expires_at, None)
    namespaces = (namespace, workflow_namespace, test_namespace, control_namespace)
    document = None
    if config is not None:
        from osmo_cli.config.reading.files import read_document

        document = read_document(config)
    backend = check_backend_name(name)
    run(
        session,
        RegisterOptions(
            backend=backend,
            out=out,
            namespaces=Namespaces(*map(check_namespace, namespaces)),
            role=role,
            scoped_role=scoped_role,
            expires_at=expires_at,
            token_name=check_token_name(token_name or default_token_name(backend)),
            config=document,
            chart=chart,
            chart_version=chart_version,
            image_tag=image_tag,
            service_url=service_url,
            to_stdout=secret_to_stdout,
            apply=apply,
            kube_context=kube_context,
            wait_seconds=None if wait is None else seconds_of(wait, "--wait"),
            undo=undo,
            force=force,
        ),
    )


def run(session: Session, options: RegisterOptions) -> None:
    """Register the backend, or undo that.

    Raises:
        ConflictError: another run uses the directory.
    """
    from osmo_cli.plan.registration_folder import RegistrationFolder

    credential = session.credential()
    folder = RegistrationFolder(options.out)
    with folder.locked():
        _run(session, options, credential, folder)


def _run(
    session: Session,
    options: RegisterOptions,
    credential: Credential,
    folder: RegistrationFolder,
) -> None:
    record = _record(options, folder, credential.origin)
    if options.undo:
        from osmo_cli.commands.backend.undo import undo

        with session.connect(credential) as service:
            undo(session, service, folder, record, options.namespaces, force=options.force)
        return
    if options.apply:
        from osmo_cli.plan.clusters import check_clients

        check_clients()
    if options.to_stdout:
        session.printer.check_stdout()
    with session.connect(credential) as service:
        _Run(session, options, service, folder, record or _new(options, credential.origin))()


def _new(options: RegisterOptions, origin: Origin) -> Record:
    from osmo_cli.plan.register import new_record

    return new_record(options.backend, str(origin), options.kube_context)


def _record(options: RegisterOptions, folder: RegistrationFolder, origin: Origin) -> Record | None:
    """The record of an earlier run in the directory, or None.

    Raises:
        UsageError: it is of another backend or service.
    """
    record = folder.record()
    if record is None:
        return None
    if (record.backend, record.service) != (options.backend, str(origin)):
        raise UsageError(
            f"{folder.path} is of backend {record.backend} on {record.service}, "
            f"not of {options.backend} on {origin}",
            hint="name another directory with --out",
        )
    return record


@dataclass
class _Run:
    """One run of the command that registers.

    Attributes:
        changed: something was created or changed.
    """

    session: Session
    options: RegisterOptions
    service: Service
    folder: RegistrationFolder
    record: Record
    changed: bool = False

    def __call__(self) -> None:
        """Do each step that is not done yet, and show the backend."""
        from osmo_cli.api.backends import find_backend
        from osmo_cli.plan.register import Registering, look

        options, printer = self.options, self.session.printer
        self.service.confirm_dialect()
        access = self._access()
        key = os.environ.get("NGC_API_KEY") or None
        if key is not None:
            printer.redactor.add(key)
        registration = self._registration(access, pulls_images=key is not None)
        self._check_config()
        plan = look(self.service, registration, access, self.folder, self.record)
        registering = Registering(
            self.service, registration, self.folder, self.record, key, self._say
        )
        try:
            self._register(registering, plan)
        except BaseException:
            self._say_what_exists(registering.record)
            raise
        self.record = registering.record
        status = self._wait()
        if status is not None and options.config is not None:
            self._configure(options.config)
            status = find_backend(self.service.configs, options.backend)
        if not self.changed:
            printer.note("already up to date; nothing was changed")
        self._show(registration, status)

    def _say(self, text: str) -> None:
        """Show what was done."""
        self.changed = True
        self.session.printer.note(text)

    def _access(self) -> Access | None:
        """What the operator may do; None where its token is a bootstrap Secret.

        Raises:
            UsageError: an option that does not apply to such a Secret.
        """
        from osmo_cli.accounts.tokens import check_expiry
        from osmo_cli.backend.names import role_name
        from osmo_cli.backend.registration import STANDARD_ROLE
        from osmo_cli.plan.register import Access

        options, service = self.options, self.service
        if service.dialect.bootstrap_secrets and options.role is None and not options.scoped_role:
            if options.expires_at is not None:
                raise UsageError(
                    "--expires-at does not apply to a bootstrap Secret, which does not expire",
                    hint=f"use an access token instead: --role {STANDARD_ROLE}",
                )
            return None
        longest = service.tokens.longest_life()
        expires_at = check_expiry(options.expires_at, longest, default_days=DEFAULT_DAYS)
        role = role_name(options.backend) if options.scoped_role else options.role or STANDARD_ROLE
        return Access(role, options.scoped_role, expires_at)

    def _registration(self, access: Access | None, *, pulls_images: bool) -> Registration:
        from osmo_cli.backend.names import credential_name
        from osmo_cli.backend.registration import Registration, chart_version

        options = self.options
        facts = self.service.dialect.operator_chart
        version, tag = chart_version(facts, options.chart_version, options.image_tag)
        credential = credential_name(options.backend)
        return Registration(
            backend=options.backend,
            service_url=self._service_url(),
            namespaces=options.namespaces,
            token=credential if access is None else options.token_name,
            bootstrap=access is None,
            token_secret=facts.token_secret.format(credential=credential),
            pulls_images=pulls_images,
            chart=options.chart,
            chart_version=version,
            image_tag=tag,
            kube_context=options.kube_context,
            facts=facts,
        )

    def _service_url(self) -> str:
        from osmo_cli.commands.local import DEFAULT_PORT
        from osmo_cli.credentials.origin import parse_origin

        if self.options.service_url is not None:
            return str(parse_origin(self.options.service_url, allow_http=True))
        origin = self.service.credential.origin
        if origin.is_local or origin.is_loopback:
            self.session.printer.warn(
                "an operator in a cluster cannot reach this machine's loopback address; "
                "--service-url names another one"
            )
        return f"http://127.0.0.1:{DEFAULT_PORT}" if origin.is_local else str(origin)

    def _check_config(self) -> None:
        """Check the configuration before anything is created.

        Raises:
            InvalidInputError: it is invalid.
        """
        document = self.options.config
        if document is None:
            return
        from osmo_cli.config.checking.offline import check_document
        from osmo_cli.config.problems import raise_for_errors
        from osmo_cli.config.registry.shape import Shape
        from osmo_cli.config.registry.types import BACKEND

        shape = Shape(BACKEND, self.service.dialect, self.options.backend)
        raise_for_errors(check_document(document, shape, new=False))

    def _register(self, registering: Registering, plan: Plan) -> None:
        """Create what does not exist yet."""
        options, printer = self.options, self.session.printer
        registering.prepare_folder(plan)
        registering.create_access(plan)
        if options.to_stdout:
            text = registering.token_to_stdout(plan, lambda text: printer.secret("", text[:-1]))
        else:
            text = registering.token_to_file(plan)
        if text is not None:
            # kubectl may repeat a part of what it reads in a message.
            for secret in registering.secret_texts(text):
                printer.redactor.add(secret)
        elif plan.shown:
            printer.note(
                "the token was printed by an earlier run and is in no file; --undo and another "
                "run create a new one"
            )
        if options.apply:
            registering.apply()

    def _say_what_exists(self, record: Record) -> None:
        entries = [f"{entry.kind.value} {entry.name}" for entry in record.entries if entry.done]
        if entries:
            self.session.printer.note(
                f"created so far: {', '.join(entries)}; run the command again to continue, or with "
                "--undo to delete it"
            )

    def _wait(self) -> BackendStatus | None:
        """Wait until the backend is online; return its status, or None where it is not listed."""
        from osmo_cli.api.backends import find_backend
        from osmo_cli.plan.backend_wait import Condition, wait_for

        options = self.options
        seconds = options.wait_seconds
        if seconds is None:
            seconds = seconds_of(_DEFAULT_WAIT, "--wait") if options.apply else 0.0
        if not seconds:
            return find_backend(self.service.configs, options.backend)
        self.session.printer.note(f"waiting for backend {options.backend} to be online")
        return wait_for(self.service, options.backend, Condition.ONLINE, seconds)

    def _configure(self, document: Document) -> None:
        """Store the configuration, unless it is stored already."""
        from osmo_cli.commands.config.configmap_refusal import helm_values_on_refusal
        from osmo_cli.config.reading.references import resolve
        from osmo_cli.config.registry.types import BACKEND
        from osmo_cli.output.changes import change_lines
        from osmo_cli.plan.apply import apply_change
        from osmo_cli.plan.change import plan_update
        from osmo_cli.plan.live_object import read_live

        session, service, name = self.session, self.service, self.options.backend
        memory = session.secret_memory(service.credential)
        target = read_live(service, BACKEND, name)
        references = session.references(document.name, service=service)
        document = resolve(document, target.shape, references, stored=target.live)
        change = plan_update(service, target, document, memory)
        for problem in (*document.warnings, *change.warnings):
            session.printer.warn(str(problem))
        if not change.patches:
            return
        for line in change_lines(change.differences):
            session.printer.note(line)
        states = (change.shown.before, change.shown.after)
        with helm_values_on_refusal(service, session.printer, BACKEND, name, states):
            applied = apply_change(service, change, memory, description=None, tags=None)
        for warning in applied.warnings:
            session.printer.warn(warning)
        self._say(f"configured backend {name}")

    def _show(self, registration: Registration, status: BackendStatus | None) -> None:
        """Print the backend, and what is left to do."""
        from datetime import UTC, datetime

        from osmo_cli.commands.backend import shown

        options, printer = self.options, self.session.printer
        name = options.backend
        lines: list[str] = []
        if status is None or not status.connected:
            lines = shown.deployment_lines(
                registration,
                str(options.out),
                applied=options.apply,
                from_stdout=options.to_stdout,
            )
        now = datetime.now(UTC)
        if options.to_stdout:
            printer.note(f"wrote {self.folder.values}; stdout has the manifests")
            if lines:
                printer.note("then deploy the operator:")
                printer.note_block(shown.indented(lines))
        elif not printer.as_lines:
            printer.data(
                {
                    "backend": None if status is None else shown.status_data(status, now),
                    "directory": str(self.folder.path),
                    "created": [
                        {"kind": entry.kind.value, "name": entry.name}
                        for entry in self.record.entries
                        if entry.done
                    ],
                    "next": lines,
                }
            )
        elif status is None:
            printer.text(f"Backend {name} can connect. Deploy its operator in its cluster:")
            printer.block(shown.indented(lines))
            printer.text(f"Then run this command again, or `osmo backend wait {name}`.")
        else:
            printer.text(f"Backend {name} is registered")
            printer.text("")
            shown.print_backends(printer, [status], now)
            if lines:
                printer.text("")
                printer.text("Its operator is not connected. Deploy it in its cluster:")
                printer.block(shown.indented(lines))
