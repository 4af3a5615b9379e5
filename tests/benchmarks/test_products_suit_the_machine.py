"""The product that stands for a machine's peak is one that it calculates in a moment."""

import pytest
import torch
from tests.benchmarks.matmul import square_side


class Clock:
    """Tells so many seconds more each second time it is asked."""

    def __init__(self, *seconds):
        self._seconds = iter(seconds)
        self._now, self._asked = 0.0, 0

    def __call__(self):
        self._asked += 1
        self._now += next(self._seconds, 0.0) if self._asked % 2 == 0 else 0.0
        return self._now


@pytest.mark.parametrize(
    ("seconds", "largest", "side"),
    [
        ((0.001, 0.008, 0.06), 4096, 4096),
        ((0.001, 0.008, 0.07), 4096, 2048),
        ((0.001, 0.008), 2048, 2048),
        ((0.3,), 4096, 512),
        ((), 512, 512),
    ],
)
def test_it_grows_as_long_as_the_next_one_is_quick(seconds, largest, side):
    assert square_side(torch.float32, largest, Clock(*seconds)) == side
