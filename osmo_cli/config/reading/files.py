"""Reading a configuration file in JSON or YAML."""

from __future__ import annotations

from dataclasses import replace

from osmo_cli.bounded_files import STDIN
from osmo_cli.config.problems import InvalidInputError, Problem
from osmo_cli.config.reading.document import MAX_BYTES, Document, empty_input
from osmo_cli.config.reading.formats import InputFormat
from osmo_cli.text_files import NotTextError, read_text

SCHEMA_KEY = "$schema"


def read_input(file: str) -> tuple[str, str]:
    """Return the name for messages and the text of an input file; `-` is standard input.

    Raises:
        UsageError: the file does not exist, is a directory, cannot be read or is too large.
        InvalidInputError: it is empty or not UTF-8 text.
    """
    name = "<stdin>" if file == STDIN else file
    try:
        text = read_text(file, MAX_BYTES)
    except NotTextError as error:
        problem = Problem(error.message, name, error.line, error.column, hint=error.hint)
        raise InvalidInputError([problem]) from None
    if not text.strip():
        raise empty_input(name)
    return name, text


def read_document(file: str, format: InputFormat | None = None) -> Document:
    """Read and parse an input file; `-` is standard input.

    A string in `$schema` at the top, which names the schema for editors, is not part of the value.

    Args:
        file: the name of the file.
        format: how it is written; by default its ending decides, and JSON is assumed.

    Raises:
        UsageError: the file cannot be read.
        InvalidInputError: its text is invalid; names the place.
    """
    name, text = read_input(file)
    if (format or _format_of(file)) == "yaml":
        from osmo_cli.config.reading.yaml_text import parse_yaml

        return _without_schema(parse_yaml(name, text))
    from osmo_cli.config.reading.json_text import parse_json

    return _without_schema(parse_json(name, text))


def _format_of(file: str) -> InputFormat:
    return "yaml" if file.lower().endswith((".yaml", ".yml")) else "json"


def _without_schema(document: Document) -> Document:
    if not isinstance(document.value, dict) or SCHEMA_KEY not in document.value:
        return document
    if not isinstance(document.value[SCHEMA_KEY], str):
        raise InvalidInputError([document.problem("must be a string", (SCHEMA_KEY,))])
    rest = {key: value for key, value in document.value.items() if key != SCHEMA_KEY}
    places = {path: place for path, place in document.places.items() if path != (SCHEMA_KEY,)}
    return replace(document, value=rest, places=places)
