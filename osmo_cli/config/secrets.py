"""The service's mask for secrets, masking of answers that lack it, and the remarks shown here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from osmo_cli.config.problems import Path
    from osmo_cli.config.registry.types import ConfigType

MASK = "*" * 10
"""What GET, history, diff and PATCH answers show for a secret (docs/service/secrets.md#masks)."""

# Remarks that are shown in place of secrets.
STORED_SECRET = "(secret)"  # noqa: S105
"""A stored secret."""
SAME_SECRET = "(secret, same)"  # noqa: S105
"""A given secret that is already stored."""
CHANGED_SECRET = "(secret, changed)"  # noqa: S105
"""A given secret; another value or none is stored."""
SENT_SECRET = "(secret, sent)"  # noqa: S105
"""A given secret that may already be stored."""
REMARKS = (STORED_SECRET, SAME_SECRET, CHANGED_SECRET, SENT_SECRET)


_NAMES = (
    r"(?:auth|credentials?|key_secret|passphrase|passw(?:or)?d|secrets?|token"
    r"|(?:access|api|encryption|private|secret|signing)_?key)"
)
# Compiled when they are needed: each command loads this module.
_SECRET_NAME = rf"(?i:(?:.*_)?{_NAMES})"
"""Names of fields that hold secrets, for fields that no schema knows."""
_SECRET_IN_TEXT = (
    rf"""(?i)(?P<field>["']?\b(?:\w{{0,64}}_)?{_NAMES}["']?[ \t]*[:=][ \t]*)"""
    r"""(?:"(?:[^"\\\n]|\\.)*"?|'[^'\n]*'?|[^\s,{}\[\]"'][^,}\n]*)"""
)


def has_secret_name(field: str) -> bool:
    """Whether a field has a name like `password`."""
    return bool(re.fullmatch(_SECRET_NAME, field))


def mask_secrets(config_type: ConfigType, data: Any) -> Any:
    """A copy of a type's data, as any service sends it, in which every secret is masked.

    A service may send secrets in clear text: the history of a type that it no longer has, fields
    that an older version stored, the ciphertext of a secret that was never set. So the secret
    fields of every service version count, and of a type that has any, also fields with a name
    like `password`. Empty strings stay: they are no secrets.

    Args:
        config_type: the type.
        data: the whole type, or what the service sends around it.
    """
    if not config_type.secrets:
        return data
    return _masked(data, config_type.secrets)


def mask_secrets_in_text(text: str) -> str:
    """Mask the values of fields with a name like `password` in text that cannot be parsed."""
    return re.sub(_SECRET_IN_TEXT, rf'\g<field>"{MASK}"', text)


def mask_secret_changes(
    config_type: ConfigType, first: Any, second: Any, revision: int
) -> tuple[Any, Any]:
    """Two states with masked secrets; one that changed is marked as the service marks it.

    Args:
        config_type: the type.
        first, second: data of two revisions.
        revision: number of the second.
    """
    mark = f"{MASK} <secret changed in r{revision}>"
    marked = _marked(mask_secrets(config_type, second), first, second, mark)
    return mask_secrets(config_type, first), marked


def _masked(value: Any, patterns: frozenset[Path]) -> Any:
    """Mask below one object; `patterns` are the paths of secrets from there."""
    if isinstance(value, list):
        return [_masked(item, patterns) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: MASK
        if _is_raw_secret(key, inner, patterns)
        else _masked(inner, frozenset(rest[1:] for rest in patterns if rest[0] in ("*", key)))
        for key, inner in value.items()
    }


def _is_raw_secret(key: str, value: Any, patterns: frozenset[Path]) -> bool:
    if value in (None, "", {}, []) or isinstance(value, bool) or is_mask(value):
        return False
    if any(pattern in ((key,), ("*",)) for pattern in patterns):
        return True
    return isinstance(value, str) and has_secret_name(key)


def _marked(masked: Any, first: Any, second: Any, mark: str) -> Any:
    """`masked`, which is `second` with masks, with `mark` for each secret that `first` has not."""
    if isinstance(masked, dict):
        old = first if isinstance(first, dict) else {}
        return {
            key: _marked(inner, old.get(key), second[key], mark) for key, inner in masked.items()
        }
    if isinstance(masked, list):
        items = first if isinstance(first, list) else []
        return [
            _marked(item, items[index] if index < len(items) else None, second[index], mark)
            for index, item in enumerate(masked)
        ]
    return mark if masked == MASK and second not in (MASK, first) else masked


def is_mask(value: object) -> bool:
    """Whether `value` is the service's mask, alone or followed by the remark of a diff.

    So is any string of asterisks: sent back, it would be stored as the secret.
    """
    return (
        isinstance(value, str)
        and len(value) >= 3
        and (set(value) == {"*"} or value.startswith(MASK + " <secret changed"))
    )


def mask_paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Return the paths of the masks in `value`, which is at the path `at`."""
    if is_mask(value):
        yield at
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from mask_paths(inner, (*at, key))


def without_masks(value: Any) -> Any:
    """Return a copy of `value` to be shown, with a remark in place of each mask."""
    if isinstance(value, dict):
        return {key: without_masks(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_masks(inner) for inner in value]
    return STORED_SECRET if is_mask(value) else value
