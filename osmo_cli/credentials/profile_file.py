"""The file of named logins, profiles.json: everything about them but their secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, Literal, get_args

from osmo_cli import paths
from osmo_cli.credentials.credential import Method
from osmo_cli.credentials.origin import Origin, parse_origin
from osmo_cli.errors import OsmoError, UsageError
from osmo_cli.private_files import read_private, replace_private
from osmo_cli.quick_dataclass import dataclass

DEFAULT_PROFILE = "default"
Storage = Literal["keyring", "file", "none"]

_VERSION = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Profile:
    """A named login.

    Attributes:
        name: as in `--profile`.
        origin: the service.
        method: how it was logged in.
        storage: where its secrets are; `none` for a developer login, which has none.
        login_id: a random ID of this login, different from earlier ones of the profile.
        username, refresh_url, client_id, allow_http, ca_file: as of `Credential`.
    """

    name: str
    origin: Origin
    method: Method
    storage: Storage
    login_id: str
    username: str | None = None
    refresh_url: str | None = None
    client_id: str | None = None
    allow_http: bool = False
    ca_file: str | None = None


@dataclass
class ProfileFile:
    """The profiles by name, and which one commands use where none is named."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    active: str | None = None


def check_profile_name(name: str) -> str:
    """Return `name` unchanged if a profile can have it.

    Raises:
        UsageError: it is not a valid name.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            "a profile's name has up to 64 letters, digits, dots, underscores and hyphens, and "
            "starts with a letter or digit",
            hint="for example --profile prod",
        )
    return name


def config_file(name: str) -> Path:
    """Return the path of the file `name` in the configuration directory.

    Raises:
        OsmoError: the user has no home directory.
    """
    try:
        return paths.config_dir() / name
    except RuntimeError:
        raise OsmoError(
            "there is no home directory to keep a login in",
            hint="set HOME or OSMO_CONFIG_FILE_DIR; or set OSMO_URL with OSMO_TOKEN",
        ) from None


def read_profiles() -> ProfileFile:
    """Return all profiles; none if the file does not exist yet.

    Raises:
        OsmoError: the file cannot be read, is damaged, or was written by a newer version of
            this program.
    """
    file = config_file("profiles.json")
    try:
        content = json.loads(read_private(file))
    except (FileNotFoundError, NotADirectoryError):
        return ProfileFile()
    except OSError as error:
        raise OsmoError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _damaged(file, "it is not JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("version"), int):
        raise _damaged(file, "it has no version")
    if content["version"] > _VERSION:
        raise OsmoError(
            f"{file} was written by a newer version of osmo",
            hint="update osmo, or use OSMO_CONFIG_FILE_DIR to keep logins of this one elsewhere",
        )
    entries, active = content.get("profiles"), content.get("active")
    if not isinstance(entries, dict) or not isinstance(active, str | None):
        raise _damaged(file, "it has no profiles")
    try:
        profiles = {name: _profile(name, entry) for name, entry in entries.items()}
    except (UsageError, ValueError, TypeError, KeyError):
        raise _damaged(file, "it has a profile that is not whole") from None
    return ProfileFile(profiles, active if active in profiles else None)


def write_profiles(content: ProfileFile) -> None:
    """Replace the file.

    Args:
        content: all profiles, changed within `locked_profiles` so that no change is lost.

    Raises:
        OsmoError: the file cannot be written.
    """
    file = config_file("profiles.json")
    entries = {
        profile.name: {
            key: value
            for key, value in (asdict(profile) | {"origin": str(profile.origin)}).items()
            if key != "name"
        }
        for profile in content.profiles.values()
    }
    document = {"version": _VERSION, "active": content.active, "profiles": entries}
    try:
        replace_private(file, json.dumps(document, indent=2, sort_keys=True) + "\n")
    except OSError as error:
        raise cannot_write(file, error) from None


@contextmanager
def locked_profiles() -> Iterator[ProfileFile]:
    """Read the profiles, and keep other processes from changing them until the block ends.

    Yields:
        The profiles, for `write_profiles`.

    Raises:
        OsmoError: the file cannot be read or is damaged, or the directory cannot be written.
    """
    from osmo_cli.credentials.file_lock import exclusive

    file = config_file("profiles.lock")
    with ExitStack() as stack:
        try:
            stack.enter_context(exclusive(file))
        except OSError as error:
            raise cannot_write(file.parent, error) from None
        yield read_profiles()


def cannot_write(file: Path, error: OSError) -> OsmoError:
    """Return the error for a file that cannot be written, with ways to log in without it."""
    return OsmoError(
        f"cannot write {file}: {error.strerror}",
        hint="set OSMO_CONFIG_FILE_DIR to a folder you can write, or use OSMO_URL with "
        "OSMO_TOKEN, which writes nothing",
    )


def _damaged(file: Path, reason: str) -> OsmoError:
    return OsmoError(
        f"{file} is damaged: {reason}", hint="repair it, or move it away and log in again"
    )


def _profile(name: str, entry: dict[str, Any]) -> Profile:
    """Return the profile that an entry of the file describes.

    Raises:
        ValueError, KeyError: a field is missing or of another type.
        UsageError: its name or its address is not valid.
    """
    storage, allow_http = entry["storage"], entry["allow_http"]
    if storage not in get_args(Storage) or not isinstance(allow_http, bool):
        raise ValueError(name)
    texts = {key: entry[key] for key in ("username", "refresh_url", "client_id", "ca_file")}
    if not all(isinstance(text, str | None) for text in texts.values()):
        raise ValueError(name)
    if not isinstance(entry["login_id"], str) or not isinstance(entry["origin"], str):
        raise ValueError(name)
    return Profile(
        name=check_profile_name(name),
        # Whether http is allowed is asked when the login is used.
        origin=parse_origin(entry["origin"], allow_http=True),
        method=Method(entry["method"]),
        storage=storage,
        login_id=entry["login_id"],
        allow_http=allow_http,
        **texts,
    )
