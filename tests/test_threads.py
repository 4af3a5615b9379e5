"""Work is spread over threads; its order is kept, and an error ends it."""

import threading

import pytest
import torch

from image_classification.threads import ahead_in_threads, map_in_threads, torch_in_one_thread


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


@pytest.mark.parametrize("ahead", [0, 1, 5])
@pytest.mark.parametrize("sizes", [[], [1], [40, 0, 3], [17] * 9])
def test_batches_come_in_order(ahead, sizes):
    batches = [[(batch, item) for item in range(size)] for batch, size in enumerate(sizes)]

    assert list(ahead_in_threads(lambda item: item, batches, ahead=ahead)) == batches


def test_no_more_batches_are_taken_than_are_worked_on_ahead():
    taken = []

    def batches():
        for number in range(100):
            taken.append(number)
            yield [number]

    results = ahead_in_threads(lambda item: item, batches(), ahead=2)

    assert [next(results), next(results)] == [[0], [1]]
    assert taken == [0, 1, 2, 3]
    results.close()


def test_an_error_in_a_batch_is_raised_where_that_batch_is_used():
    def fail(item):
        if item == 3:
            raise ValueError("broken")
        return item

    results = ahead_in_threads(fail, [[1], [2], [3], [4]])

    assert [next(results), next(results)] == [[1], [2]]
    with pytest.raises(ValueError, match="broken"):
        next(results)


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def threads_of_torch(_=None):
    return torch.get_num_threads()


def in_a_new_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.usefixtures("three_threads")
def test_torch_has_no_threads_of_its_own_in_ours():
    assert set(map_in_threads(threads_of_torch, range(100), lambda _: None)) == {1}

    assert threads_of_torch() == in_a_new_thread(threads_of_torch) == 3


@pytest.mark.usefixtures("three_threads")
def test_torch_gets_its_threads_back_at_the_end_of_the_outermost_block():
    with torch_in_one_thread():
        map_in_threads(threads_of_torch, range(3), lambda _: None)
        assert threads_of_torch() == in_a_new_thread(threads_of_torch) == 1

    assert threads_of_torch() == in_a_new_thread(threads_of_torch) == 3


@pytest.mark.usefixtures("three_threads")
def test_who_begins_within_a_block_of_another_thread_takes_no_threads_away():
    def within():
        with torch_in_one_thread():
            pass

    with torch_in_one_thread():
        in_a_new_thread(within)

    assert threads_of_torch() == in_a_new_thread(threads_of_torch) == 3


@pytest.mark.usefixtures("three_threads")
def test_who_ends_last_gives_back_what_the_first_has_found():
    began, may_end = threading.Event(), threading.Event()

    def longer():
        with torch_in_one_thread():
            began.set()
            assert may_end.wait(60)

    with torch_in_one_thread():
        thread = threading.Thread(target=longer)
        thread.start()
        assert began.wait(60)
    may_end.set()
    thread.join()

    assert threads_of_torch() == in_a_new_thread(threads_of_torch) == 3
