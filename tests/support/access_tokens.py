"""The texts of access tokens, of every generation of the service."""

from __future__ import annotations

import re

ACCESS_TOKEN = re.compile(r"(?<![\w-])(?:[0-9a-f]{64}|[A-Za-z0-9_-]{43})(?![\w-])")
"""An access token that stands in a text; its first and last character can be "-"."""
