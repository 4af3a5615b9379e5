"""Large pictures wait for each other: all threads that decode share a budget of memory."""

import threading

import numpy as np
import pytest
from PIL import Image

from image_classification.images.reading import memory
from image_classification.images.reading.decode import UnreadableImageError, decode_image
from image_classification.images.reading.memory import MemoryBudget, TooLargeError, budget_of, bytes_needed
from image_classification.images.reading.pictures import open_picture

PLENTY = 2**60


class Watched(MemoryBudget):
    """Remembers the most that was held at once, and how often somebody waited."""

    def __init__(self, total, free=PLENTY):
        super().__init__(total, "more=8", lambda: free)
        self.most = 0
        self.waited = threading.Semaphore(0)

    def _wait(self, needed):
        self.waited.release()
        super()._wait(needed)

    def hold(self, needed):
        with self.held(needed, (1, 1)):
            self.most = max(self.most, self._used)


def started(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    return threads


def test_who_finds_too_little_left_waits():
    budget = Watched(100)

    with budget.held(60, (1, 1)):
        threads = started(lambda: budget.hold(60))
        budget.waited.acquire()
        assert budget._used == 60
    threads[0].join()

    assert budget.most == 60
    assert budget._used == 0


def test_in_the_order_of_arrival():
    budget, order = Watched(100), []

    def hold(name, needed):
        with budget.held(needed, (1, 1)):
            order.append(name)

    threads = []
    with budget.held(60, (1, 1)):
        # the small one would fit, and overtaken for ever the large one would never begin
        for name, needed in (("large", 100), ("small", 1)):
            threads += started(lambda name=name, needed=needed: hold(name, needed))
            budget.waited.acquire()
    for thread in threads:
        thread.join()

    assert order == ["large", "small"]


def test_one_that_needs_more_than_all_is_alone():
    budget = Watched(100)
    budget.hold(99)

    with budget.held(10, (1, 1)):
        threads = started(lambda: budget.hold(1000))
        budget.waited.acquire()
        assert budget._used == 10
    threads[0].join()

    assert budget.most == 1000


def test_one_that_the_machine_has_no_room_for_is_refused_with_its_figures():
    budget = Watched(2**30, free=2**31)

    with pytest.raises(TooLargeError) as error, budget.held(3 * 2**30, (30000, 20000)):
        pass

    for part in (
        "30,000 x 20,000 pixels",
        "3.0 GiB",
        "1.0 GiB of the budget",
        "2.0 GiB that are free",
        "more=8",
    ):
        assert part in str(error.value)
    assert budget._used == 0
    # what a person allows is not held against what is free
    Watched(4 * 2**30, free=0).hold(3 * 2**30)


def test_an_error_gives_the_memory_back():
    budget = Watched(100)

    with pytest.raises(ValueError), budget.held(100, (1, 1)):
        raise ValueError

    assert budget._used == 0


@pytest.mark.parametrize(("gibibytes", "expected"), [(0.5, 2**29), (None, 2**32)])
def test_by_default_a_quarter_of_what_is_free(monkeypatch, gibibytes, expected):
    monkeypatch.setattr(memory, "available_memory", lambda: 2**34)

    assert budget_of(gibibytes).total == expected


SIDE = 1100  # a little over a megapixel, from where pictures are counted


def save(path, **options):
    pixels = (np.add.outer(np.arange(SIDE), np.arange(SIDE)) % 256).astype(np.uint8)
    Image.fromarray(np.stack([pixels] * 3, axis=2)).save(path, **options)
    return path


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tif"])
def test_threads_that_decode_share_it(tmp_path, kind):
    path = save(tmp_path / f"a.{kind}", **({"progressive": True} if kind == "jpg" else {}))
    with open_picture(path) as picture:
        needed = bytes_needed(picture, 1, None, is_jpeg=kind == "jpg")
    budget = Watched(needed + needed // 2)
    size = SIDE if kind == "jpg" else 8

    def decode():
        images.extend(decode_image(path, (3, size, size), "stretch", budget=budget) for _ in range(3))

    images = []
    with budget.held(budget.total, (1, 1)):
        threads = started(*[decode] * 4)
        for _ in threads:
            budget.waited.acquire()
        assert not images
    for thread in threads:
        thread.join()

    assert len(images) == 12
    assert budget._used == 0


def test_a_picture_without_room_is_unreadable_for_that_reason(tmp_path):
    path = save(tmp_path / "a.png")

    with pytest.raises(UnreadableImageError, match=r"1,100 x 1,100 pixels, which take .* more=8"):
        decode_image(path, (3, 8, 8), "stretch", budget=Watched(1, free=1000))


def test_a_jpeg_needs_as_much_as_its_scale_leaves(tmp_path):
    path = save(tmp_path / "a.jpg")

    with open_picture(path) as picture:
        whole, eighth = (bytes_needed(picture, scale, None, is_jpeg=True) for scale in (1, 8))
        assert eighth == whole // 64
