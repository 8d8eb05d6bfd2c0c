"""`osmo login`, `osmo logout`, `osmo whoami`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.session import Session, prompts
from osmo_cli.credentials.credential import Method
from osmo_cli.errors import UsageError
from osmo_cli.output.printer import Printer

if TYPE_CHECKING:
    from osmo_cli.api.login import DevicePrompt, LoginInfo
    from osmo_cli.api.transport import Transport
    from osmo_cli.credentials.credential import Secrets
    from osmo_cli.credentials.origin import Origin
    from osmo_cli.credentials.profiles import Profile


@dataclass(frozen=True)
class _Asked:
    """What the login command was given."""

    method: Method
    username: str | None
    password: str | None
    password_file: str | None
    token: str | None
    token_file: str | None
    device_endpoint: str | None


def login(
    ctx: typer.Context,
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]",
            show_default=False,
            help="https://... of the service, or: local. Default: that of the last login.",
        ),
    ] = None,
    method: Annotated[
        Method | None, typer.Option("--method", help="How to log in; default: code.")
    ] = None,
    username: Annotated[str | None, typer.Option("--username", help="For password, dev.")] = None,
    password: Annotated[
        str | None, typer.Option("--password", help="Visible to others; see --password-file.")
    ] = None,
    password_file: Annotated[
        str | None, typer.Option("--password-file", metavar="FILE", help="- is stdin.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", help="Visible to others; see --token-file.")
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option("--token-file", metavar="FILE", help="An access token; - is stdin."),
    ] = None,
    device_endpoint: Annotated[
        str | None, typer.Option("--device-endpoint", help="Instead of the service's.")
    ] = None,
    insecure_storage: Annotated[
        bool, typer.Option("--insecure-storage", help="Keep secrets in a private file.")
    ] = False,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Allow http to another machine.")
    ] = False,
    ca_file: Annotated[
        str | None,
        typer.Option("--ca-file", metavar="FILE", help="Certificates to trust, PEM."),
    ] = None,
) -> None:
    """Log in to a service; --profile NAME keeps several logins apart."""
    from osmo_cli.credentials.origin import parse_origin
    from osmo_cli.credentials.profiles import DEFAULT_PROFILE, check_profile_name, save_login

    session: Session = ctx.obj
    profile = check_profile_name(session.profile or DEFAULT_PROFILE)
    if url is None:
        last = _last_login(session.profile)
        profile, url = last.name, str(last.origin)
        allow_http, ca_file = allow_http or last.allow_http, ca_file or last.ca_file
        session.printer.note(f"logging in to {url}")
    origin = parse_origin(url, allow_http=allow_http)
    chosen = method or _default_method(origin, password, password_file, token, token_file)
    asked = _Asked(chosen, username, password, password_file, token, token_file, device_endpoint)
    with session.transport(origin, ca_file=ca_file) as transport:
        made = _log_in(session, origin, transport, asked)
    save_login(
        profile=profile,
        origin=origin,
        method=chosen,
        secrets=made.secrets,
        username=made.username,
        refresh_url=made.refresh_url,
        client_id=made.client_id,
        insecure_storage=insecure_storage,
        allow_http=allow_http,
        ca_file=ca_file,
    )
    session.printer.text(f"Successfully logged in. Welcome {made.username}.")


def _last_login(profile: str | None) -> Profile:
    """The login whose address is meant where none is given.

    Raises:
        UsageError: there is none.
    """
    from osmo_cli.credentials.profiles import active_profile, list_profiles

    named = (one for one in list_profiles() if one.name == profile)
    found = next(named, None) if profile is not None else active_profile()
    if found is None:
        raise UsageError(
            "no address is given, and there is no earlier login to take it from",
            hint="osmo login https://osmo.example.com",
        )
    return found


def _default_method(
    origin: Origin,
    password: str | None,
    password_file: str | None,
    token: str | None,
    token_file: str | None,
) -> Method:
    if origin.is_local:
        return Method.DEV
    if token is not None or token_file is not None:
        return Method.TOKEN
    if password is not None or password_file is not None:
        return Method.PASSWORD
    return Method.CODE


@dataclass(frozen=True)
class _Made:
    """A login that the service accepted."""

    secrets: Secrets
    username: str
    refresh_url: str | None = None
    client_id: str | None = None


def _log_in(session: Session, origin: Origin, transport: Transport, asked: _Asked) -> _Made:
    if asked.method is Method.DEV:
        return _dev(origin, transport, asked)
    if asked.method is Method.TOKEN:
        return _with_token(session, origin, transport, asked)
    from osmo_cli.api import login as flows

    info = flows.login_info(transport)
    if asked.method is Method.PASSWORD:
        return _with_password(session, info, asked)
    endpoint = asked.device_endpoint or info.device_endpoint
    if not endpoint or not info.token_endpoint:
        raise UsageError(
            f"{origin} has no identity provider for a login by code",
            hint="use --method token with an access token, or on a development service "
            "--method dev --username NAME",
        )
    with session.identity_provider(info.token_endpoint) as idp:
        session.identity_provider(endpoint).close()  # checks the address
        secrets = flows.device_login(
            idp, info, endpoint, lambda prompt: _show_code(session.printer, prompt)
        )
    return _oidc(session.printer, secrets, info)


def _dev(origin: Origin, transport: Transport, asked: _Asked) -> _Made:
    given = (asked.password, asked.password_file, asked.token, asked.token_file)
    if any(value is not None for value in given):
        raise UsageError("--method dev takes no secret", hint="leave the token or password out")
    from osmo_cli.credentials.credential import Secrets
    from osmo_cli.credentials.resolve import EMBEDDED_USER

    username = asked.username or (EMBEDDED_USER if origin.is_local else None)
    if not username:
        raise UsageError("--method dev needs a name", hint="--username NAME")
    if not username.isascii() or not username.isprintable():
        raise UsageError("the user name goes in a header: only printable ASCII is possible")
    from osmo_cli.api.dialects import version_of

    version_of(transport)
    return _Made(Secrets(), username)


def _with_token(session: Session, origin: Origin, transport: Transport, asked: _Asked) -> _Made:
    from osmo_cli.api import login as flows
    from osmo_cli.credentials.credential import Secrets
    from osmo_cli.credentials.jwt import user_of
    from osmo_cli.credentials.secret_input import check_token, parse_token_text, read_secret_file

    issuer = None
    if asked.token is not None:
        session.printer.warn(_visible("--token", "--token-file"))
        token = check_token(asked.token, "--token")
    else:
        text = (
            read_secret_file(asked.token_file)
            if asked.token_file is not None
            else prompts().secret(
                "Access token: ", "--token-file FILE, or --token-file - for stdin"
            )
        )
        token, issuer = parse_token_text(text)
    session.printer.redactor.add(token)
    if issuer is not None and issuer != origin:
        raise UsageError(
            f"the token file is of {issuer}, not of {origin}",
            hint="a token goes only to the service that it belongs to; nothing was sent",
        )
    jwt = flows.exchange_access_token(transport, token)
    return _Made(Secrets(access_token=token), user_of(jwt))


def _with_password(session: Session, info: LoginInfo, asked: _Asked) -> _Made:
    from osmo_cli.api import login as flows
    from osmo_cli.credentials.secret_input import read_secret_file

    if not asked.username:
        raise UsageError("--method password needs a name", hint="--username NAME")
    if not info.token_endpoint:
        raise UsageError(
            "this service has no identity provider for a login by password",
            hint="use --method token with an access token, or on a development service "
            "--method dev --username NAME",
        )
    if asked.password is not None:
        session.printer.warn(_visible("--password", "--password-file"))
        password = asked.password
    elif asked.password_file is not None:
        password = read_secret_file(asked.password_file).removesuffix("\n")
    else:
        way_out = "--password-file FILE, or --password-file - for stdin"
        password = prompts().secret("Password: ", way_out)
    session.printer.redactor.add(password)
    with session.identity_provider(info.token_endpoint) as idp:
        secrets = flows.password_login(idp, info, asked.username, password)
    return _oidc(session.printer, secrets, info)


def _oidc(printer: Printer, secrets: Secrets, info: LoginInfo) -> _Made:
    from osmo_cli.credentials.jwt import user_of

    printer.redactor.add(secrets.jwt)
    printer.redactor.add(secrets.refresh_token)
    return _Made(secrets, user_of(secrets.jwt or ""), info.token_endpoint, info.device_client_id)


def _visible(flag: str, better: str) -> str:
    return (
        f"{flag} on the command line can be read by other users and stays in the shell's history; "
        f"{better} does not"
    )


def _show_code(printer: Printer, prompt: DevicePrompt) -> None:
    printer.note(f"Open {prompt.verification_uri} and enter the code {prompt.user_code}")
    if prompt.complete_uri:
        printer.note(f"or open {prompt.complete_uri}")
    printer.note(f"Waiting for up to {prompt.expires_in / 60:.0f} minutes ...")


def logout(ctx: typer.Context) -> None:
    """Forget a login and its secrets; tokens that it made stay valid."""
    from osmo_cli.credentials.profiles import active_profile, forget

    session: Session = ctx.obj
    active = active_profile()
    profile = session.profile or (active.name if active else None)
    if profile is None or not forget(profile):
        session.printer.note("there was no login" + (f" {profile}" if profile else ""))
        return
    session.printer.text("Successfully logged out.")
    session.printer.note(f"forgot profile {profile}")
