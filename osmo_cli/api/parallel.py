"""A few reads at a time."""

from __future__ import annotations

import queue
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
    stop: Callable[[Worker], None],
) -> list[Result]:
    """Return `run(worker, item)` for each item, in order, in up to `MAX_WORKERS` threads.

    Args:
        items: what to run for.
        new_worker: called once for each thread.
        run: its first exception, in the order of the items, ends the whole; so does Ctrl-C.
        stop: called for each worker then, from another thread, so that its `run` ends soon.
    """
    workers = [new_worker() for _ in range(min(MAX_WORKERS, len(items)))]
    idle = queue.SimpleQueue[Worker]()
    for worker in workers:
        idle.put(worker)

    def run_in_thread(item: Item) -> Result:
        worker = idle.get()
        try:
            return run(worker, item)
        finally:
            idle.put(worker)

    executor = ThreadPoolExecutor(len(workers))
    try:
        return list(executor.map(run_in_thread, items))
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            stop(worker)
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
