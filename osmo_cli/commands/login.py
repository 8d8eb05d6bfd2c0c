"""`osmo login` and `osmo logout`."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated

import typer

from osmo_cli.commands.session import Session, prompts
from osmo_cli.credentials.credential import Method
from osmo_cli.errors import MissingError, OsmoError, UsageError
from osmo_cli.output.printer import Printer

if TYPE_CHECKING:
    from osmo_cli.api.login import DevicePrompt, LoginInfo
    from osmo_cli.api.transport import Transport
    from osmo_cli.credentials.credential import Secrets
    from osmo_cli.credentials.network import Network
    from osmo_cli.credentials.origin import Origin
    from osmo_cli.credentials.profiles import Profile


@dataclass(frozen=True)
class Options:
    """What `osmo login` was asked for, apart from the service.

    Attributes:
        file_text: what is in the file with the method's secret, once it is read.
    """

    method: Method
    username: str | None
    password: str | None
    password_file: str | None
    token: str | None
    token_file: str | None
    device_endpoint: str | None
    insecure_storage: bool

    file_text: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Target:
    """The service to log in to, and the profile to save the login as."""

    profile: str
    origin: Origin
    network: Network
    is_repeated: bool


@dataclass(frozen=True)
class _Login:
    """A login that the service accepted."""

    secrets: Secrets
    username: str
    refresh_url: str | None = None
    client_id: str | None = None


def login(
    ctx: typer.Context,
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL]",
            show_default=False,
            help="https:// address of the service, or `local` for the embedded service. "
            "Default: the address of the last login.",
        ),
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option(
            "--method",
            help="How to log in. Default: code, or the method of the given secret; "
            "dev for the embedded service.",
        ),
    ] = None,
    username: Annotated[
        str | None, typer.Option("--username", help="User name for password and dev.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(
            "--password", help="Password; visible to other users, so use --password-file instead."
        ),
    ] = None,
    password_file: Annotated[
        str | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="File that contains the password; - reads standard input.",
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            "--token", help="Access token; visible to other users, so use --token-file instead."
        ),
    ] = None,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="File that contains an access token; - reads standard input.",
        ),
    ] = None,
    device_endpoint: Annotated[
        str | None,
        typer.Option(
            "--device-endpoint",
            metavar="URL",
            help="Device authorization endpoint to use instead of the service's.",
        ),
    ] = None,
    insecure_storage: Annotated[
        bool,
        typer.Option(
            "--insecure-storage", help="Save secrets in a private file instead of the keyring."
        ),
    ] = False,
    allow_http: Annotated[
        bool, typer.Option("--allow-http", help="Allow plain http to another machine.")
    ] = False,
    ca_file: Annotated[
        str | None,
        typer.Option(
            "--ca-file", metavar="FILE", help="PEM file of certificate authorities to trust."
        ),
    ] = None,
) -> None:
    """Log in to a service.

    With `osmo --profile NAME login` several logins are kept side by side.

    Examples:
        osmo login https://osmo.example.com
        osmo login https://osmo.example.com --method token --token-file token
        osmo login https://osmo.example.com --username ada --password-file -
        osmo login local
    """
    session: Session = ctx.obj
    target = _target(session, url, allow_http, ca_file)
    options = Options(
        method=method
        or _default_method(target.origin, (token, token_file), (password, password_file)),
        username=username,
        password=password,
        password_file=password_file,
        token=token,
        token_file=token_file,
        device_endpoint=device_endpoint,
        insecure_storage=insecure_storage,
    )
    _run(session, target, options)


def _run(session: Session, target: _Target, options: Options) -> None:
    from osmo_cli.credentials.profiles import save_login

    # Before the service is asked, as nothing is to be sent if it cannot be read.
    options = replace(options, file_text=_read_file(options))
    # What only the environment allows or names is not saved: it holds as long as it is set.
    network = target.network.with_variables()
    with session.transport(target.origin, network) as transport:
        if options.method is Method.DEV:
            accepted = _dev(target.origin, options)
        _announce(session.printer, transport, target, options)
        if options.method is not Method.DEV:
            accepted = _log_in(session, target.origin, network, transport, options)
    save_login(
        profile=target.profile,
        origin=target.origin,
        method=options.method,
        secrets=accepted.secrets,
        username=accepted.username,
        refresh_url=accepted.refresh_url,
        client_id=accepted.client_id,
        insecure_storage=options.insecure_storage,
        network=target.network,
    )
    session.printer.text(f"Successfully logged in. Welcome {accepted.username}.")


def _read_file(options: Options) -> str | None:
    """The text of the file with the method's secret; None if none is to be read.

    Raises:
        UsageError: it cannot be read.
    """
    from osmo_cli.credentials.secret_input import read_secret_file

    given, file = {
        Method.TOKEN: (options.token, options.token_file),
        Method.PASSWORD: (options.password, options.password_file),
    }.get(options.method, (None, None))
    return read_secret_file(file) if file is not None and given is None else None


def _target(session: Session, url: str | None, allow_http: bool, ca_file: str | None) -> _Target:
    from osmo_cli.credentials.network import Network
    from osmo_cli.credentials.origin import check_scheme, parse_origin
    from osmo_cli.credentials.profiles import DEFAULT_PROFILE, check_profile_name

    name = check_profile_name(session.profile or DEFAULT_PROFILE)
    if ca_file is not None:
        ca_file = os.path.abspath(ca_file)  # later commands run in other directories
    if url is not None:
        network = Network(allow_http, ca_file)
        origin = parse_origin(url, allow_http=network.with_variables().allow_http)
        return _Target(name, origin, network, is_repeated=False)
    last = _last_login(session.profile)
    network = Network(allow_http or last.allow_http, ca_file or last.ca_file)
    check_scheme(last.origin, allow_http=network.with_variables().allow_http)
    return _Target(last.name, last.origin, network, is_repeated=True)


def _last_login(name: str | None) -> Profile:
    """The login whose address is meant where none is given.

    Raises:
        UsageError: there is no such login.
    """
    from osmo_cli.credentials.profiles import active_profile, list_profiles

    named = (profile for profile in list_profiles() if profile.name == name)
    last = next(named, None) if name is not None else active_profile()
    if last is None:
        raise UsageError(
            "URL is required: there is no earlier login to take the address from",
            hint="osmo login https://osmo.example.com",
        )
    return last


def _default_method(
    origin: Origin, tokens: tuple[str | None, ...], passwords: tuple[str | None, ...]
) -> Method:
    if origin.is_local:
        return Method.DEV
    if any(token is not None for token in tokens):
        return Method.TOKEN
    if any(password is not None for password in passwords):
        return Method.PASSWORD
    return Method.CODE


def _announce(printer: Printer, transport: Transport, target: _Target, options: Options) -> None:
    """Print the address, as the official CLI of the service's version does, or note it.

    A dev login is a name that is sent with each request, so that it needs no service. For the
    other methods the service has to answer.
    """
    from osmo_cli.api.dialects import dialect_before_login

    shows_address = True
    try:
        dialect = dialect_before_login(transport)
    except OsmoError as error:
        if options.method is not Method.DEV:
            raise
        printer.warn(f"the service did not answer as OSMO does: {error.message}")
    else:
        shows_address = dialect is not None and dialect.login_shows_address
    if shows_address:
        printer.text(f"Logging in to {target.origin}")
    elif target.is_repeated:
        printer.note(f"logging in to {target.origin}")


def _log_in(
    session: Session, origin: Origin, network: Network, transport: Transport, options: Options
) -> _Login:
    if options.method is Method.TOKEN:
        return _with_token(session, origin, transport, options)
    from osmo_cli.api import login as flows

    info = flows.login_info(transport)
    if options.method is Method.PASSWORD:
        return _with_password(session, network, info, options)
    endpoint = options.device_endpoint or info.device_endpoint
    if not endpoint or not info.token_endpoint:
        raise _no_identity_provider("code")
    with session.identity_provider(info.token_endpoint, network) as idp:
        session.identity_provider(endpoint, network).close()  # checks the address
        secrets = flows.device_login(
            idp, info, endpoint, lambda prompt: _show_code(session.printer, prompt)
        )
    return _oidc(session.printer, secrets, info)


def _no_identity_provider(method: str) -> UsageError:
    return UsageError(
        f"this service has no identity provider for a login by {method}",
        hint="use --method token with an access token, or on a development service "
        "--method dev --username NAME",
    )


def _dev(origin: Origin, options: Options) -> _Login:
    from osmo_cli.credentials.credential import Secrets
    from osmo_cli.credentials.resolve import EMBEDDED_USER

    secrets = (options.password, options.password_file, options.token, options.token_file)
    if any(secret is not None for secret in secrets):
        raise UsageError(
            "--method dev takes no token or password", hint="leave out the token or password"
        )
    username = options.username or (EMBEDDED_USER if origin.is_local else None)
    if not username:
        raise UsageError("--username is required with --method dev", hint="--username NAME")
    if not username.isascii() or not username.isprintable():
        raise UsageError(
            "the user name must be printable ASCII, since it is sent in an HTTP header"
        )
    return _Login(Secrets(), username)


def _with_token(session: Session, origin: Origin, transport: Transport, options: Options) -> _Login:
    from osmo_cli.api import login as flows
    from osmo_cli.credentials.credential import Secrets
    from osmo_cli.credentials.jwt import user_of
    from osmo_cli.credentials.secret_input import check_token, parse_token_text

    issuer = None
    if options.token is not None:
        session.printer.warn(_visible("--token", "--token-file"))
        token = check_token(options.token, "--token")
    else:
        hint = "--token-file FILE, or --token-file - for standard input"
        text = options.file_text
        token, issuer = parse_token_text(
            text if text is not None else prompts().secret("Access token: ", hint)
        )
    session.printer.redactor.add(token)
    if issuer is not None and issuer != origin:
        raise UsageError(
            f"the token file belongs to {issuer}, not to {origin}",
            hint="a token is sent only to the service that issued it; nothing was sent",
        )
    jwt = flows.exchange_access_token(transport, token)
    return _Login(Secrets(access_token=token), user_of(jwt))


def _with_password(session: Session, network: Network, info: LoginInfo, options: Options) -> _Login:
    from osmo_cli.api import login as flows

    if not options.username:
        raise UsageError("--username is required with --method password", hint="--username NAME")
    if not info.token_endpoint:
        raise _no_identity_provider("password")
    if options.password is not None:
        session.printer.warn(_visible("--password", "--password-file"))
        password = options.password
    elif options.file_text is not None:
        password = options.file_text.removesuffix("\n")
    else:
        hint = "--password-file FILE, or --password-file - for standard input"
        password = prompts().secret("Password: ", hint)
    session.printer.redactor.add(password)
    with session.identity_provider(info.token_endpoint, network) as idp:
        secrets = flows.password_login(idp, info, options.username, password)
    return _oidc(session.printer, secrets, info)


def _oidc(printer: Printer, secrets: Secrets, info: LoginInfo) -> _Login:
    from osmo_cli.credentials.jwt import user_of

    printer.redactor.add(secrets.jwt)
    printer.redactor.add(secrets.refresh_token)
    return _Login(secrets, user_of(secrets.jwt or ""), info.token_endpoint, info.device_client_id)


def _visible(flag: str, better: str) -> str:
    return (
        f"{flag} on the command line can be read by other users and is saved in the shell's "
        f"history; use {better} instead"
    )


def _show_code(printer: Printer, prompt: DevicePrompt) -> None:
    printer.note(f"Open {prompt.verification_uri} and enter the code {prompt.user_code}")
    if prompt.complete_uri:
        printer.note(f"or open {prompt.complete_uri}")
    printer.note(f"Waiting for up to {prompt.expires_in / 60:.0f} minutes ...")


def logout(ctx: typer.Context) -> None:
    """Log out: delete the login and its secrets.

    Access tokens stay valid; `osmo token delete` ends them.

    Examples:
        osmo logout
        osmo --profile staging logout
    """
    from osmo_cli.credentials.profiles import active_profile, forget

    session: Session = ctx.obj
    active = active_profile()
    profile = session.profile or (active.name if active else None)
    if profile is None:
        session.printer.note("not logged in")
    elif not forget(profile):
        session.printer.note(MissingError(f"profile {profile}").message)
    else:
        session.printer.text("Successfully logged out.")
        session.printer.note(f"deleted profile {profile}")
