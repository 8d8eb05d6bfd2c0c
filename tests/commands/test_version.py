"""`osmo version`: the program's version and the service's."""

from __future__ import annotations

import json
import re

from tests.support.processes import Shell


def test_version_names_both_sides(admin: Shell) -> None:
    done = admin.osmo("version")
    assert re.fullmatch(r"OSMO client version:  [\d.]+\nOSMO service version: 6.0.0\n", done.out)
    assert "6.0" in done.err
    version_info = json.loads(admin.ok("version", "-t", "json"))
    assert (version_info["service"], version_info["dialect"]) == ("6.0.0", "6.0")


def test_version_without_a_login_is_the_programs_own(shell: Shell) -> None:
    done = shell.osmo("version")
    assert done.code == 0
    assert "service" not in done.out
    assert "not logged in" in done.err
