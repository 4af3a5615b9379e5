"""The suggestion is where the loss falls fastest, however many updates there are; chance suggests nothing."""

import numpy as np
import pytest

from image_classification.learning.rate_finder.suggestion import suggested_rate, table_of


def falling(rates, centre, *, start=2.3, end=0.4):
    """A loss that falls from start to end, fastest at the centre."""
    return end + (start - end) / (1 + (rates / centre) ** 1.5)


@pytest.mark.parametrize("updates", [40, 100, 700])
@pytest.mark.parametrize("centre", [3e-4, 0.02, 0.5])
def test_the_steepest_fall_is_found_through_the_noise(updates, centre):
    rates = np.geomspace(1e-6, 10, updates)
    noise = np.random.default_rng(0).normal(0, 0.05, updates)
    assert suggested_rate(table_of(rates, falling(rates, centre) + noise)) == pytest.approx(centre, rel=0.6)


@pytest.mark.parametrize("shift", [-5.0, 0.0, 100.0])
def test_an_explosion_changes_nothing(shift):
    rates = np.geomspace(1e-6, 10, 200)
    losses = falling(rates, 0.001) + (rates / 2) ** 2 + shift
    assert suggested_rate(table_of(rates, losses)) == pytest.approx(0.001, rel=0.2)


@pytest.mark.parametrize(
    "noise",
    [lambda draws, count: draws.normal(0, 0.2, count), lambda draws, count: draws.gamma(0.3, 1.0, count)],
)
def test_losses_that_differ_by_chance_suggest_nothing(noise):
    draws = np.random.default_rng(1)
    suggestions = [
        suggested_rate(table_of(np.geomspace(1e-6, 10, updates), 2.3 + noise(draws, updates)))
        for updates in (20, 100, 300)
        for _ in range(50)
    ]
    assert sum(each is not None for each in suggestions) <= 9


@pytest.mark.parametrize(
    "losses", [np.linspace(1, 2, 50), np.ones(50), np.array([3.0, 2.0, 1.0]), np.ones(0)]
)
def test_where_the_loss_does_not_fall_or_is_hardly_known_there_is_none(losses):
    assert suggested_rate(table_of(np.geomspace(1e-6, 10, 50)[: len(losses)], losses)) is None


def test_it_has_two_digits():
    rates = np.geomspace(1.2345e-6, 9.876, 113)
    rate = suggested_rate(table_of(rates, falling(rates, 0.0123)))
    assert rate == float(f"{rate:.1e}")
