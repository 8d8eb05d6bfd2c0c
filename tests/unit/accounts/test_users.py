"""What users and their tokens may be called."""

from __future__ import annotations

import pytest

from osmo_cli.accounts.tokens import TokenOwner, check_token_name
from osmo_cli.accounts.users import check_known_user, check_user_id
from osmo_cli.errors import UsageError


@pytest.mark.parametrize("user", ["a", "7", "ada@example.com", "agent_a.b-c", "A" * 200])
def test_what_the_service_takes_is_a_user(user: str) -> None:
    assert check_user_id(user) == user


@pytest.mark.parametrize(
    "user", ["", "-a", "a-", "a.", "@a", "a b", "a/b", "a\n", "ä", "..", "a%2Fb"]
)
def test_what_it_does_not_take_is_none(user: str) -> None:
    with pytest.raises(UsageError, match="cannot be a user"):
        check_user_id(user)


@pytest.mark.parametrize(
    "user", ["ada+ops@example.com", "ada#EXT#@example.com", "Ada L", "ä", "a-"]
)
def test_who_came_by_an_identity_provider_has_any_name(user: str) -> None:
    assert check_known_user(user) == user


@pytest.mark.parametrize("user", ["", " ", "a/b", "..", "a\\b", "a\n", "a?b", "a%2Fb"])
def test_what_changes_the_request_is_no_user(user: str) -> None:
    with pytest.raises(UsageError, match="cannot be a user"):
        check_known_user(user)


@pytest.mark.parametrize("name", ["a", "agent-a", "A_9"])
def test_every_name_of_a_token_can_be_a_user(name: str) -> None:
    """A service token is a token of the user of its name."""
    assert check_user_id(check_token_name(name)) == name


def test_whose_tokens_are_meant_as_flags() -> None:
    assert TokenOwner().flags == ""
    assert TokenOwner(service=True).flags == " --service"
    assert TokenOwner(user="ada").flags == " --user ada"
