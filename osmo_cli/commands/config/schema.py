"""`osmo config schema`: JSON Schema of the config types, for editors and other checkers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from osmo_cli.commands.arguments import DialectOption, chosen_dialect
from osmo_cli.commands.config.arguments import complete_type
from osmo_cli.commands.session import Session
from osmo_cli.config.registry.dialects import Dialect, dialects_with
from osmo_cli.config.registry.types import find_type
from osmo_cli.errors import UsageError


def schema(
    ctx: typer.Context,
    type_name: Annotated[
        str | None,
        typer.Argument(
            metavar="[TYPE]",
            help="Config type (`osmo help config-types`). Default: all types.",
            autocompletion=complete_type,
        ),
    ] = None,
    dialect: DialectOption = None,
    item: Annotated[
        bool,
        typer.Option("--item", help="Schema of a file that holds one item, not the whole type."),
    ] = False,
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output-dir",
            metavar="DIR",
            help="Directory to write one schema file per kind of file to.",
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of a config type's files, or of all types.

    Examples:
        osmo config schema POOL
        osmo config schema BACKEND --item --dialect 6.4
        osmo config schema --output-dir schemas
    """
    from osmo_cli.config.checking.json_schema import forms, has_form, json_schema

    session: Session = ctx.obj
    version = chosen_dialect(dialect)
    if type_name is None:
        if item:
            raise UsageError("--item needs a type", hint="osmo config schema TYPE --item")
        schemas = forms(version)
    else:
        config_type = find_type(type_name)
        if config_type.name not in version.config_types:
            raise UsageError(
                f"services of {version.name} have no {config_type.name}",
                hint=_known(config_type.name),
            )
        if item and not has_form(config_type, item=True):
            raise UsageError(f"{config_type.name} has no items", hint="leave out --item")
        # A type that is updated item by item has files of items only.
        item = item or not has_form(config_type, item=False)
        suffix = ".item" if item else ""
        schemas = {config_type.path + suffix: json_schema(config_type, version, item=item)}
    if output_dir is not None:
        _write(session, version, schemas, output_dir)
    elif type_name is not None:
        session.printer.data(next(iter(schemas.values())))
    else:
        session.printer.data(schemas)


def _known(name: str) -> str:
    return "known in " + ", ".join(dialects_with(name))


def _write(session: Session, dialect: Dialect, schemas: Mapping[str, object], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in schemas.items():
            text = json.dumps(content, indent=2) + "\n"
            (folder / f"{name}.schema.json").write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: {error.strerror}") from None
    noun = "schema" if len(schemas) == 1 else "schemas"
    session.printer.note(f"wrote {len(schemas)} {noun} of {dialect.name} to {folder}")
