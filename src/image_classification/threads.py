"""The same work on many items, in threads."""

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from image_classification.processes.stopping import stop_if_asked

Item = TypeVar("Item")
Result = TypeVar("Result")

# handing over one item costs as much as reading the header of a small image
_AT_ONCE = 16


class _Limited:
    """How many of our threads have torch work without threads of its own, and with how many it did before."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.count, self.before = 0, 1


_limited = _Limited()


@contextmanager
def torch_in_one_thread() -> Iterator[None]:
    """Have torch use no threads of its own in this thread, nor in those that begin within the block.

    Where each core has a thread of ours, those of torch only wait for each other: to compare pictures of
    32 x 32 pixels took 1.7 times the processor time.
    """
    torch = sys.modules.get("torch")  # whoever has not imported it does not use it
    if torch is None:
        yield
        return
    with _limited.lock:
        before = torch.get_num_threads()
        if not _limited.count:
            _limited.before = before
        _limited.count += 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _limited.lock:
            _limited.count -= 1
            # with none left, as the first of them found it: this one may have begun within its block
            torch.set_num_threads(before if _limited.count else _limited.before)


def map_in_threads(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    advance: Callable[[int], None],
    *,
    at_once: int = _AT_ONCE,
) -> list[Result]:
    """Call the function with every item and return the results in order.

    Threads help because reading files, checksums, and Pillow's and torch's work on pixels release the GIL;
    torch uses none of its own in them. An error, or Ctrl-C, stops the work as soon as the chunks in progress
    are done.

    Args:
        function: Called from several threads at once.
        items: What it is called with.
        advance: Called in this thread with the number of items that are newly done.
        at_once: How many items a thread takes at once: 1 if each is a lot of work.
    """

    def work(chunk: Sequence[Item]) -> list[Result]:
        return [function(item) for item in chunk]

    results: list[Result] = []
    with torch_in_one_thread(), ThreadPoolExecutor(usable_cores()) as pool:
        chunks = [
            pool.submit(work, items[start : start + at_once]) for start in range(0, len(items), at_once)
        ]
        try:
            for chunk in chunks:
                done = chunk.result()
                results += done
                advance(len(done))
                stop_if_asked()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def ahead_in_threads(
    function: Callable[[Item], Result], batches: Iterable[Sequence[Item]], *, ahead: int = 2
) -> Generator[list[Result]]:
    """Call the function with every item, and yield the results batch by batch, in order.

    The next batches are worked on while the caller uses the results of one. An error, or Ctrl-C, stops the
    work as soon as the chunks in progress are done.

    Args:
        function: Called from several threads at once.
        batches: Of what it is called with; taken one by one, as they are needed.
        ahead: How many batches are worked on, or wait to be used, beside the one in use.
    """

    def work(chunk: Sequence[Item]) -> list[Result]:
        return [function(item) for item in chunk]

    waiting: deque[list[Future[list[Result]]]] = deque()
    with ThreadPoolExecutor(usable_cores()) as pool:
        try:
            for batch in batches:
                starts = range(0, len(batch), _AT_ONCE)
                waiting.append([pool.submit(work, batch[start : start + _AT_ONCE]) for start in starts])
                if len(waiting) > ahead:
                    yield _results_of(waiting.popleft())
            while waiting:
                yield _results_of(waiting.popleft())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _results_of(chunks: "list[Future[list[Result]]]") -> list[Result]:
    results: list[Result] = []
    for chunk in chunks:
        results += chunk.result()
        stop_if_asked()
    return results


def usable_cores() -> int:
    """Return the number of cores that this process may use: in many containers fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
