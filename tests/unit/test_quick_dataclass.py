"""Values that are quick to define behave as dataclasses of the standard library do."""

from __future__ import annotations

import ast
import copy
import dataclasses
import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from osmo_cli.quick_dataclass import dataclass
from tests.support.processes import ROOT

KINDS = (dataclasses.dataclass, dataclass)
# What the measured commands load (docs/performance.md), without a service.
MODULES = (
    "osmo_cli.commands.config.show",
    "osmo_cli.commands.config.update",
    "osmo_cli.commands.token",
    "osmo_cli.api.service",
    "osmo_cli.credentials.resolve",
    "osmo_cli.plan.change",
    "osmo_cli.plan.config_write",
)


def point(kind: Any) -> Any:
    @kind(frozen=True)
    class Point:
        """A place, how it was measured, and its notes."""

        x: int
        y: int = 0
        source: str = field(default="", compare=False)
        notes: list[str] = field(default_factory=list, repr=False)

        @property
        def both(self) -> tuple[int, int]:
            return self.x, self.y

    return Point


def outcome(make: Any) -> Any:
    """The fields and the repr of what `make` returns, or the kind of its error."""
    try:
        made = make()
    except Exception as error:
        return type(error)
    return asdict(made), repr(made).split(".")[-1], made.both


@pytest.mark.parametrize(
    ("args", "values"),
    [
        ((1,), {}),
        ((1, 2), {"source": "map"}),
        ((), {"x": 3, "notes": ["far"]}),
        ((1, 2, "map", ["far"]), {}),
        ((), {}),
        ((1, 2, "map", [], 5), {}),
        ((1,), {"x": 1}),
        ((1,), {"z": 1}),
        ((), {"y": 1, "z": 2}),
    ],
)
def test_objects_are_made_and_shown_alike(args: tuple[Any, ...], values: dict[str, Any]) -> None:
    usual, quick = (outcome(partial(point(kind), *args, **values)) for kind in KINDS)
    assert quick == usual


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_compared_replaced_and_frozen(kind: Any) -> None:
    cls = point(kind)
    first = cls(1, 2, "map")
    assert first == cls(1, 2, "compass")
    assert first != cls(1, 3, "map")
    assert first != (1, 2, "map", [])
    assert replace(first, y=3) == cls(1, 3)
    assert copy.deepcopy(first) == first
    assert first.notes is not cls(1, 2).notes
    assert is_dataclass(cls)
    assert [described.name for described in fields(cls)] == ["x", "y", "source", "notes"]
    for change in (lambda: setattr(first, "x", 5), lambda: delattr(first, "x")):
        with pytest.raises(FrozenInstanceError):
            change()


@pytest.mark.parametrize("kind", KINDS)
def test_what_may_change_is_not_hashed(kind: Any) -> None:
    @kind
    class Count:
        """A number that changes."""

        number: int = 0

    @kind(frozen=True)
    class Name:
        """A key."""

        text: str

    @kind(frozen=True)
    class FullName(Name):
        """A key with more to it."""

        rest: str = ""

    count = Count()
    count.number += 1
    assert count == Count(1)
    with pytest.raises(TypeError):
        hash(count)
    assert {Name("a"): 1}[Name("a")] == 1
    assert {FullName("a", "b")} == {FullName("a", "b")}
    assert FullName("a") != Name("a")


def test_measured_commands_define_no_slow_classes() -> None:
    code = (
        f"import sys, {', '.join(MODULES)}\n"
        "for module in list(sys.modules.values()):\n"
        "    if module.__name__.startswith('osmo_cli.'): print(module.__file__)"
    )
    listed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    files = {Path(line).relative_to(ROOT) for line in listed.stdout.split()}
    slow = [
        f"{file}:{node.lineno}"
        for file in sorted(files - {Path("osmo_cli/quick_dataclass.py")})
        for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module == "dataclasses"
        and "dataclass" in {alias.name for alias in node.names}
    ]
    assert not slow, f"import dataclass from osmo_cli.quick_dataclass: {slow}"
