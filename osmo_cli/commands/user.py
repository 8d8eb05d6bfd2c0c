"""`osmo user`: list, get, create, update, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.accounts.tokens import TokenOwner
from osmo_cli.accounts.users import check_known_user, check_user_id
from osmo_cli.api.users import UnknownUserError, role_names
from osmo_cli.commands.arguments import FormatOption, IgnoreMissingOption
from osmo_cli.commands.lazy import noun
from osmo_cli.commands.session import NoPrompts, Session, prompts
from osmo_cli.commands.token.kept import forget
from osmo_cli.errors import ConflictError, UsageError
from osmo_cli.output.grants import day_of, show_grants

if TYPE_CHECKING:
    from osmo_cli.api.service import Service
    from osmo_cli.output.printer import Printer

app = noun(
    "user",
    "Users and their roles, on services that keep users.",
    {
        "list": "user:list_users",
        "get": "user:get_user",
        "create": "user:create_user",
        "update": "user:update_user",
        "delete": "user:delete_user",
    },
)

UserArgument = Annotated[str, typer.Argument(metavar="USER", show_default=False)]


def list_users(
    ctx: typer.Context,
    prefix: Annotated[
        str | None, typer.Option("--id-prefix", "-p", help="Only those whose id begins so.")
    ] = None,
    roles: Annotated[
        list[str] | None,
        typer.Option("--roles", "-r", help="Only those with one of these; several may follow."),
    ] = None,
    count: Annotated[
        int | None, typer.Option("--count", "-c", min=1, help="So many at the most.")
    ] = None,
    format_type: FormatOption = None,
) -> None:
    """List the users, newest first."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    with session.connect() as service:
        found = service.users.list_users(prefix=prefix, roles=roles or (), most=count)
    if not printer.as_lines:
        printer.data(found)
    elif not found["users"]:
        printer.text("No users found")
    else:
        printer.text(f"Total users: {found['total_results']}\n")
        rows = [(str(user["id"]), day_of(user.get("created_at"))) for user in found["users"]]
        printer.table(("User ID", "Created At"), rows)


def get_user(ctx: typer.Context, user: UserArgument, format_type: FormatOption = None) -> None:
    """Show a user, with who gave which role and when."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_known_user(user)
    with session.connect() as service:
        found = service.users.get(user)
    facts = {
        "User ID": found.get("id"),
        "Created At": day_of(found.get("created_at")),
        "Created By": found.get("created_by"),
    }
    show_grants(printer, found, facts)


def create_user(
    ctx: typer.Context,
    user: UserArgument,
    roles: Annotated[
        list[str] | None,
        typer.Option("--roles", "-r", help="Roles of the user; several may follow."),
    ] = None,
    format_type: FormatOption = None,
) -> None:
    """Create a user."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_user_id(user)
    with session.connect() as service:
        service.confirm_dialect()
        service.users.route()
        if roles:
            service.users.check_roles(roles)
        made = service.users.create(user, roles or ())
    if not printer.as_lines:
        printer.data(made)
        return
    printer.text(f"User created: {made.get('id', user)}")
    if roles:
        printer.text(f"Roles assigned: {', '.join(roles)}")


def update_user(
    ctx: typer.Context,
    user: UserArgument,
    add: Annotated[
        list[str] | None,
        typer.Option("--add-roles", "-a", help="Roles to give; several may follow."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove-roles", "-r", help="Roles to take away; several may follow."),
    ] = None,
    format_type: FormatOption = None,
) -> None:
    """Give roles to a user, and take roles away; a role goes from the user's tokens too."""
    session: Session = ctx.obj
    printer = session.use_format(format_type)
    check_known_user(user)
    add, remove = add or [], remove or []
    if not add and not remove:
        raise UsageError("nothing to update", hint="give --add-roles, --remove-roles or both")
    if both := sorted(set(add) & set(remove)):
        raise UsageError(f"{', '.join(both)} cannot be both added and removed")
    with session.connect() as service:
        service.confirm_dialect()
        found = service.users.get(user)
        held = role_names(found)
        missing = [role for role in dict.fromkeys(add) if role not in held]
        losing = [role for role in dict.fromkeys(remove) if role in held]
        if missing:
            service.users.check_roles(missing)
        if losing:
            _tell_of_tokens(service, user, losing, printer)
        if missing or losing:
            found = service.users.change_roles(user, add=missing, remove=losing)
    for role in dict.fromkeys([*add, *remove]):
        if role not in (*missing, *losing):
            has = "already has" if role in held else "does not have"
            printer.note(f"{user} {has} the role {role}; nothing was sent for it")
    if not printer.as_lines:
        printer.data(found)
        return
    for role in add:
        printer.text(f"Added role: {role}")
    for role in remove:
        printer.text(f"Removed role: {role}")


def _tell_of_tokens(service: Service, user: str, losing: list[str], printer: Printer) -> None:
    """Say which tokens lose a role with their user."""
    for token in service.tokens.list_tokens(TokenOwner(user=user)):
        if lost := [role for role in losing if role in (token.get("roles") or [])]:
            printer.note(f"token {token.get('token_name')} loses {', '.join(lost)} too")


def delete_user(
    ctx: typer.Context,
    user: UserArgument,
    force: Annotated[bool, typer.Option("--force", "-f", help="Do not ask.")] = False,
    ignore_missing: IgnoreMissingOption = False,
) -> None:
    """Delete a user with roles and tokens."""
    session: Session = ctx.obj
    printer = session.printer
    check_known_user(user)
    credential = session.credential()
    with session.connect(credential) as service:
        service.confirm_dialect()
        found = service.users.find(user)
        if found is None and ignore_missing:
            printer.note(f"there is no user {user}; nothing was sent")
            return
        if found is None:
            raise UnknownUserError(user)
        listed = service.tokens.list_tokens(TokenOwner(user=user))
        names = [str(token.get("token_name")) for token in listed]
        _tell_what_goes(role_names(found), names, printer)
        if not force:
            _ask(user, printer)
        service.users.delete(user)
    printer.text(f"User deleted: {user}")
    forget(credential, TokenOwner(user=user), names)


def _tell_what_goes(roles: list[str], names: list[str], printer: Printer) -> None:
    lost = [f"tokens {', '.join(names)}"] if names else []
    lost += [f"roles {', '.join(roles)}"] if roles else []
    if lost:
        printer.note(f"what goes with it: {'; '.join(lost)}")


def _ask(user: str, printer: Printer) -> None:
    """Ask at a terminal; a script has said what it wants."""
    questions = prompts()
    if not isinstance(questions, NoPrompts):
        questions.go_on(printer, ConflictError(f"{user} will be deleted"))
