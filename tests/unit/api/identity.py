"""Answers of a service and of an identity provider."""

from __future__ import annotations

import json
from typing import Any

from tests.support.loopback import answer

JWT = "aGVhZA.Ym9keQ.c2ln"
TOKENS = {"id_token": JWT, "refresh_token": "the-refresh-token", "access_token": "unused"}


def reply(status: int, value: Any) -> bytes:
    return answer(status, json.dumps(value))


def oauth_error(code: str = "authorization_pending", status: int = 400) -> bytes:
    return reply(status, {"error": code, "error_description": "s3cret input"})
