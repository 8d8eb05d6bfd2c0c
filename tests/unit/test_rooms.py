"""The rules of the rooms, read from the source itself, and what a command may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "osmo_cli"
COMMON = {
    "bounded_files",
    "errors",
    "interruption",
    "paths",
    "private_files",
    "quick_dataclass",
    "text_files",
    "__init__",
}
MAY_USE: dict[str, set[str]] = {
    "config": {"accounts"},
    "accounts": {"config"},
    "backend": {"config", "accounts"},
    "credentials": set(),
    "plan": {"config", "accounts", "backend", "api"},
    "api": {"credentials", "config", "accounts", "backend"},
    "local": {"config", "accounts"},
    "output": {"config", "accounts", "backend", "api"},
    "commands": {
        *("config", "accounts", "backend", "credentials"),
        *("plan", "api", "local", "output"),
    },
    "main": {"commands", "output"},
    "__main__": {"main"},
    **{name: set() for name in COMMON},
}
# Within config: each may use those before it that are named.
MAY_USE_IN_CONFIG: dict[str, set[str]] = {
    "problems": set(),
    "values": {"problems"},
    "node_conditions": set(),
    "registry": {"problems", "values"},
    "secrets": {"problems", "registry"},
    "schemas": {"problems", "registry", "node_conditions"},
    "reading": {"problems", "values", "secrets", "registry", "schemas"},
    "changes": {"problems", "values", "secrets", "registry", "schemas", "reading"},
    "helm": {"problems", "values", "secrets", "registry", "schemas", "reading", "changes"},
    "checking": {
        "problems",
        "values",
        "secrets",
        "registry",
        "schemas",
        "reading",
        "changes",
        "helm",
    },
}
OWNERS: dict[str, set[str]] = {
    "typer": {"commands", "output", "main"},
    "rich": {"commands", "output"},
    "click": set(),
    "keyring": {"credentials/keyring_store.py"},
    "sqlite3": {"local"},
    "starlette": {"local"},
    "uvicorn": {"local"},
}
# A dialect holds the segments of its token routes: what differs between versions is one table.
# A generated role's content is a list of paths.
URLS_ELSEWHERE = {"config/registry/dialects.py", "accounts/roles.py"}


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(PACKAGE).as_posix()

    @property
    def dotted_name(self) -> str:
        return f"osmo_cli.{self.name.removesuffix('.py').replace('/', '.')}".removesuffix(
            ".__init__"
        )

    @property
    def room(self) -> str:
        return self.name.split("/")[0].removesuffix(".py")

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(ast.parse(self.text, self.name)))

    def imports(self) -> Iterator[tuple[str, int]]:
        """Every module that is imported, also inside functions, with its line."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                start = "." * node.level + (node.module or "")
                names = [alias.name for alias in node.names] if start == "osmo_cli" else []
                yield from ((f"{start}.{name}", node.lineno) for name in names)
                if not names:
                    yield start, node.lineno
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value.rstrip("."), node.lineno

    def imported_names(self) -> Iterator[str]:
        """Every name that an import may take from a module, and the module alone."""
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from (imported for imported, _ in self.imports() if imported != self.dotted_name)


MODULES = [Module(path) for path in sorted(PACKAGE.rglob("*.py"))]


def uses_only_the_rooms_below(module: Module) -> Iterator[str]:
    for imported, line in module.imports():
        parts = imported.split(".")
        if parts[0] == "":
            yield f"{line} has a relative import"
        elif parts[0] == "osmo_cli" and parts[1:] not in ([], ["__version__"]):
            allowed = {module.room, *MAY_USE[module.room], *COMMON}
            yield from ([] if parts[1] in allowed else [f"{line} imports {imported}"])


def uses_only_the_rooms_below_in_config(module: Module) -> Iterator[str]:
    if module.room != "config" or module.name == "config/__init__.py":
        return
    own = module.name.split("/")[1].removesuffix(".py")
    allowed = {own, *MAY_USE_IN_CONFIG[own]}
    if module.name == "config/registry/types.py":
        allowed.add("schemas")  # a type's row loads its schema module, by name
    for imported, line in module.imports():
        parts = imported.split(".")
        if parts[:2] == ["osmo_cli", "config"] and parts[2] not in allowed:
            yield f"{line} imports {imported}"


def leaves_the_toolkits_to_their_owners(module: Module) -> Iterator[str]:
    for imported, line in module.imports():
        owners = OWNERS.get(imported.split(".")[0])
        if owners is not None and not owners & {module.room, module.name}:
            yield f"{line} imports {imported}"


def prints_only_in_output(module: Module) -> Iterator[str]:
    if module.room == "output":
        return
    for node in module.nodes:
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            prints = called in ("print", "typer.echo", "typer.secho", "os.write") or (
                called.startswith(("sys.stdout.", "sys.stderr.", "sys.__std"))
                and called.endswith((".write", ".writelines"))
            )
            fast_path = module.name == "main.py" and "__version__" in ast.unparse(node)
            if prints and not fast_path:
                yield f"{node.lineno} calls {called}"


