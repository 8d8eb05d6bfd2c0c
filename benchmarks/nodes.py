"""How long it takes to judge the nodes of a large cluster under a backend's node conditions.

python benchmarks/nodes.py [--nodes 100000] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import gc
import resource
import time
from pathlib import Path

from tables import machine, replace_table

from osmo_cli.backend.availability import Node, compare, conditions_of
from osmo_cli.config.registry.dialects import DIALECTS

CONDITIONS, RULES, STATUSES = 20, 50, ("True", "False", "Unknown")


def cluster(number: int) -> list[Node]:
    """Nodes with conditions of their own, as a reader of `kubectl get nodes` makes them."""
    return [
        Node(
            f"node-{index}",
            tuple(
                (f"Condition{n}", STATUSES[(index * (n + 1) // 7) % len(STATUSES)])
                for n in range(CONDITIONS)
            ),
            cordoned=index % 50 == 0,
        )
        for index in range(number)
    ]


def measure(nodes: list[Node]) -> dict[str, float]:
    """CPU seconds that the nodes take under stored and proposed conditions, by version."""
    rules = {f"^Condition{n}$": "True|Unknown" for n in range(RULES)}
    lists = {
        "additional_node_conditions": [f"Condition{n}" for n in range(RULES)],
        "ignore_node_conditions": [f"Condition{n}" for n in range(0, RULES, 3)],
    }
    seconds = {}
    for name, dialect in DIALECTS.items():
        stored = {"rules": rules} if "rules" in dialect.node_condition_fields else lists
        started = time.process_time()
        changes = compare(
            nodes, conditions_of(dialect, None, nodes), conditions_of(dialect, stored, nodes)
        )
        seconds[name] = time.process_time() - started
        assert len(changes) == len(nodes)
    return seconds


def main() -> None:
    """Measure, print, and with --write replace the table in a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    gc.disable()  # as osmo does
    nodes = cluster(options.nodes)
    seconds = measure(nodes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    text = "\n".join(
        [
            f"{machine()}; {options.nodes:,} nodes with {CONDITIONS} conditions, compared under "
            f"the default and {RULES} rules or list entries; peak {peak:.0f} MB, nodes included:",
            "",
            "| version | CPU seconds |",
            "|---|---|",
            *(f"| {name} | {value:.2f} |" for name, value in seconds.items()),
        ]
    )
    print(text)
    if options.write:
        replace_table(options.write, "nodes.py", text)


if __name__ == "__main__":
    main()
