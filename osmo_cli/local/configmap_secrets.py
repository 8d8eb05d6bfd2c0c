"""Secrets that stand in files of their own beside a ConfigMap's (api.md 15)."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.problems import Path as FieldPath
from osmo_cli.errors import UsageError

if TYPE_CHECKING:
    from osmo_cli.config.reading.document import Document

_FILE = "secret_file"
_OF_KUBERNETES = frozenset({"secretName", "secretKey"})


@dataclass
class Secrets:
    """Puts secrets into the objects that name a file; a Secret of Kubernetes is not there.

    Attributes:
        document: the ConfigMap's file.
        folder: what names of files are relative to.
        problems: what is wrong with them.
        remarks: which secrets stay unset.
    """

    document: Document
    folder: Path
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    def filled_in(self, value: Any, at: FieldPath) -> Any:
        """A copy of `value` with its secrets."""
        if isinstance(value, list):
            return [self.filled_in(one, (*at, index)) for index, one in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if _FILE in value:
            return self._from_file(value, at)
        inner = {key: self.filled_in(one, (*at, key)) for key, one in value.items()}
        return {
            key: one
            for key, one in inner.items()
            if key not in _OF_KUBERNETES and not self._is_unset(value[key], one, (*at, key))
        }

    def _is_unset(self, before: Any, after: Any, at: FieldPath) -> bool:
        """Whether an object held the name of a Secret and nothing else; says so of any."""
        if not isinstance(before, dict) or not _OF_KUBERNETES & before.keys():
            return False
        message = "there is no Kubernetes here: the secret stays unset"
        hint = f"{_FILE}: FILE reads it from a file"
        self.remarks.append(self.document.problem(message, at, at_key=True, hint=hint))
        return not after

    def _from_file(self, value: dict[str, Any], at: FieldPath) -> Any:
        given = {key: one for key, one in value.items() if key not in {_FILE, *_OF_KUBERNETES}}
        found = self._content(value[_FILE], (*at, _FILE))
        if "auths" in found:
            return given | _of_docker(found["auths"])
        return found["value"] if found.keys() == {"value"} else given | found

    def _content(self, name: Any, at: FieldPath) -> dict[str, Any]:
        from osmo_cli.config.reading.files import read_input
        from osmo_cli.config.reading.yaml_text import parse_yaml

        try:
            content = parse_yaml(*read_input(str(self.folder / str(name)))).value
        except InvalidInputError as error:
            self._refuse(str(error), at)
        except UsageError as error:
            self._refuse(error.message, at)
        else:
            if isinstance(content, dict):
                return content
            self._refuse("that file must hold an object", at)
        return {}

    def _refuse(self, message: str, at: FieldPath) -> None:
        self.problems.append(self.document.problem(message, at))


def _of_docker(auths: Any) -> dict[str, Any]:
    """The registry credential in a Docker config: the first that it has."""
    for registry, login in auths.items() if isinstance(auths, dict) else ():
        if isinstance(login, dict):
            user, _, password = _decoded(login.get("auth")).partition(":")
            return {
                "registry": registry,
                "username": login.get("username") or user,
                "auth": login.get("password") or password,
            }
    return {}


def _decoded(text: Any) -> str:
    try:
        return b64decode(text or "").decode()
    except (TypeError, ValueError):
        return ""