def exits_only_in_main(module: Module) -> Iterator[str]:
    if module.name == "main.py":
        return
    names = {"sys.exit", "os._exit", "os.abort", "exit", "quit", "SystemExit"}
    for node in module.nodes:
        if isinstance(node, ast.Call):
            leaves = node.func
        elif isinstance(node, ast.Raise) and node.exc:
            leaves = node.exc
        else:
            continue
        if ast.unparse(leaves) in names:
            yield f"{node.lineno}: {ast.unparse(node)}"


def leaves_urls_to_the_client_and_the_embedded_service(module: Module) -> Iterator[str]:
    if module.room in ("api", "local") or module.name in URLS_ELSEWHERE:
        return
    # Texts that stand alone are documentation.
    documentation = {node.value for node in module.nodes if isinstance(node, ast.Expr)}
    for node in module.nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in documentation
            and (node.value == "api" or "/api/" in node.value or node.value.startswith("api/"))
        ):
            yield f"{node.lineno}: {node.value!r}"


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "rule",
    [
        uses_only_the_rooms_below,
        uses_only_the_rooms_below_in_config,
        leaves_the_toolkits_to_their_owners,
        prints_only_in_output,
        exits_only_in_main,
        leaves_urls_to_the_client_and_the_embedded_service,
    ],
)
def test_every_module(rule: Callable[[Module], Iterator[str]]) -> None:
    assert not [f"{module.name}:{fault}" for module in MODULES for fault in rule(module)]


def test_every_room_is_known() -> None:
    assert {module.room for module in MODULES} == set(MAY_USE)
    config = {path.stem for path in (PACKAGE / "config").iterdir() if path.stem[0] != "_"}
    assert config == set(MAY_USE_IN_CONFIG)


def test_no_files_import_each_other() -> None:
    """Also not by way of other files, inside functions, or for the type checker alone."""
    uses = {module.dotted_name: set[str]() for module in MODULES}
    for module in MODULES:
        uses[module.dotted_name] = {name for name in module.imported_names() if name in uses}
    # What uses nothing of the rest, or is not used by it, is in no cycle.
    while leaves := {name for name, used in uses.items() if not used & uses.keys()}:
        uses = {name: used - leaves for name, used in uses.items() if name not in leaves}
    while roots := uses.keys() - set[str]().union(*uses.values()):
        uses = {name: used for name, used in uses.items() if name not in roots}
    assert uses == {}


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after `code`."""
    listing = "import sys; sys.stderr.write('\\n'.join(sys.modules))"
    finished = subprocess.run(
        [sys.executable, "-c", f"{code}\n{listing}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return {line.split(".")[0] for line in finished.stderr.splitlines()}


HEAVY = {"typer", "httpx", "pydantic", "rich", "keyring", "yaml", "starlette", "sqlite3", "jwt"}


def test_importing_main_loads_nothing_heavy() -> None:
    assert not loaded_by("import osmo_cli.main") & (HEAVY | {"json", "asyncio"})


def test_asking_for_the_version_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['osmo', '--version']\n"
        "from osmo_cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0"
    )
    assert not loaded_by(code) & (HEAVY | {"json", "asyncio"})


def test_validating_a_file_and_making_schemas_load_no_client(tmp_path: Path) -> None:
    file = tmp_path / "workflow.json"
    file.write_text('{"max_num_tasks": 30}')
    for words in (["validate", str(file)], ["schema", "WORKFLOW", "--output-dir", str(tmp_path)]):
        code = (
            "import sys\n"
            "from osmo_cli.main import run\n"
            "sys.stderr = open('/dev/null', 'w')\n"
            f"assert run(['config', *{words!r}]) == 0\n"
            "sys.stderr = sys.__stderr__"
        )
        loaded = loaded_by(code)
        assert "pydantic" in loaded
        assert not loaded & {"httpx", "keyring", "yaml", "starlette", "sqlite3", "jwt", "asyncio"}
    assert (tmp_path / "workflow.schema.json").exists()


@pytest.mark.parametrize("noun", ["root", "config", "token", "user", "backend", "login", "local"])
def test_the_command_tree_alone_loads_no_client_and_no_service(noun: str) -> None:
    assert not loaded_by(f"import osmo_cli.commands.{noun}") & (HEAVY - {"typer", "rich"})


def test_the_other_rooms_are_cheap_to_import() -> None:
    # Made of models, so imported inside the functions that check an input.
    checks = (
        "config/checking/adaptation.py",
        "config/checking/validate.py",
        "config/checking/wrapping.py",
        "config/checking/offline.py",
        "config/checking/schema_problems.py",
    )
    pydantic_users = ("config/schemas/", *checks)
    rooms = ("config", "accounts", "backend", "api", "credentials", "plan")
    light = [
        "osmo_cli." + module.name.removesuffix(".py").replace("/", ".")
        for module in MODULES
        if module.room in rooms and not module.name.startswith(pydantic_users)
    ]
    assert len(light) > 20
    assert not loaded_by("\n".join(f"import {name}" for name in light)) & HEAVY
