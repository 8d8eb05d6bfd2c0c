"""The forms of an input."""

from __future__ import annotations

from typing import Literal

InputFormat = Literal["json", "yaml"]
"""How an input is written."""
