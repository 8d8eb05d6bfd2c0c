"""Where the embedded service's answers differ from the recorded ones of 6.0.0, and why.

Keys are positions in exchanges-6.0.0.json. A difference that is gone must be taken off the list.
"""

from __future__ import annotations

_DATA = "the revision holds data of a type that the embedded service cannot change yet"
_ROLLBACK = "rolls back a type that the embedded service cannot change yet"
_CLIENT_GATE = "comes from cli_config, which is set through SERVICE"

KNOWN: dict[int, str] = {
    **dict.fromkeys((250, 251, 252, 253, 254, 255), _DATA),
    **dict.fromkeys((265, 267, 269, 270, 271, 272, 273, 274, 276, 375), _ROLLBACK),
    **dict.fromkeys((423, 424, 427, 429, 434), _CLIENT_GATE),
}
