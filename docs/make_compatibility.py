"""docs/compatibility.md, from the registry of config types and the table of dialects.

    python docs/make_compatibility.py

A test compares the page with what this makes, and runs a command of each row against the embedded
service in every dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from osmo_cli.config.registry.dialects import DIALECTS, Dialect
from osmo_cli.config.registry.types import CONFIG_TYPES, ConfigType

PAGE = Path(__file__).resolve().with_name("compatibility.md")
YES, NO, VALUES = "yes", "-", "values"
"""Cells: it works; there is no such thing; the values that make the change are printed (exit 6)."""


@dataclass(frozen=True)
class Row:
    """A command, and the services that it works with.

    Attributes:
        command: as the page shows it.
        example: words of one run of it, in the world that the test makes.
        works: whether a service of that dialect has what the command needs.
        writes: whether it changes a configuration; in ConfigMap mode that is in the chart's values.
    """

    command: str
    example: tuple[str, ...]
    works: Callable[[Dialect], bool] = lambda dialect: True
    writes: bool = False

    def cell(self, dialect: Dialect, *, managed: bool) -> str:
        """What the page says for a service of `dialect`, in ConfigMap mode or not."""
        if not self.works(dialect):
            return NO
        return VALUES if managed and self.writes else YES


_PAGE = """\
# Commands by version of the service

<!-- made by docs/make_compatibility.py -->

The columns are the generations of the service; `seed` is the one of October 2025, which OSMO's page
"Register Backend" describes. Which one a service belongs to, its own OpenAPI document tells, else
the shape of its answers; `osmo version` shows it. Later revisions of the same shape are served too.

## Commands

{commands}

`{no}`: the service has nothing of the kind, and the command says so with exit code 2.

`{values}`: the configuration comes from the values of the service's Helm chart, and the service
takes no writes. The command prints the values that make the change, names their key on stderr, and
ends with exit code 6 ([ConfigMap mode](config/configmap.md)).

## Config types

{types}

`whole` is `osmo config update TYPE`, `items` is `osmo config update TYPE NAME`. The last column is
the section of the chart's values in ConfigMap mode.

## What else differs

{facts}
"""


def _has_users(dialect: Dialect) -> bool:
    return dialect.token_routes.users is not None


def _row(line: str, example: str, **more: object) -> Row:
    return Row(line, tuple(example.split()), **more)  # type: ignore[arg-type]


COMMANDS = (
    _row("osmo config list", "config list"),
    _row("osmo config show TYPE", "config show BACKEND"),
    _row("osmo config history [TYPE]", "config history BACKEND"),
    _row("osmo config diff TYPE:A TYPE:B", "config diff BACKEND:1 BACKEND:1"),
    _row("osmo config tag TYPE:REVISION", "config tag BACKEND:1 --set compatible"),
    _row("osmo config update TYPE [NAME]", "config update WORKFLOW -f workflow.json", writes=True),
    _row("osmo config delete TYPE NAME", "config delete POD_TEMPLATE spare", writes=True),
    _row("osmo config rename POOL OLD NEW", "config rename POOL first second", writes=True),
    _row("osmo config set ROLE NAME pool", "config set ROLE osmo-first pool", writes=True),
    _row("osmo config rollback TYPE:REVISION", "config rollback POOL:1", writes=True),
    _row("osmo config set ROLE NAME backend", "config set ROLE r backend --field b", writes=True),
    _row("osmo config validate PATH", "config validate workflow.json"),
    _row("osmo config schema TYPE", "config schema WORKFLOW"),
    _row("osmo token set NAME", "token set another"),
    _row("osmo token set NAME --service", "token set agent --service --roles osmo-user"),
    _row("osmo token set NAME --user USER", "token set of-user --user admin", works=_has_users),
    _row("osmo token delete NAME", "token delete another"),
    _row("osmo token list", "token list"),
    _row("osmo token list --service", "token list --service"),
    _row("osmo token list --user USER", "token list --user admin", works=_has_users),
    _row("osmo token roles NAME", "token roles mine", works=_has_users),
    _row("osmo user create USER", "user create someone", works=_has_users),
    _row("osmo user list", "user list", works=_has_users),
    _row("osmo user delete USER", "user delete someone", works=_has_users),
    _row("osmo whoami", "whoami"),
    _row("osmo version", "version"),
)


def _update(config_type: ConfigType) -> str:
    whole, named = config_type.whole, config_type.named
    return " and ".join(word for verb, word in ((whole, "whole"), (named, "items")) if verb)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _commands() -> Iterator[str]:
    places = [(dialect, False) for dialect in DIALECTS.values()]
    places += [(dialect, True) for dialect in DIALECTS.values() if dialect.helm_root]
    head = ["", *(dialect.name + (" ConfigMap" if managed else "") for dialect, managed in places)]
    cells = [
        [f"`{row.command}`", *(row.cell(dialect, managed=managed) for dialect, managed in places)]
        for row in COMMANDS
    ]
    yield from _table(head, cells)


def _types() -> Iterator[str]:
    head = ["", *DIALECTS, "update", "made by", "values of the chart"]
    cells = [
        [
            f"`{one.name}`",
            *(YES if one.name in dialect.config_types else NO for dialect in DIALECTS.values()),
            _update(one),
            NO if one.named is None else "`--create`" if one.create else "its operator",
            f"`{one.helm_section}`",
        ]
        for one in sorted(CONFIG_TYPES.values(), key=lambda one: one.name)
    ]
    yield from _table(head, cells)


def _facts() -> Iterator[str]:
    facts: list[tuple[str, Callable[[Dialect], str]]] = [
        ("GET /api/version says", lambda one: one.version),
        (
            "node_conditions",
            lambda one: ", ".join(sorted(one.node_condition_fields - {"prefix"})),
        ),
        ("own tokens", lambda one: "/" + "/".join(one.token_routes.own)),
        ("a login's token goes by", lambda one: "POST" if one.exchange_by_post else "GET"),
        (
            "actions of a role",
            lambda one: "such as `config:Read`" if one.semantic_roles else "paths of the API",
        ),
        ("`[]` in a PATCH", lambda one: "lost" if one.empty_list_is_lost else "stored"),
        (
            "keys of a data credential",
            lambda one: "optional" if one.keyless_credentials else "both",
        ),
        ("values of the chart", lambda one: f"`{one.helm_root}`" if one.helm_root else NO),
    ]
    rows = [[name, *(told(dialect) for dialect in DIALECTS.values())] for name, told in facts]
    yield from _table(["", *DIALECTS], rows)


def page() -> str:
    """The text of the page."""
    tables = {"commands": _commands(), "types": _types(), "facts": _facts()}
    texts = {name: "\n".join(lines) for name, lines in tables.items()}
    return _PAGE.format(no=NO, values=VALUES, **texts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
