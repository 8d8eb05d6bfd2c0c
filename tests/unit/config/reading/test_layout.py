"""Which file of a directory holds what, and the other way round."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osmo_cli.config.reading.layout import (
    SUFFIXES,
    ConfigRef,
    path_of,
    ref_at,
    ref_of_file,
    scan,
)
from osmo_cli.config.registry.types import BACKEND, CONFIG_TYPES, POOL, ROLE, WORKFLOW
from osmo_cli.errors import UsageError

ENTRIES = [
    *(ConfigRef(row) for row in CONFIG_TYPES.values() if row.whole is not None),
    *(ConfigRef(row, "x.y") for row in CONFIG_TYPES.values() if row.named is not None),
]
NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20)


@pytest.mark.parametrize("entry", ENTRIES, ids=str)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_type_and_item_has_a_file_that_says_so(entry: ConfigRef, suffix: str) -> None:
    path = path_of(entry, suffix)
    assert ref_at(path.parts) == entry
    assert path.name.endswith(suffix)


@given(NAMES)
def test_any_name_comes_back_from_its_file(name: str) -> None:
    path = path_of(ConfigRef(ROLE, name))
    assert ref_at(path.parts) == ConfigRef(ROLE, name)
    assert len(path.parts) == 2
    assert path.name.isascii()
    assert path.name.isprintable()
    assert not path.name.startswith(".")


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        (ConfigRef(WORKFLOW), "workflow.json"),
        (ConfigRef(BACKEND, "gpu-a"), "backend/gpu-a.json"),
        (ConfigRef(POOL, "a.json"), "pool/a.json.json"),
        (ConfigRef(ROLE, "team/a"), "role/team%2Fa.json"),
        (ConfigRef(ROLE, ".."), "role/%2E..json"),
        (ConfigRef(ROLE, "50%"), "role/50%25.json"),
    ],
)
def test_how_files_are_called(entry: ConfigRef, path: str) -> None:
    assert str(path_of(entry)) == path


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("workflows.json", "unknown config type in file name", "did you mean workflow.json?"),
        ("xyz.json", "unknown config type in file name", "file names: backend_test, dataset"),
        ("workflow.txt", "not a configuration file", "end in .json, .yaml, .yml"),
        ("backend.json", "BACKEND has no file for the whole type", "backend/NAME.json"),
        ("backends/a.json", "unknown config type in directory name", "did you mean backend/?"),
        ("Pool/a.json", "unknown config type in directory name", "did you mean pool/?"),
        ("xyz/a.json", "unknown config type in directory name", "directories: backend, "),
        ("service/a.json", "SERVICE has no items, and no directory", "use service.json"),
        ("pool/a.txt", "not a configuration file", "end in .json, .yaml, .yml"),
        (
            "pool/a/b.json",
            "pool/ holds one file for each item, and no directories",
            "pool/NAME.json",
        ),
        ("role/%ff.json", "invalid percent-encoding in file name", "%25"),
    ],
)
def test_what_has_no_place_is_told_with_the_way_out(path: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        ref_at(path.split("/"))
    assert caught.value.message == message
    assert caught.value.hint is not None
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("file", "entry"),
    [
        ("some/where/backend/gpu-a.yaml", ConfigRef(BACKEND, "gpu-a")),
        ("some/where/workflow.yml", ConfigRef(WORKFLOW)),
        ("pool/workflow.json", ConfigRef(POOL, "workflow")),
        ("service/workflow.json", ConfigRef(WORKFLOW)),
    ],
)
def test_the_end_of_a_path_tells_what_a_file_is_about(file: str, entry: ConfigRef) -> None:
    assert ref_of_file(file) == entry


@pytest.mark.parametrize("file", ["backend.json", "x.json", "backend/x.txt", "Backend/x.json"])
def test_another_path_does_not_tell(file: str) -> None:
    with pytest.raises(UsageError) as caught:
        ref_of_file(file)
    assert "--type" in str(caught.value.hint)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    return tmp_path / "configs"


def make(folder: Path, *files: str) -> None:
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def test_a_directory_is_read_two_levels_deep_and_hidden_files_are_left_alone(
    top: Path,
) -> None:
    make(top, "workflow.json", "backend/gpu-a.yaml", "README.md", ".git/config", ".x.json")
    make(top, "pool/.hidden.json", "pool/README.md")
    scanned = scan(str(top))
    assert scanned.problems == []
    assert scanned.files == {
        f"{top}/backend/gpu-a.yaml": ConfigRef(BACKEND, "gpu-a"),
        f"{top}/workflow.json": ConfigRef(WORKFLOW),
    }


def test_the_folder_of_a_type_is_a_directory_too(top: Path) -> None:
    make(top, "pool/a.json", "pool/b.json", "pool/workflow.json")
    assert [str(entry) for entry in scan(str(top / "pool")).files.values()] == [
        "POOL a",
        "POOL b",
        "POOL workflow",
    ]


def test_a_layout_may_be_called_like_a_type(top: Path) -> None:
    make(top, "pool/pool/a.json", "pool/workflow.json")
    assert set(scan(str(top / "pool")).files.values()) == {
        ConfigRef(POOL, "a"),
        ConfigRef(WORKFLOW),
    }


def test_two_files_for_one_item_are_a_problem_of_the_second(top: Path) -> None:
    make(top, "pool/a.json", "pool/a.yaml", "workflow.json", "workflow.yml")
    scanned = scan(str(top))
    assert [(problem.file, problem.message) for problem in scanned.problems] == [
        (f"{top}/pool/a.yaml", f"POOL a is already defined in {top}/pool/a.json"),
        (f"{top}/workflow.yml", f"WORKFLOW is already defined in {top}/workflow.json"),
    ]
    assert len(scanned.files) == 2


def test_every_unknown_file_and_folder_is_one_problem(top: Path) -> None:
    make(top, "pools/a.json", "pools/b.json", "notes.txt", "pool/x/y.json", "backend.json")
    assert [problem.file for problem in scan(str(top)).problems] == [
        f"{top}/{name}" for name in ("backend.json", "notes.txt", "pool/x", "pools")
    ]


def test_a_directory_that_is_not_there_is_an_error(top: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        scan(str(top / "none"))


def test_a_folder_that_cannot_be_read_does_not_hide_the_others(
    top: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(top, "pool/a.json", "role/b.json")
    read = Path.iterdir

    def refuse(path: Path) -> Iterator[Path]:
        # The tests may run as root, who reads everything.
        if path.name == "pool":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    scanned = scan(str(top))
    assert [str(problem) for problem in scanned.problems] == [
        f"{top}/pool: cannot read the directory: Permission denied"
    ]
    assert list(scanned.files.values()) == [ConfigRef(ROLE, "b")]
