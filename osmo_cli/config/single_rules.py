"""Rules about single fields that are no part of a schema: what is stored may break them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from osmo_cli.config.document import Document
from osmo_cli.config.problems import Problem
from osmo_cli.config.subject import Subject
from osmo_cli.config.types import SERVICE

VERSION = re.compile(r"\d+\.\d+\.\d+(\..+)?", re.ASCII)
"""A client's version, as `cli_config` has it (api.md 3.8)."""
VERSION_FIELDS = ("latest_version", "min_supported_version")


def client_versions(document: Document, subject: Subject, given: Any) -> Iterator[Problem]:
    """Versions in `cli_config` that are none: every request with a version would then fail, and
    the one that mends it too (api.md 1.4, 13)."""
    versions = given.get("cli_config") if subject.config_type is SERVICE else None
    for field in VERSION_FIELDS:
        value = versions.get(field) if isinstance(versions, dict) else None
        if isinstance(value, str) and value and not VERSION.fullmatch(value):
            message = "not a version: MAJOR.MINOR.REVISION, such as 6.0.0"
            yield document.problem(message, ("cli_config", field))


def duplicates(document: Document, given: Any) -> Iterator[Problem]:
    """Names that stand twice in the one list in which the service refuses it (api.md 3.6)."""
    value = given.get("tests") if isinstance(given, dict) else None
    tests = value if isinstance(value, list) else []
    for index, test in enumerate(tests):
        if test in tests[:index]:
            yield document.problem("stands in the list twice", ("tests", index))
