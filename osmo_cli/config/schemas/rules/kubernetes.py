"""Names, labels and quantities of Kubernetes.

OSMO replaces placeholders (`{{USER_CPU}}`, also `{% if ... %}`) before Kubernetes sees a template,
so a string with a placeholder is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from osmo_cli.config.registry.definition import Check, Finding, checks

_PART = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_PART}(\.{_PART})*")
_DNS_LABEL = re.compile(_PART)
_LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_QUANTITY = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?", re.ASCII)
_UNIT_MISTAKES = {"GB": "G", "MB": "M", "KB": "k", "K": "k", "TB": "T", "GiB": "Gi", "MiB": "Mi"}
LABEL_NAME_LENGTH = 63
SUBDOMAIN_LENGTH = 253


def has_placeholder(value: Any) -> bool:
    """Return whether OSMO replaces the value or a part of it."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def is_subdomain(value: str) -> bool:
    """Return whether it is an RFC 1123 subdomain, as the names of most objects are."""
    return len(value) <= SUBDOMAIN_LENGTH and bool(_SUBDOMAIN.fullmatch(value))


def is_label_key(value: str) -> bool:
    """Return whether it is the key of a label: a name, or `prefix/name`."""
    prefix, slash, name = value.rpartition("/")
    return (
        (not slash or is_subdomain(prefix))
        and len(name) <= LABEL_NAME_LENGTH
        and bool(_LABEL.fullmatch(name))
    )


def is_label_value(value: str) -> bool:
    """Return whether it is the value of a label, which may be empty."""
    return not value or (len(value) <= LABEL_NAME_LENGTH and bool(_LABEL.fullmatch(value)))


def dns_label(value: Any) -> Iterator[Finding]:
    """Check a name of one part, as of a container or a volume."""
    if not isinstance(value, str):
        yield Finding("must be a string")
    elif not has_placeholder(value) and not (
        len(value) <= LABEL_NAME_LENGTH and _DNS_LABEL.fullmatch(value)
    ):
        yield Finding(f"must be a Kubernetes name: up to {LABEL_NAME_LENGTH} of a-z, 0-9 and -")


def label_key(value: Any) -> Iterator[Finding]:
    """Check the key of a label."""
    if isinstance(value, str) and not has_placeholder(value) and not is_label_key(value):
        yield Finding("must be the key of a label, such as team or example.com/team")


def labels(value: Any) -> Iterator[Finding]:
    """Check an object of labels, such as `nodeSelector`."""
    for key, label in _entries(value):
        if isinstance(label, str) and not has_placeholder(label) and not is_label_value(label):
            message = "must be the value of a label: up to 63 letters, digits, -, _ and ."
            yield Finding(message, at=(key,))
        for finding in label_key(key):
            yield Finding(finding.message, at=(key,), at_key=True)
    yield from _only_strings(value)


def annotation_strings(value: Any) -> Iterator[Finding]:
    """Check an object of annotations: strings, with the keys of labels in any case."""
    for key, _ in _entries(value):
        if not has_placeholder(key) and not is_label_key(key.lower()):
            message = "must be the key of an annotation, such as note or example.com/note"
            yield Finding(message, at=(key,), at_key=True)
    yield from _only_strings(value)


def _only_strings(value: Any) -> Iterator[Finding]:
    for key, text in _entries(value):
        if text is not None and not isinstance(text, str):
            yield Finding("must be a string", "write it in double quotes", at=(key,))


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    return iter(value.items() if isinstance(value, dict) else ())


def quantity(value: Any) -> Iterator[Finding]:
    """Check an amount of a resource: a number, or a string such as 500m or 1Gi."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < 0:
            yield Finding("is less than 0")
        return
    if has_placeholder(value):
        return
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        yield Finding("must be an amount such as 500m, 2 or 1Gi", _unit(value))
    elif value.startswith("-"):
        yield Finding("is less than 0")


def _unit(value: Any) -> str | None:
    match = re.fullmatch(r"(\d{1,9}) ?([A-Za-z]+)", value) if isinstance(value, str) else None
    instead = _UNIT_MISTAKES.get(match[2], match[2]) if match else ""
    if not match or not _QUANTITY.fullmatch(match[1] + instead):
        return None
    return f'write "{match[1]}{instead}"'


def mapping(value: Any) -> Iterator[Finding]:
    """Check that a value is an object."""
    if value is not None and not isinstance(value, dict) and not has_placeholder(value):
        yield Finding("must be an object")


def label_checks(*paths: str) -> Iterator[Check]:
    """Return the checks of objects of labels."""
    yield from checks(labels, "keys and values of labels", *paths)


def annotation_checks(*paths: str) -> Iterator[Check]:
    """Return the checks of objects of annotations."""
    yield from checks(annotation_strings, "keys of annotations, and strings", *paths)
