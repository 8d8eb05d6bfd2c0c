"""An object of a service as the content of a file: `osmo config plan` finds nothing to do for it.

A file is the whole of its object, so what has its default is left out, and what only the service
sets. Secrets, which a service never shows, become references to environment variables.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from osmo_cli.config.problems import Path
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.secrets import is_mask
from osmo_cli.config.values import ABSENT, same, value_at

VARIABLE_PREFIX = "OSMO_SECRET_"
_PLAIN_KEY = re.compile(r"[a-z0-9-]+")
_DIGEST_LENGTH = 6


def secret_variable(shape: Shape, path: Path) -> str:
    """Return the name of the environment variable for the secret at `path`.

    A key of a map that could be confused with another once it is in capital letters has a part of
    its digest behind it.
    """
    from osmo_cli.config.schemas.base import field_path

    words = [_variable_word(shape.config_type.path)]
    words += [_variable_key(shape.name)] if shape.name is not None else []
    for step, pattern in zip(path, field_path(shape.model(), path), strict=True):
        words.append((_variable_key if pattern == "*" else _variable_word)(str(step)))
    return VARIABLE_PREFIX + "_".join(words)


def filled(shape: Shape, content: Any) -> Any:
    """Return the object that the content of a file stands for, with its defaults. Loads pydantic.

    Fields that a service keeps in a table of their own have no default (`mapping_fields`).
    """
    from osmo_cli.config.schemas.base import defaults, model_at

    mappings = shape.config_type.mapping_fields

    def fill(value: Any, path: Path) -> Any:
        if not isinstance(value, dict):
            return value
        model = model_at(shape.model(), path)
        known = {} if model is None else defaults(model)
        result = {key: fill(inner, (*path, key)) for key, inner in value.items()}
        left_out = known.keys() - value.keys() - mappings
        return {key: deepcopy(known[key]) for key in known if key in left_out} | result

    return fill(content, ())


def _variable_word(step: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", step.upper())


def _variable_key(key: str) -> str:
    word = _variable_word(key)
    if not _PLAIN_KEY.fullmatch(key):
        word += "_" + sha256(key.encode()).hexdigest()[:_DIGEST_LENGTH].upper()
    return word


@dataclass(frozen=True)
class Exported:
    """The content of a file.

    Attributes:
        value: the content.
        variables: names of the environment variables that it refers to.
        lost: paths of masked values that are not in it: no schema says that they are secrets.
    """

    value: Any
    variables: tuple[str, ...]
    lost: tuple[Path, ...]


def exported(
    shape: Shape,
    live: Any,
    *,
    all_fields: bool = False,
    is_unset: Callable[[Path], bool] = lambda path: False,
    earlier: Any = ABSENT,
) -> Exported:
    """Return a stored object as the content of its file. Loads pydantic.

    Args:
        shape: what it is.
        live: the object, with masks.
        all_fields: keep what the service sets, and what has its default.
        is_unset: whether the secret at a path was never set, although it has a mask.
        earlier: what the file holds, or ABSENT: its references to secrets are kept, and what may
            be a secret and is not in it is left out.
    """
    writer = _Writer(shape, all_fields, is_unset, earlier)
    value = writer.value(live, ())
    return Exported(value, tuple(dict.fromkeys(writer.variables)), tuple(writer.lost))


def same_content(shape: Shape, first: Any, second: Any, *, all_fields: bool = False) -> bool:
    """Return whether two contents of a file are the same object, apart from its secrets.

    Args:
        shape: what they describe.
        first, second: the contents.
        all_fields: what the service sets and what has its default counts too, unless it changes
            by itself.
    """

    def bare(content: Any) -> Any:
        if all_fields:
            return shape.without(content, lambda path: shape.is_volatile(path) or secret(path))
        return _Writer(shape, False, lambda path: True, ABSENT, keep_secrets=False).value(
            content, ()
        )

    def secret(path: Path) -> bool:
        return shape.is_secret(path)

    return same(bare(first), bare(second))


class _Writer:
    """Makes the content of one file."""

    def __init__(
        self,
        shape: Shape,
        all_fields: bool,
        is_unset: Callable[[Path], bool],
        earlier: Any,
        *,
        keep_secrets: bool = True,
    ) -> None:
        self.variables: list[str] = []
        self.lost: list[Path] = []
        self._shape = shape
        self._model = shape.model()
        self._all_fields = all_fields
        self._is_unset = is_unset
        self._earlier = earlier
        self._keep_secrets = keep_secrets

    def value(self, live: Any, path: Path) -> Any:
        """Return the content for a stored value; ABSENT where it is left out."""
        if isinstance(live, dict) and not self._shape.is_secret(path):
            return self._object(live, path)
        return self._secret(live, path) if self._has_secret(live, path) else deepcopy(live)

    def _object(self, live: dict[str, Any], path: Path) -> dict[str, Any]:
        from osmo_cli.config.schemas.base import defaults, model_at

        model = model_at(self._model, path)
        known = {} if model is None else defaults(model)
        fields = {} if model is None else model.model_fields
        result = {}
        # The fields in the order of the schema: a service may keep keys in any order.
        for key in [*(key for key in fields if key in live), *sorted(live.keys() - fields)]:
            at = (*path, key)
            if self._is_left_out(at):
                continue
            value = self.value(live[key], at)
            default = known.get(key, ABSENT)
            if value is ABSENT or (not self._all_fields and same(value, default)):
                continue
            if value == {} and live[key] != {} and self._is_default_object(default, at):
                continue  # only defaults were in it, and what is not exported
            result[key] = value
        return result

    def _is_default_object(self, default: Any, path: Path) -> bool:
        from osmo_cli.config.schemas.base import defaults, model_at

        model = model_at(self._model, path)
        return model is not None and same(default, defaults(model))

    def _is_left_out(self, path: Path) -> bool:
        shape = self._shape
        return shape.is_own(path) or (not self._all_fields and shape.is_read_only(path))

    def _has_secret(self, live: Any, path: Path) -> bool:
        if not self._shape.config_type.secrets:
            return False
        return is_mask(live) or (self._shape.is_secret(path) and bool(live))

    def _secret(self, live: Any, path: Path) -> Any:
        if not self._keep_secrets:
            return ABSENT
        if not self._shape.is_secret(path):
            self.lost.append(path)
            return ABSENT
        from osmo_cli.config.reading.references import references_in

        default = self._default(path)
        own = value_at(self._earlier, path)
        left_out = self._earlier is not ABSENT and own is None and default is not ABSENT
        if self._is_unset(path) or left_out:
            return ABSENT
        if isinstance(own, str) and (given := list(references_in(own))):
            names = (reference.partition("env:")[2].rstrip("}") for reference in given)
            self.variables += filter(None, names)
            return own
        variable = secret_variable(self._shape, path)
        self.variables.append(variable)
        return f"${{env:{variable}}}"

    def _default(self, path: Path) -> Any:
        from osmo_cli.config.schemas.base import defaults, model_at

        parent = model_at(self._model, path[:-1])
        return ABSENT if parent is None else defaults(parent).get(str(path[-1]), ABSENT)
