"""Secrets that a ConfigMap refers to (docs/service/helm-values.md#secrets).

The service finds them below /etc/osmo/secrets; here the folder `secrets` beside the ConfigMap's
file takes its place: `secrets/NAME/KEY` is the key of a Secret.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.bounded_files import read_bytes
from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.problems import Path as FieldPath
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.local.configmap_yaml import Source

_FILE, _NAME, _KEY = "secret_file", "secretName", "secretKey"
_MOUNT = "/etc/osmo/secrets/"
_DEFAULT_KEY = "cred.yaml"


class _UnreadableError(Exception):
    """Why a reference stays as it is."""


@dataclass
class Secrets:
    """Puts the content of Secrets in place of the references to them.

    A reference that cannot be read stays as it is, and validation decides what that means.

    Attributes:
        source: the ConfigMap's file.
        folder: that file's folder.
        remarks: which references could not be read, and why.
    """

    source: Source
    folder: Path
    remarks: list[Problem] = field(default_factory=list)

    def resolve_section(self, section: Any, at: FieldPath) -> Any:
        """A copy of a section with its secrets; a reference is only looked for inside of it."""
        if not isinstance(section, dict):
            return section
        return {key: self._resolve(value, (*at, key)) for key, value in section.items()}

    def _resolve(self, value: Any, at: FieldPath) -> Any:
        if not isinstance(value, dict):
            return value
        if _FILE not in value and _NAME not in value:
            return {key: self._resolve(inner, (*at, key)) for key, inner in value.items()}
        try:
            content = self._content(value)
        except _UnreadableError as error:
            hint = f"the key of a Secret is the file {self.folder / 'secrets'}/NAME/KEY"
            self.remarks.append(self.source.problem(str(error), at, hint=hint))
            return value
        if content.keys() == {"value"} and self._is_file(value):
            return content["value"]
        given = {key: inner for key, inner in value.items() if key not in (_FILE, _NAME, _KEY)}
        if "auths" in content:
            content = _of_docker(content["auths"])
        return given | content

    def _is_file(self, reference: dict[str, Any]) -> bool:
        """Whether the content is one file; otherwise each file of a folder is a field."""
        if _FILE in reference or _KEY in reference:
            return True
        return (self._secret(reference) / _DEFAULT_KEY).is_file()

    def _content(self, reference: dict[str, Any]) -> dict[str, Any]:
        if _FILE in reference:
            path = str(reference[_FILE])
            if path.startswith(_MOUNT):
                return self._mapping(self.folder / "secrets" / path.removeprefix(_MOUNT))
            return self._mapping(self.folder / path)
        folder = self._secret(reference)
        if self._is_file(reference):
            return self._mapping(folder / str(reference.get(_KEY, _DEFAULT_KEY)))
        return self._fields(folder)

    def _secret(self, reference: dict[str, Any]) -> Path:
        return self.folder / "secrets" / str(reference[_NAME])

    @staticmethod
    def _mapping(file: Path) -> dict[str, Any]:
        from osmo_cli.config.reading.files import read_input
        from osmo_cli.local.configmap_yaml import read_source

        try:
            content = read_source(*read_input(str(file))).value
        except InvalidInputError as error:
            raise _UnreadableError(str(error)) from None
        except UsageError as error:
            raise _UnreadableError(error.message) from None
        if not isinstance(content, dict):
            raise _UnreadableError(f"{file}: does not contain a mapping")
        return content

    @staticmethod
    def _fields(folder: Path) -> dict[str, Any]:
        try:
            # Names that begin with two dots are Kubernetes' own.
            files = [file for file in folder.iterdir() if not file.name.startswith("..")]
            return {
                file.name: read_bytes(file).decode().rstrip("\n")
                for file in files
                if file.is_file()
            }
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise _UnreadableError(f"{folder}: {reason}") from None


def _of_docker(auths: Any) -> dict[str, Any]:
    """The registry credential in a Docker configuration: its first registry.

    Without `username` there, none is taken from `auth`.
    """
    for registry, login in auths.items() if isinstance(auths, dict) else ():
        if isinstance(login, dict):
            password = _decoded(login.get("auth")).partition(":")[2]
            return {
                "registry": registry,
                "username": login.get("username", ""),
                "auth": login.get("password") or password,
            }
    return {}


def _decoded(text: Any) -> str:
    try:
        return b64decode(text or "").decode()
    except (TypeError, ValueError):
        return ""
