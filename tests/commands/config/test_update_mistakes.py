"""Files that people have: what is wrong is named with the fix, and nothing is sent."""

from __future__ import annotations

import pytest

from tests.support.processes import Shell

UPDATE = ("config", "update", "BACKEND", "gpu-a", "--file")
JSON = '{"description": "from a file"}\n'


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.json", JSON.encode("utf-16"), "in.json:1:1: not UTF-8 text but UTF-16 (save it as"),
        ("in.yaml", b"description: caf\xe9\n", "in.yaml:1:17: not UTF-8 text: this character"),
        (
            "in.json",
            b"// comment\n{}",
            "in.json:1:1: not JSON: a comment, which JSON does not have",
        ),
        ("in.json", b"description: x\n", "in.json:1:1: not JSON: this is YAML (let the file's"),
        ("in.yaml", b"description: {{NAME}}\n", "in.yaml:1:15: description: an unquoted {{...}}"),
    ],
)
def test_a_wrong_file_sends_nothing(admin: Shell, name: str, content: bytes, message: str) -> None:
    admin.file(name, content)
    done = admin.osmo("--debug", *UPDATE, name)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "debug: POST" not in done.err
    checked = admin.osmo("config", "validate", name, "--type", "BACKEND", "--name", "gpu-a")
    assert checked.code == 2
    assert message in checked.out


@pytest.mark.parametrize("name", ["in.json", "in.yaml"])
def test_a_byte_order_mark_is_skipped(admin: Shell, name: str) -> None:
    admin.file(name, JSON.replace("a file", name).encode("utf-8-sig"))
    admin.ok(*UPDATE, name)
    admin.file("secret", b"\xef\xbb\xbffrom a secret\n")
    admin.file("refers.json", '{"description": "${file:secret}"}')
    admin.ok(*UPDATE, "refers.json", "--references")
    shown = admin.ok("config", "show", "BACKEND", "gpu-a", "description")
    assert shown == '"from a secret"\n'


def test_a_doubtful_string_is_stored_with_a_warning(admin: Shell) -> None:
    admin.file("leftover.json", """{"description": "'$DESCRIPTION'"}""")
    done = admin.osmo(*UPDATE, "leftover.json")
    assert done.code == 0
    assert "leftover.json:1:17: description: a shell variable that was not replaced" in done.err
