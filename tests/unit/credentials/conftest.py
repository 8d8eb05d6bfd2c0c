"""Tokens for the tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest


@pytest.fixture
def make_jwt() -> Callable[..., str]:
    """A function that gives an unsigned JWT with these claims."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return lambda **claims: f"{part({'alg': 'RS256'})}.{part(claims)}.c2lnbmF0dXJl"
