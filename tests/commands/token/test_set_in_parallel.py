"""Several runs of `osmo token set` for one name at the same time, as jobs of a pipeline do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from osmo_cli.config.registry.dialects import DIALECTS
from tests.support.access_tokens import ACCESS_TOKEN
from tests.support.processes import OSMO, Result, Shell, serving

RUNS = 3
FAILING = [name for name, dialect in DIALECTS.items() if dialect.parallel_writes_fail]


@contextmanager
def failing_service(shell: Shell, dialect: str) -> Iterator[str]:
    """The URL of a service whose writes fail when they overlap."""
    words = [OSMO, "local", "serve", "--port", "0", "--db", "failing.db", "--dialect", dialect]
    with subprocess.Popen(
        [*words, "--fault", "parallel-writes"],
        env=shell.env,
        cwd=shell.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def set_in_parallel(shell: Shell, url: str, *words: str) -> list[Result]:
    shell.ok("login", url, "--method", "dev", "--username", "admin")
    command = ("token", "set", "ci", *words, "--no-store", "-t", "json")
    with ThreadPoolExecutor(RUNS) as pool:
        return list(pool.map(lambda _: shell.process(*command), range(RUNS)))


def check(results: list[Result], shell: Shell) -> None:
    """At most one run has the token, and the others leave it alone."""
    winners = [result for result in results if result.code == 0]
    assert len(winners) <= 1
    for result in results:
        assert len(ACCESS_TOKEN.findall(result.out)) == (result.code == 0)
        if result.code != 0:
            assert result.code in (2, 10)
            hint = json.loads(result.err.splitlines()[-1])["hint"]
            assert "delete" not in hint
            assert "--if-exists rotate" not in hint
    listed = [token["token_name"] for token in json.loads(shell.ok("token", "list", "-t", "json"))]
    assert listed == ["ci"] * bool(winners or listed)


@pytest.mark.parametrize("dialect", ["seed", "6.0"])
def test_one_of_several_runs_gets_the_token(dialect: str, shell: Shell, tmp_path: Path) -> None:
    with serving(tmp_path / "service", dialect=dialect) as service:
        results = set_in_parallel(shell, service.url)
        check(results, shell)
    assert [result.code for result in results].count(0) == 1


@pytest.mark.parametrize("dialect", FAILING)
def test_a_run_whose_outcome_is_unknown_leaves_the_token_alone(dialect: str, shell: Shell) -> None:
    with failing_service(shell, dialect) as url:
        shell.ok("login", url, "--method", "dev", "--username", "admin")
        shell.ok("user", "create", "admin", "--roles", "osmo-admin")
        check(set_in_parallel(shell, url), shell)
