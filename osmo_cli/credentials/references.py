"""Where the values come from that an input refers to: environment, files, keyring."""

from __future__ import annotations

import os
from collections.abc import Callable

from osmo_cli.errors import NotLoggedInError, OsmoError, UsageError

_OTHER_SOURCES = "take it from ${env:NAME} or ${file:PATH} instead"


class Elsewhere:
    """Looks up the values of references.

    Args:
        folder: what the paths of files are relative to.
        on_secret: called with each value, so that it is never printed.
    """

    def __init__(self, folder: str, on_secret: Callable[[str], None]) -> None:
        self._folder = folder
        self._on_secret = on_secret
        self._no_keyring: OsmoError | None = None

    def __call__(self, source: str, name: str) -> str:
        """The value of `source` (`env`, `file` or `keyring`) under `name`.

        Raises:
            UsageError: it does not exist, is empty, or is not text.
        """
        read = {"env": self._variable, "file": self._file, "keyring": self._entry}[source]
        value = read(name)
        self._on_secret(value)
        return value

    def _variable(self, name: str) -> str:
        value = os.environ.get(name)
        if value is None:
            raise UsageError(f"the environment variable {name} is not set", hint=f"export {name}")
        if not value:
            hint = "set it, or write the text into the input"
            raise UsageError(f"the environment variable {name} is empty", hint=hint)
        # Bytes that cannot be decoded are surrogates in Python's environment.
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise UsageError(f"the environment variable {name} is not UTF-8 text")
        return value

    def _file(self, name: str) -> str:
        from osmo_cli.credentials.secret_input import read_secret_file

        path = os.path.join(self._folder, name)
        # A file called - is not stdin here.
        text = read_secret_file(path if path != "-" else "./-")
        return text.removesuffix("\n").removesuffix("\r")

    def _entry(self, name: str) -> str:
        from osmo_cli.credentials import keyring_store

        service, slash, user = name.rpartition("/")
        if not (service and slash and user):
            hint = "write ${keyring:SERVICE/USER}"
            raise UsageError(f'"{name}" is not the SERVICE/USER of a keyring\'s entry', hint=hint)
        if self._no_keyring is not None:
            raise self._no_keyring  # it is not waited for once more
        try:
            value = keyring_store.get_entry(service, user)
        except NotLoggedInError as error:
            self._no_keyring = UsageError(error.message, hint=_OTHER_SOURCES)
            raise self._no_keyring from None
        if not value:
            raise UsageError(
                f"the keyring has no entry {name}", hint=f"keyring set {service} {user}"
            )
        return value
