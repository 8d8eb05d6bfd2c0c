"""`osmo user`: list, get, create, update, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.accounts.users import check_known_user, check_user_id
from osmo_cli.commands.arguments import FormatOption, IgnoreMissingOption
from osmo_cli.commands.lazy import noun
from osmo_cli.commands.session import NoPrompts, Session, prompts
from osmo_cli.commands.token.kept import forget
from osmo_cli.errors import ConflictError, UsageError
from osmo_cli.output.grants import day_of, print_grants
from osmo_cli.quick_dataclass import dataclass

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.api.users import User
    from osmo_cli.output.printer import Printer

app = noun(
    "user",
    "Manage users and their roles (OSMO 6.2 and later).",
    {
        "list": "user:list_users",
        "get": "user:get_user",
        "create": "user:create_user",
        "update": "user:update_user",
        "delete": "user:delete_user",
    },
)

UserArgument = Annotated[
    str, typer.Argument(metavar="USER", show_default=False, help="ID of the user.")
]


def list_users(
    ctx: typer.Context,
    prefix: Annotated[
        str | None, typer.Option("--id-prefix", "-p", help="Only IDs with this prefix.")
    ] = None,
    roles: Annotated[
        list[str] | None,
        typer.Option(
            "--roles", "-r", help="Only users with one of these roles; accepts several values."
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option("--count", "-c", min=1, help="Maximum number of users to list. Default: all."),
    ] = None,
    format_type: FormatOption = None,
) -> None:
    """List users, newest first.

    Examples:
        osmo user list
        osmo user list --id-prefix agent- --count 50
        osmo user list --roles osmo-admin --format-type json
    """
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    with session.connect() as service:
        listed = service.users.list_users(prefix=prefix, roles=roles or (), limit=count)
    if not printer.as_lines:
        printer.data(listed.answer)
    elif not listed.users:
        printer.text("No users found")
    else:
        printer.text(f"Total users: {listed.total}")
        printer.text("")
        rows = [(user.id, day_of(user.created_at)) for user in listed.users]
        printer.table(("User ID", "Created At"), rows)


def get_user(ctx: typer.Context, user: UserArgument, format_type: FormatOption = None) -> None:
    """Show a user and who assigned which role.

    Examples:
        osmo user get ada@example.com
    """
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_known_user(user)
    with session.connect() as service:
        shown = service.users.get(user)
    if not printer.as_lines:
        printer.data(shown.answer)
        return
    facts = {
        "User ID": shown.id,
        "Created At": day_of(shown.created_at),
        "Created By": shown.created_by,
    }
    print_grants(printer, facts, shown.grants)


def create_user(
    ctx: typer.Context,
    user: UserArgument,
    roles: Annotated[
        list[str] | None,
        typer.Option("--roles", "-r", help="Roles of the user; accepts several values."),
    ] = None,
    format_type: FormatOption = None,
) -> None:
    """Create a user.

    Examples:
        osmo user create ada@example.com --roles osmo-user
        osmo user create backend-operator --roles osmo-backend
    """
    from osmo_cli.plan.users import create_user as create

    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_user_id(user)
    with session.connect() as service:
        service.confirm_dialect()
        written = create(service, user, roles or ())
    for warning in written.warnings:
        printer.warn(warning)
    if not printer.as_lines:
        answer = written.user.answer
        printer.data({key: value for key, value in answer.items() if key != "roles"})
        return
    printer.text(f"User created: {written.user.id}")
    if roles:
        printer.text(f"Roles assigned: {', '.join(roles)}")


@dataclass(frozen=True)
class UpdateOptions:
    """What `osmo user update` was asked for."""

    user: str
    add: tuple[str, ...]
    remove: tuple[str, ...]


def update_user(
    ctx: typer.Context,
    user: UserArgument,
    add: Annotated[
        list[str] | None,
        typer.Option("--add-roles", "-a", help="Roles to add; accepts several values."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove-roles", "-r", help="Roles to remove; accepts several values."),
    ] = None,
    format_type: FormatOption = None,
) -> None:
    """Add and remove roles of a user.

    Removing a role also removes it from the user's tokens.

    Examples:
        osmo user update ada@example.com --add-roles osmo-admin
        osmo user update ada@example.com --remove-roles osmo-admin osmo-backend
    """
    session: Session = ctx.obj
    session.use_format(format_type)
    check_known_user(user)
    options = UpdateOptions(user, tuple(add or ()), tuple(remove or ()))
    if not add and not remove:
        raise UsageError("nothing to update", hint="use --add-roles, --remove-roles or both")
    if both := sorted(set(options.add) & set(options.remove)):
        raise UsageError(f"{', '.join(both)} cannot be both added and removed")
    _run_update(session, options)


def _run_update(session: Session, options: UpdateOptions) -> None:
    from osmo_cli.plan.users import change_roles

    printer = session.printer
    with session.connect() as service:
        service.confirm_dialect()
        user = service.users.get(options.user)
        missing = [role for role in dict.fromkeys(options.add) if role not in user.roles]
        losing = [role for role in dict.fromkeys(options.remove) if role in user.roles]
        _note_unchanged(user, options, {*missing, *losing}, printer)
        if losing:
            _note_tokens_that_lose(service, user.id, losing, printer)
        if missing or losing:
            written = change_roles(service, user, add=missing, remove=losing)
            user = written.user
            for warning in written.warnings:
                printer.warn(warning)
    if not printer.as_lines:
        printer.data(user.answer)
        return
    for role in options.add:
        printer.text(f"Added role: {role}")
    for role in options.remove:
        printer.text(f"Removed role: {role}")


def _note_unchanged(
    user: User, options: UpdateOptions, changing: set[str], printer: Printer
) -> None:
    for role in dict.fromkeys([*options.add, *options.remove]):
        if role not in changing:
            has = "already has" if role in user.roles else "does not have"
            printer.note(f"{user.id} {has} the role {role}; nothing was sent for it")


def _note_tokens_that_lose(
    service: Service, user: str, losing: list[str], printer: Printer
) -> None:
    for token in service.tokens.list_tokens(TokenOwner(user=user)):
        if lost := [role for role in losing if role in token.roles]:
            printer.note(f"token {token.name} loses {', '.join(lost)} too")


def delete_user(
    ctx: typer.Context,
    user: UserArgument,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Do not ask for confirmation.")
    ] = False,
    ignore_missing: IgnoreMissingOption = False,
) -> None:
    """Delete a user with roles and tokens.

    Examples:
        osmo user delete ada@example.com
        osmo user delete backend-operator --force --ignore-missing
    """
    from osmo_cli.api.users import missing_user
    from osmo_cli.plan.users import delete_user as delete

    session: Session = ctx.obj
    printer = session.printer
    check_known_user(user)
    credential = session.credential()
    with session.connect(credential) as service:
        service.confirm_dialect()
        existing = service.users.find(user)
        if existing is None and ignore_missing:
            printer.note(f"user {user} not found; nothing was sent")
            return
        if existing is None:
            raise missing_user(user)
        tokens = [token.name for token in service.tokens.list_tokens(TokenOwner(user=user))]
        _note_losses(existing, tokens, printer)
        if not force:
            _confirm(user, printer)
        warnings = delete(service, user)
    for warning in warnings:
        printer.warn(warning)
    printer.text(f"User deleted: {user}")
    forget(credential, TokenOwner(user=user), tokens)


def _note_losses(user: User, tokens: list[str], printer: Printer) -> None:
    losses = [f"tokens {', '.join(tokens)}"] if tokens else []
    losses += [f"roles {', '.join(user.roles)}"] if user.roles else []
    if losses:
        printer.note(f"also deleted: {'; '.join(losses)}")


def _confirm(user: str, printer: Printer) -> None:
    """Ask at a terminal; a script has said what it wants."""
    questions = prompts()
    if not isinstance(questions, NoPrompts):
        questions.go_on(printer, ConflictError(f"{user} will be deleted"))
