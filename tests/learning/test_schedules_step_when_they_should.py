"""Schedules that move per epoch rest within it; those that move per update reach their peak on the way."""

import pytest
import torch
from torch import nn

from image_classification.learning.schedules import ScheduleOptions, WarmupOptions, build_schedule


@pytest.fixture
def optimizer() -> torch.optim.SGD:
    return torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=1.0)


def build(name, optimizer, *, epochs, updates, warmup=None, **options):
    schedule = ScheduleOptions.select(name, **options).model_copy(
        update={"warmup": warmup or WarmupOptions()}
    )
    return build_schedule(schedule, optimizer, epochs=epochs, updates=updates)


def rates_of(schedule, optimizer, epochs, updates, rows=None):
    """The learning rate of each update."""
    rates = []
    for epoch in range(epochs):
        for _ in range(updates):
            schedule.before_update()
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.after_update()
        schedule.after_epoch(rows[epoch] if rows else {"train/loss": 1.0}, has_validation=bool(rows))
    return rates


def test_a_step_schedule_moves_between_epochs(optimizer):
    schedule = build("step", optimizer, epochs=2, updates=3, step_size=1, gamma=0.5)
    assert rates_of(schedule, optimizer, 2, 3) == [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]


def test_one_cycle_peaks_at_the_optimizers_rate_and_dies_out(optimizer):
    schedule = build("one_cycle", optimizer, epochs=2, updates=50, pct_start=0.5)
    rates = rates_of(schedule, optimizer, 2, 50)
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[49] == pytest.approx(1.0)
    assert rates[-1] == pytest.approx(1 / 25 / 1e4)


@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("curve", ["cos", "linear"])
@pytest.mark.parametrize(("epochs", "updates"), [(1, 3), (2, 4), (3, 1), (7, 13)])
def test_one_cycle_goes_to_its_end(optimizer, epochs, updates, curve, three_phase):
    """After its last update torch goes on along a straight line, to a rate below zero that nothing uses."""
    schedule = build(
        "one_cycle",
        optimizer,
        epochs=epochs,
        updates=updates,
        anneal_strategy=curve,
        three_phase=three_phase,
    )
    assert min(rates_of(schedule, optimizer, epochs, updates)) == pytest.approx(1 / 25 / 1e4)


def test_a_cycle_rises_from_a_tenth_to_the_optimizers_rate_update_by_update(optimizer):
    schedule = build("cyclic", optimizer, epochs=1, updates=8, step_size_up=4)
    assert rates_of(schedule, optimizer, 1, 8)[:5] == pytest.approx([0.1, 0.325, 0.55, 0.775, 1.0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cosine", [1.0, 0.853553, 0.5, 0.146447]),
        ("polynomial", [1.0, 0.75, 0.5, 0.25]),
        ("multi_step", [1.0, 1.0, 0.1, 0.01]),
        ("constant", [1.0] * 4),
    ],
)
def test_without_a_length_a_schedule_spans_the_training(optimizer, name, expected):
    schedule = build(name, optimizer, epochs=4, updates=1)
    assert rates_of(schedule, optimizer, 4, 1) == pytest.approx(expected, rel=1e-4)


def test_a_plateau_is_one_of_the_validation_loss(optimizer):
    schedule = build("reduce_on_plateau", optimizer, epochs=5, updates=1, patience=0, factor=0.5)
    rows = [
        {"train/loss": 5.0, "validation/loss": 1.0},
        {"train/loss": 4.0, "validation/loss": 1.0},  # no better: halved
        {"train/loss": 3.0},  # not validated: nothing is known
        {"train/loss": 2.0, "validation/loss": 0.5},  # better
        {"train/loss": 1.0, "validation/loss": 0.6},
    ]
    assert rates_of(schedule, optimizer, 5, 1, rows) == [1.0, 1.0, 0.5, 0.5, 0.5]
    assert optimizer.param_groups[0]["lr"] == 0.25


def test_without_validation_a_plateau_is_one_of_the_training_loss(optimizer):
    schedule = build("reduce_on_plateau", optimizer, epochs=3, updates=1, patience=0, factor=0.5)
    assert rates_of(schedule, optimizer, 3, 1) == [1.0, 1.0, 0.5]


def test_a_warm_up_rises_in_a_straight_line_and_leaves_the_schedule_as_it_is(optimizer):
    warmup = WarmupOptions(epochs=1.5, start_factor=0.25)
    schedule = build("step", optimizer, epochs=3, updates=2, warmup=warmup, step_size=1, gamma=0.5)
    # 3 updates of warm-up: factors 1/4, 1/2, 3/4, then 1; the schedule says 1, 1, 1/2, 1/2, 1/4, 1/4
    assert rates_of(schedule, optimizer, 3, 2) == [0.25, 0.5, 0.375, 0.5, 0.25, 0.25]


def test_a_warm_up_can_be_counted_in_updates_and_goes_with_one_cycle(optimizer):
    plain = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=1.0)
    expected = rates_of(build("one_cycle", plain, epochs=2, updates=5), plain, 2, 5)
    warmup = WarmupOptions(updates=2, start_factor=0.5)
    schedule = build("one_cycle", optimizer, epochs=2, updates=5, warmup=warmup)
    rates = rates_of(schedule, optimizer, 2, 5)
    assert rates[:2] == pytest.approx([expected[0] * 0.5, expected[1] * 0.75])
    assert rates[2:] == pytest.approx(expected[2:])
