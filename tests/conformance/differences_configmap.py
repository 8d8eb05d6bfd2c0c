"""Where the embedded service in ConfigMap mode differs from the recorded services, and why.

A difference that is gone must be taken off its list.
"""

from __future__ import annotations

EXCHANGES: dict[int, str] = {}
"""By position in exchanges-6.4-dev-configmap.json."""

NOT_LOADED: dict[str, str] = {
    "secret-rotated": "has several steps: tests/local/test_configmap.py",
    "operator-namespace": "an operator registers: tests/local/test_configmap.py",
    "file-missing": "the embedded service does not wait for the file",
}
"""By id in helm-loads.json: records that say in words what no file can show."""

LOADS: dict[tuple[str, str, str], str] = {}
"""By id in helm-loads.json, generation, and path of the answer, or `reload`."""
