"""A few reads at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

MAX_WORKERS = 4
"""Few: services of 6.2 to 6.4 fail under load (docs/service/parallel-writes.md)."""

Item = TypeVar("Item")
Worker = TypeVar("Worker")
Result = TypeVar("Result")


def map_bounded(
    items: Sequence[Item],
    new_worker: Callable[[], Worker],
    run: Callable[[Worker, Item], Result],
) -> list[Result]:
    """Return `run(worker, item)` for each item, in order, in up to `MAX_WORKERS` threads.

    Args:
        items: what to run for.
        new_worker: called once in each thread.
        run: its first exception ends the whole.
    """
    local = threading.local()

    def run_in_thread(item: Item) -> Result:
        if not hasattr(local, "worker"):
            local.worker = new_worker()
        return run(local.worker, item)

    executor = ThreadPoolExecutor(min(MAX_WORKERS, len(items)))
    try:
        return list(executor.map(run_in_thread, items))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
