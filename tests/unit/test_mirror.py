"""Each module of `commands`, `plan` and `local` has its tests where a reader looks for them.

That is `test_MODULE.py` or `test_MODULE_SUBJECT.py` in the directory that mirrors the module's. The
modules of a package, or `configmap_yaml` and others whose names begin alike, may share a file.
`ELSEWHERE` lists what is tested in other files, and why.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.support.processes import ROOT

PACKAGE = ROOT / "osmo_cli"
TESTS = ROOT / "tests"
MIRRORS = {"commands": "commands", "plan": "unit/plan", "local": "local"}
"""The directory of tests of each room."""

# Test file, why it holds the tests, and the modules that it is for.
ELSEWHERE: dict[str, tuple[str, list[str]]] = {
    "unit/test_rooms.py": (
        "what a command loads is a rule of the rooms",
        ["commands/lazy", "commands/root"],
    ),
    "commands/test_help.py": (
        "parameters that commands share are seen in their help",
        [f"commands/{group}arguments" for group in ("", "backend/", "config/", "token/")],
    ),
    "commands/config/test_editor.py": (
        "editing until it is valid is what the editor is for",
        ["commands/config/editing"],
    ),
    "commands/config/test_history.py": (
        "rows of revisions are shown by the history",
        ["commands/config/revisions"],
    ),
    "commands/config/test_role_mappings.py": (
        "a repair follows a write that loses something",
        ["plan/repair"],
    ),
    "commands/config/test_stored_references.py": (
        "what others stored is met by updates",
        ["plan/held_references"],
    ),
    "commands/config/test_update.py": (
        "the names that a pool needs are looked up before it is sent",
        ["plan/names"],
    ),
    "commands/config/test_update_preview.py": ("a preview is printed", ["plan/preview"]),
    "commands/config/test_set.py": ("a standard role is set", ["plan/roles"]),
    "commands/config/test_validate.py": (
        "checks that need a service are those of --online",
        ["plan/service_checks"],
    ),
    "commands/config/test_drift.py": ("drift is read and printed", ["plan/drift"]),
    "commands/config/test_export_directory.py": ("an export is a directory", ["plan/export"]),
    "commands/config/test_plan_file.py": ("a plan is saved and applied", ["plan/plan_file"]),
    "commands/backend/test_list.py": ("a backend is shown in the list", ["commands/backend/shown"]),
    "commands/backend/test_nodes.py": (
        "nodes are checked with kubectl, on services of each version",
        ["plan/node_check"],
    ),
    "commands/backend/test_register.py": (
        "a registration is waited for, opened and undone",
        [
            *("commands/backend/deregister", "commands/backend/open", "commands/backend/undo"),
            *("commands/backend/wait", "plan/backend_wait", "plan/deregister", "plan/register"),
            "plan/registration_folder",
        ],
    ),
    "commands/backend/test_register_real_clients.py": (
        "kubectl and helm are run",
        ["plan/clusters"],
    ),
    "commands/config/test_apply.py": (
        "an apply is interrupted and resumed",
        ["plan/execution"],
    ),
    "commands/config/test_plan.py": ("a plan is printed", ["plan/limits", "plan/planning"]),
    "commands/token/test_delivery.py": ("copies are part of the delivery", ["commands/token/kept"]),
    "commands/token/test_rotate.py": ("a token is rotated", ["plan/rotation"]),
    "commands/token/test_token.py": ("tokens are created and rotated", ["plan/tokens"]),
    "commands/test_user.py": ("users are written with their roles", ["plan/users"]),
    "unit/plan/test_outcomes.py": (
        "each write of a configuration, with each way that it can fail",
        [
            *("plan/apply", "plan/change", "plan/config_write", "plan/delete", "plan/live_object"),
            *("plan/rename", "plan/rollback", "plan/tags"),
        ],
    ),
    "service/test_accounts_everywhere.py": (
        "every command has a session, and users exist in each version",
        ["commands/session"],
    ),
    "service/test_second_run.py": (
        "secrets that are stored already are not sent again",
        ["plan/secrets"],
    ),
    "conformance/test_exchanges.py": (
        "recorded answers of real services are the specification",
        [
            *("local/backends", "local/clock", "local/filling", "local/initial_items"),
            *("local/initial_roles", "local/item_forms", "local/masks", "local/request"),
            *("local/routes/configs", "local/routes/history", "local/routes/items"),
            *("local/routes/table", "local/routes/whole", "local/stored_types", "local/templates"),
        ],
    ),
    "conformance/test_openapi.py": (
        "recorded documents are the specification",
        ["local/routes/openapi"],
    ),
    "commands/test_local.py": ("the operations are commands", ["local/admin"]),
    "local/test_api.py": (
        "asked as an application",
        ["local/app", "local/service", "local/transport"],
    ),
    "local/test_configmap.py": (
        "pools show it in ConfigMap mode only",
        ["local/accounting"],
    ),
    "local/test_faults.py": ("faults are for rehearsal", ["local/rehearsal"]),
    "local/test_server.py": (
        "processes share and kill it",
        ["local/authorization", "local/database", "local/jwts", "local/tables"],
    ),
    "local/test_state.py": ("what is stored", ["local/history", "local/records"]),
    "local/test_types.py": ("types beside each other", ["local/item_types", "local/whole_types"]),
    "local/test_pools.py": ("routes of pools", ["local/routes/pools"]),
    "local/test_users.py": (
        "users and their tokens",
        ["local/routes/auth", "local/routes/users", "local/tokens"],
    ),
    "../.ci/check-wheel": (
        "the wheel without the extra says so",
        ["local/extra"],
    ),
}


def modules(room: str) -> list[str]:
    """The modules of a room, as `commands/config/update`."""
    paths = sorted((PACKAGE / room).rglob("*.py"))
    names = [path.relative_to(PACKAGE).with_suffix("").as_posix() for path in paths]
    return [name for name in names if not name.endswith("__init__")]


def mirrored(module: str) -> list[Path]:
    """The test files of a module in the directory that mirrors its own."""
    path = PurePosixPath(module)
    room = path.parts[0]
    folder = TESTS / MIRRORS[room] / path.parent.relative_to(room)
    shared = {f"test_{path.name.rpartition('_')[0]}", f"test_{path.name}"}
    own = [
        file
        for file in folder.glob("test_*.py")
        if file.stem in shared or file.stem.startswith(f"test_{path.name}_")
    ]
    is_in_package = path.parent != PurePosixPath(room)
    package = folder.parent / f"test_{folder.name}.py"
    return own or ([package] if is_in_package and package.exists() else [])


LISTED = {module: file for file, (_, listed) in ELSEWHERE.items() for module in listed}


@pytest.mark.parametrize("room", MIRRORS)
def test_each_module_has_its_tests(room: str) -> None:
    missing = [name for name in modules(room) if not mirrored(name) and name not in LISTED]
    assert not missing, f"add tests/{MIRRORS[room]}/.../test_MODULE.py, or list it in ELSEWHERE"


def test_what_is_listed_exists_and_has_no_tests_of_its_own() -> None:
    everything = {name for room in MIRRORS for name in modules(room)}
    assert set(LISTED) <= everything
    assert not [name for name in LISTED if mirrored(name)]
    assert not [file for file in ELSEWHERE if not (TESTS / file).is_file()]
