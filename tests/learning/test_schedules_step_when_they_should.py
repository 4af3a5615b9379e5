"""Schedules that move per epoch rest within it; those that move per batch reach their peak on the way."""

import pytest
import torch
from torch import nn

from image_classification.learning.optimizers import build_schedule


@pytest.fixture
def optimizer() -> torch.optim.SGD:
    return torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=1.0)


def test_a_step_schedule_moves_between_epochs(optimizer: torch.optim.SGD) -> None:
    schedule = build_schedule("step", optimizer, epochs=2, batches=3, step_size=1, gamma=0.5)
    rates = []
    for _ in range(2):
        for _ in range(3):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.after_batch()
        schedule.after_epoch()
    assert rates == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]


def test_one_cycle_peaks_at_the_optimizers_rate_and_dies_out(optimizer: torch.optim.SGD) -> None:
    schedule = build_schedule("one_cycle", optimizer, epochs=2, batches=50, pct_start=0.5)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.after_batch()
        schedule.after_epoch()
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[49] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(1 / 25 / 1e4)
