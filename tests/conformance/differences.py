"""Known differences between the embedded service's answers and the recorded ones.

By version of the recording, each difference's position in it and its reason. A difference that
is gone must be removed here.
"""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, Mapping[int, str]] = {}
