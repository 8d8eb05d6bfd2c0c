"""Reading values files as Helm does, with places."""

from __future__ import annotations

from osmo_cli.config.helm.go_yaml import HELM
from osmo_cli.config.problems import InvalidInputError
from osmo_cli.config.reading.document import Document
from osmo_cli.config.reading.yaml_text import parse_yaml


def parse_values(name: str, text: str) -> Document:
    """Parse the text of a values file.

    Raises:
        InvalidInputError: Helm could not read it, or it is not a map.
    """
    document = parse_yaml(name, text, HELM)
    if not isinstance(document.value, dict):
        raise InvalidInputError([document.problem("a values file must be a map", ())])
    return document
