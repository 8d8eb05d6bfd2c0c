from __future__ import annotations

import pytest

from osmo_cli.accounts.tokens import check_token_name
from osmo_cli.backend.names import (
    check_backend_name,
    credential_name,
    token_name,
)
from osmo_cli.backend.record import Kind, Record, read_record, write_record
from osmo_cli.errors import UsageError

EMPTY = Record("1a2b", "gpu-a", "https://osmo.example.com", "context")


def test_a_record_is_read_as_it_was_written() -> None:
    record = EMPTY.begun(Kind.TOKEN, "t").finished(Kind.ROLE, "r").finished(Kind.OBJECT, "a/b/c")
    assert read_record(write_record(record)) == record
    assert [entry.done for entry in record.entries] == [False, True, True]


def test_what_is_done_stays_done_when_it_is_begun_again() -> None:
    record = EMPTY.finished(Kind.TOKEN, "t")
    assert record.begun(Kind.TOKEN, "t") == record
    assert EMPTY.begun(Kind.TOKEN, "t").finished(Kind.TOKEN, "t") == record
    assert record.without(Kind.TOKEN, "t") == EMPTY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"format": 2}',
        write_record(EMPTY).replace('"1a2b"', "5"),
        write_record(EMPTY).replace("[]", '[{"kind": "x", "name": "", "done": true}]'),
        write_record(EMPTY).replace("[]", "[1]"),
    ],
)
def test_what_is_not_a_record_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        read_record(text)


@pytest.mark.parametrize("name", ["gpu-a", "GPU_1", "a.b", "1a", "0", "é", "-a", "a-", "", "a b"])
def test_a_backend_has_names_that_the_service_and_kubernetes_take(name: str) -> None:
    try:
        check_backend_name(name)
    except UsageError:
        assert name in ("0", "é", "-a", "a-", "", "a b")
        return
    assert check_token_name(token_name(name))
    assert credential_name(name).replace("-", "").isalnum()
