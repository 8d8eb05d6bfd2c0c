"""`osmo token set`: a token is created only for a reader."""

from __future__ import annotations

from tests.support.processes import Shell


def test_no_token_is_created_when_nobody_reads_stdout(admin: Shell) -> None:
    command = "(sleep 0.2; osmo token set unread --no-store; echo $? >status) | true"
    assert admin.run("sh", "-c", command).err == ""
    assert (admin.home / "status").read_text() == "141\n"
    assert admin.osmo("token", "delete", "unread").code == 2
