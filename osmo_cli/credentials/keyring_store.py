"""Secrets in the operating system's keyring. The only module that imports `keyring`.

A keyring is somebody else's program: it may be absent, locked, stopped or a fake. Each call
runs in a daemon thread with a time limit, so that none of these can hang a command, and what
is written is read back.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeVar

from osmo_cli.credentials.origin import Origin
from osmo_cli.errors import NotLoggedInError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

CALL_SECONDS = 3.0
"""Limit of one call; a time-out means locked, not absent."""
DIALOG_SECONDS = 60.0
"""Limit where a dialog may open on the user's desktop: people need time to type."""

_SECRET_SERVICE = ("keyring.backends.SecretService", "keyring.backends.libsecret")
_KWALLET = "keyring.backends.kwallet"
# Everything else (null, fail, keyrings.alt, ...) drops what it is given or keeps it readable.
_TRUSTED = (
    *_SECRET_SERVICE,
    _KWALLET,
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)
_CHAINER = "keyring.backends.chainer"
_WAYS_OUT = (
    "set OSMO_URL with OSMO_TOKEN or OSMO_TOKEN_FILE, or log in with --insecure-storage "
    "(a file that only you can read)"
)


class KeyringUnavailableError(NotLoggedInError):
    """There is no keyring that keeps secrets (exit 4)."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"no keyring can be used: {reason}",
            hint=f"{_WAYS_OUT}, or install and start a keyring (gnome-keyring, KWallet)",
        )


class KeyringLockedError(NotLoggedInError):
    """There is a keyring, but it is locked or does not answer (exit 4)."""

    def __init__(self, reason: str = "it is locked") -> None:
        super().__init__(
            f"the keyring can't be read: {reason}",
            hint=f"unlock it on your desktop and try again; or {_WAYS_OUT}",
        )


class _State(Enum):
    READY = auto()
    LOCKED = auto()
    EMPTY = auto()  # no default collection: nothing is kept, creating it opens a dialog


def get(origin: Origin, key: str) -> str | None:
    """Return the secret kept for `origin` under `key`, or None.

    Args:
        origin: the service that issued the secret.
        key: which of its secrets, as in `login/default`.

    Raises:
        KeyringUnavailableError: no keyring keeps secrets, or it failed.
        KeyringLockedError: it is locked, or does not answer in time.
    """
    return get_entry(_service(origin), key)


def get_entry(service: str, user: str) -> str | None:
    """Return what any program has kept for `user` of `service`, or None.

    Args:
        service, user: the two names that a keyring files an entry under.

    Raises:
        KeyringUnavailableError: no keyring keeps secrets, or it failed.
        KeyringLockedError: it is locked, or does not answer in time.
    """
    return _call(lambda backend: backend.get_password(service, user), when_empty=(None,))


def put(origin: Origin, key: str, value: str) -> None:
    """Keep `value` for `origin` under `key`, and read it back.

    Raises:
        KeyringUnavailableError: no keyring keeps secrets, it failed, or it does not give back
            what it was given.
        KeyringLockedError: it is locked, or does not answer in time.
    """
    service = _service(origin)

    def write(backend: KeyringBackend) -> bool:
        backend.set_password(service, key, value)
        return backend.get_password(service, key) == value

    if not _call(write):
        raise KeyringUnavailableError("it did not keep what it was given")


def delete(origin: Origin, key: str) -> bool:
    """Remove what is kept for `origin` under `key`.

    Returns:
        Whether there was something to remove.

    Raises:
        KeyringUnavailableError: no keyring keeps secrets, or it failed.
        KeyringLockedError: it is locked, or does not answer in time.
    """
    service = _service(origin)

    def remove(backend: KeyringBackend) -> bool:
        if backend.get_password(service, key) is None:
            return False
        backend.delete_password(service, key)
        return True

    return _call(remove, when_empty=(False,))


def is_available() -> bool:
    """Return whether a secret could be kept now.

    A locked keyring counts where a dialog may open to unlock it.
    """
    try:
        check()
    except NotLoggedInError:
        return False
    return True


def check() -> None:
    """Check that a secret could be kept now.

    Raises:
        KeyringUnavailableError: no keyring keeps secrets, or it failed.
        KeyringLockedError: it is locked, or does not answer in time.
    """
    _, state = _within(CALL_SECONDS, _open)
    _check_state(state)


def _check_state(state: _State) -> None:
    """Raise where a secret could be kept only after a dialog, and none may open."""
    if state is _State.READY or _may_ask():
        return
    if state is _State.LOCKED:
        raise KeyringLockedError
    raise KeyringUnavailableError("it has no default collection yet")


def _service(origin: Origin) -> str:
    return f"osmo {origin}"


def _may_ask() -> bool:
    """Whether the keyring may open a dialog: a person is there, and a screen to show it on."""
    if os.environ.get("CI") or sys.stdin is None or not sys.stdin.isatty():
        return False
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True


def _call(operation: Callable[[KeyringBackend], T], *, when_empty: tuple[T, ...] = ()) -> T:
    """Run `operation` on the keyring, within the time limit.

    Args:
        operation: what to do with the backend.
        when_empty: holds the result for a keyring without a default collection, which opening
            would create in a dialog; empty: an error then.

    Raises:
        KeyringUnavailableError: no keyring keeps secrets, or it failed.
        KeyringLockedError: it is locked, or does not answer in time.
    """
    backend, state = _within(CALL_SECONDS, _open)
    if state is _State.EMPTY and when_empty:
        return when_empty[0]
    _check_state(state)
    seconds = CALL_SECONDS if state is _State.READY else DIALOG_SECONDS
    return _within(seconds, lambda: operation(backend))


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Return the result of `work`, done in a daemon thread, which does not keep the process.

    Raises:
        KeyringLockedError: it takes longer than `seconds`.
        KeyringUnavailableError: it failed in another way.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="keyring", daemon=True)
    thread.start()
    thread.join(seconds)
    if results:
        return results[0]
    if errors:
        raise _as_ours(errors[0]) from None
    raise KeyringLockedError(f"it does not answer within {seconds:.0f} s")


def _as_ours(error: BaseException) -> BaseException:
    """Return an error of this module for `error` of any keyring backend, without its text."""
    if isinstance(error, NotLoggedInError) or not isinstance(error, Exception):
        return error
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"KeyringLocked", "LockedException", "PromptDismissedException"}:
        return KeyringLockedError()
    return KeyringUnavailableError(f"it failed with {type(error).__name__}")


def _open() -> tuple[KeyringBackend, _State]:
    """Return the backend to use, and whether it can be used without a dialog.

    Raises:
        KeyringUnavailableError: no backend that keeps secrets is set up.
    """
    # Without this address D-Bus libraries may start a bus of their own (autolaunch).
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    if sys.platform.startswith("linux") and (not address or address.startswith("autolaunch:")):
        raise KeyringUnavailableError("this session has no D-Bus (DBUS_SESSION_BUS_ADDRESS)")
    backend = _trusted_backend()
    module = type(backend).__module__
    if module in _SECRET_SERVICE:
        return backend, _secret_service_state()
    # KWallet can't be asked whether it is open through its backend without opening a dialog.
    return backend, _State.LOCKED if module == _KWALLET else _State.READY


def _trusted_backend() -> KeyringBackend:
    """Return the chosen backend, or the member of a chain of backends that keeps secrets.

    Raises:
        KeyringUnavailableError: no backend that keeps secrets is set up.
    """
    import logging

    import keyring

    # It logs plug-ins that do not load, with tracebacks; without a handler these reach stderr.
    logging.getLogger("keyring").addHandler(logging.NullHandler())
    try:
        backend = keyring.get_keyring()
    except Exception as error:  # whatever the module named in PYTHON_KEYRING_BACKEND raises
        raise KeyringUnavailableError(
            f"the backend that is set up does not load ({type(error).__name__}); see "
            "PYTHON_KEYRING_BACKEND and keyringrc.cfg"
        ) from None
    module = type(backend).__module__
    if module == _CHAINER:
        # The chainer would pass a secret on to any member; the best trusted one is used alone.
        for member in getattr(backend, "backends", []):
            if type(member).__module__ in _TRUSTED:
                return member  # type: ignore[no-any-return]
    if module not in _TRUSTED:
        if module == "keyring.backends.fail":
            raise KeyringUnavailableError("no keyring is running")
        raise KeyringUnavailableError(f"{module} does not keep secrets safe")
    return backend


def _secret_service_state() -> _State:
    """Return the state of the default collection, without opening a dialog."""
    from contextlib import closing

    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        try:
            collection = secretstorage.Collection(connection)
        except secretstorage.ItemNotFoundException:
            return _State.EMPTY
        return _State.LOCKED if collection.is_locked() else _State.READY
