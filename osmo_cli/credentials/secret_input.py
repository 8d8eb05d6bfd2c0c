"""Secrets that a user hands in: a file, stdin, an environment variable."""

from __future__ import annotations

import os
import stat
from urllib.parse import parse_qs, urlsplit

from osmo_cli.bounded_files import STDIN
from osmo_cli.credentials.origin import Origin, parse_origin
from osmo_cli.errors import UsageError
from osmo_cli.text_files import NotTextError, read_text

MAX_BYTES = 64 * 1024
"""Maximum size of a secret's file; tokens have 43 or 64 characters, JWTs a few thousand."""


def read_secret_file(path: str) -> str:
    """Return the text of a file with one secret, `-` for stdin; a trailing newline is kept.

    Raises:
        UsageError: it does not exist, cannot be read, is a directory, empty, not text or larger
            than 64 KiB.
    """
    name = "standard input" if path == STDIN else path
    try:
        text = read_text(path, MAX_BYTES)
    except NotTextError as error:
        raise UsageError(f"{name}: {error.message}", hint="save it as UTF-8 text") from None
    if not text.strip():
        raise UsageError(f"{name} is empty", hint="it should hold one secret")
    return text


def is_needlessly_readable(path: str) -> bool:
    """Whether its group or everyone may read a regular file, and this user could change that.

    A secret that is mounted read-only, or belongs to somebody else, has the mode that it was
    given, as in a container.
    """
    try:
        status = os.stat(path)
        is_read_only = os.statvfs(path).f_flag & os.ST_RDONLY
    except OSError:
        return False
    is_readable = stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_IRGRP | stat.S_IROTH)
    is_changeable = os.geteuid() in (0, status.st_uid) and not is_read_only
    return bool(is_readable and is_changeable)


def check_token(text: str, name: str) -> str:
    """`text` without one trailing newline, if it can be a token at all.

    Raises:
        UsageError: it is empty or has white space, control or non-ASCII characters inside.
    """
    token = text.removesuffix("\n").removesuffix("\r")
    if not token.strip():
        raise UsageError(f"{name} is empty", hint="it should hold an access token")
    if not all("!" <= character <= "~" for character in token):
        raise UsageError(
            f"{name} holds more than a token: white space, control or non-ASCII characters",
            hint="it should hold the token alone, without quotes or spaces",
        )
    return token


def parse_token_text(text: str, name: str = "the token file") -> tuple[str, Origin | None]:
    """The token in `text`, and its origin where `text` is a complete 6.0 refresh URL.

    6.0 keeps tokens as `https://HOST/api/auth/jwt/access_token?access_token=TOKEN`
    (docs/service/authentication.md#login-methods). No error repeats `text`.

    Raises:
        UsageError: `text` is neither a token nor such a URL.
    """
    token = check_token(text, name)
    if not token.lower().startswith(("http://", "https://")):
        return token, None
    return split_refresh_url(token, name)


def split_refresh_url(url: str, name: str) -> tuple[str, Origin]:
    """The access token in a 6.0 refresh URL's query, and the URL's origin.

    Raises:
        UsageError: the URL has no host, or not one `access_token`.
    """
    try:
        parts = urlsplit(url)
        tokens = parse_qs(parts.query, max_num_fields=20).get("access_token", [])
    except ValueError:
        tokens = []
    if len(tokens) != 1:
        raise UsageError(
            f"{name} holds a URL without one access_token in its query",
            hint="it should hold the token, or the complete refresh URL that OSMO 6.0 printed",
        )
    # Whether http is allowed is asked of the URL that requests go to, which must be the same.
    origin = parse_origin(f"{parts.scheme}://{parts.netloc}", allow_http=True)
    return check_token(tokens[0], name), origin
