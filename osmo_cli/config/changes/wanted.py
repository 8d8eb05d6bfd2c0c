"""The state that an input asks for: merged into what is stored, or instead of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osmo_cli.config.changes.merge import Mode, Replacement, merge_input, replace_whole
from osmo_cli.config.problems import Path, path_text
from osmo_cli.config.registry.shape import Shape
from osmo_cli.config.values import ABSENT, value_at


def wanted_state(shape: Shape, live: Any, given: Any, mode: Mode) -> Any:
    """Return the object that the input asks for.

    Args:
        shape: what the input describes.
        live: what is stored.
        given: the input, with `ABSENT` for each key that it removes.
        mode: what the input is.
    """
    if mode is Mode.MERGE or shape.is_one_value(()):
        return merge_input(live, given, shape.is_one_value)
    if mode is Mode.REPLACE and shape.is_map:
        # As with the service's PUT of a whole type, items that the file leaves out stay.
        given = {name: item for name, item in live.items() if name not in given} | given
    fields = _Fields(shape)
    own_fields = shape.config_type.not_in_values

    def kept(path: Path) -> bool:
        # The whole of it: a file that has a part of it says what is in it.
        is_own = shape.is_own(path) and not shape.is_own(path[:-1])
        return is_own or shape.is_read_only(path) or fields.is_secret(path)

    def protected(value: Any, path: Path) -> bool:
        is_own = len(path) == 1 + shape.is_map and path[-1] in own_fields
        return mode is Mode.REPLACE and (is_own or any(fields.stored_in(value, path)))

    replacement = Replacement(fields.default, kept, protected, fields.is_map_key)
    return replace_whole(live, given, replacement)


def effects_on_secrets(
    shape: Shape, live: Any, given: Any, wanted: Any
) -> Iterator[tuple[str, str]]:
    """Return a message and a hint for what a whole object, by leaving it out, does to secrets.

    Args:
        shape: what the object describes.
        live: what is stored.
        given: the whole object.
        wanted: what is to be stored.
    """
    fields = _Fields(shape)
    for path in fields.stored_in(live, ()):
        if value_at(wanted, path, ABSENT) is ABSENT:
            yield f"{path_text(path)}: the stored secret is removed", ""
        elif shape.is_own(path):
            continue  # it stays whatever the file has
        elif (kept := fields.kept_with_secret(path, given)) is not None:
            message = f"{path_text(kept)} is not in the file and stays: it holds a secret"
            yield message, "to remove it, set it to null"


class _Fields:
    """What the schema of a shape says about the field at a path."""

    def __init__(self, shape: Shape) -> None:
        from osmo_cli.config.schemas.base import secret_paths

        self._model = shape.model()
        self._patterns = set(secret_paths(self._model))

    def default(self, path: Path) -> Any:
        """Return the field's default; `ABSENT` for a required field or a key of a map."""
        from osmo_cli.config.schemas.base import defaults, model_at

        parent = model_at(self._model, path[:-1])
        return ABSENT if parent is None else defaults(parent).get(str(path[-1]), ABSENT)

    def is_secret(self, path: Path) -> bool:
        from osmo_cli.config.schemas.base import field_path

        return field_path(self._model, path) in self._patterns

    def is_map_key(self, path: Path) -> bool:
        from osmo_cli.config.schemas.base import field_path

        return field_path(self._model, path)[-1] == "*"

    def stored_in(self, value: Any, at: Path) -> Iterator[Path]:
        """Return the paths of the secrets in a stored value, which is at `at`; not empty ones."""
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from self.stored_in(inner, (*at, key))
        elif value and self.is_secret(at):
            yield at

    def kept_with_secret(self, path: Path, given: Any) -> Path | None:
        """Return the path of the value that is kept because of the secret at `path` in it.

        None if the input has the value, or if its default has a place for the secret.
        """
        left_out = (n for n in range(1, len(path)) if value_at(given, path[:n], ABSENT) is ABSENT)
        length = next(left_out, None)
        if length is None:
            return None
        default = self.default(path[:length])
        while isinstance(default, dict) and length < len(path):
            default = default.get(path[length], ABSENT)
            length += 1
        return path[:length] if length < len(path) else None
