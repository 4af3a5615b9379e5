"""Doing the same with many items in the threads of this machine."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# handing over one item costs as much as reading the header of a small image
_AT_ONCE = 16


def map_in_threads(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    advance: Callable[[int], None],
    *,
    at_once: int = _AT_ONCE,
) -> list[Result]:
    """Call the function with every item and return the results in order.

    Reading files, checksums, and Pillow's and torch's work on pixels all let other threads run meanwhile. An
    error, or Ctrl-C, ends the work after what is being done at that moment.

    Args:
        function: Called from several threads at once.
        items: What it is called with.
        advance: Told how many more items are done, in this thread.
        at_once: How many items a thread takes: 1 where each is much work.
    """

    def work(chunk: Sequence[Item]) -> list[Result]:
        return [function(item) for item in chunk]

    results: list[Result] = []
    with ThreadPoolExecutor(_usable_cores()) as pool:
        chunks = [
            pool.submit(work, items[start : start + at_once]) for start in range(0, len(items), at_once)
        ]
        try:
            for chunk in chunks:
                done = chunk.result()
                results += done
                advance(len(done))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def _usable_cores() -> int:
    """The cores that this process may use: fewer than there are in many containers."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
