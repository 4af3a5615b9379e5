"""A fork waits for a call that is in progress, and once only for one that never ends."""

import threading

import pytest

from image_classification.tracking.delivery.forking import ForkLock


class Watched(ForkLock):
    """Notes how long each fork was ready to wait."""

    def __init__(self):
        super().__init__()
        self.waits = []

    def acquire(self, timeout=-1):
        self.waits.append(timeout)
        return super().acquire(min(timeout, 0.01))


@pytest.fixture
def lock():
    return Watched()


@pytest.fixture
def talking(lock):
    """Somebody who talks until told to stop."""
    stop, begun = threading.Event(), threading.Event()

    def talk():
        with lock:
            begun.set()
            stop.wait(60)

    thread = threading.Thread(target=talk)
    thread.start()
    begun.wait(60)
    yield lambda: (stop.set(), thread.join())
    stop.set()


def fork(lock):
    """What happens to a lock around a fork, seen from the process that forks."""
    lock.before_fork(5.0)
    lock.after_fork()


def test_a_call_that_does_not_end_is_waited_for_once(lock, talking):
    for _ in range(3):
        fork(lock)
    assert lock.waits == [5.0, 0.0, 0.0]


def test_the_next_call_is_waited_for_again(lock, talking):
    fork(lock)
    talking()
    with lock:
        pass
    fork(lock)
    assert lock.waits == [5.0, 5.0]
    assert lock.acquire(1.0)  # it was given back


def test_nobody_who_talks_is_harmed(lock):
    fork(lock)
    with lock:
        assert not lock.acquire(0.0)
