"""Work is spread over threads; its order is kept, and an error ends it."""

import threading

import pytest

from image_classification.threads import map_in_threads


def test_results_come_in_order_and_all_is_counted():
    done = []

    assert map_in_threads(lambda item: item * 2, range(1000), done.append) == [
        2 * item for item in range(1000)
    ]
    assert sum(done) == 1000


def test_the_work_is_done_elsewhere():
    assert threading.get_ident() not in map_in_threads(
        lambda _: threading.get_ident(), range(100), lambda _: None
    )


def test_nothing_to_do():
    assert map_in_threads(lambda item: item, [], lambda _: None) == []


def test_an_error_ends_the_work_long_before_its_end():
    started = []

    def fail(item):
        started.append(item)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        map_in_threads(fail, range(100_000), lambda _: None)

    assert len(started) < 100_000
