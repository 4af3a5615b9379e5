"""The threshold of answers: the least one that is shown to keep the promise, whatever the scores are."""

import numpy as np
import pytest

from image_classification.networks.answers.thresholds import (
    answers_above,
    images_for_answers,
    images_for_sets,
    least_of_set,
)


def scores(count):
    return np.linspace(1, 0.5, count)


@pytest.mark.parametrize(("right", "confidence", "needed"), [(0.95, 0.95, 59), (0.95, 0.9, 45)])
def test_all_right_is_shown_by_so_many(right, confidence, needed):
    assert images_for_answers(right, confidence) == needed
    assert right**needed <= 1 - confidence + 1e-12 < right ** (needed - 1) + 1e-12
    enough, few = (np.ones(count, dtype=bool) for count in (needed, needed - 1))
    assert answers_above(scores(needed), enough, right, confidence) == -np.inf
    assert answers_above(scores(needed - 1), few, right, confidence) == np.inf


def test_mistakes_among_the_least_sure_are_left_out():
    correct = np.arange(1000) < 800

    above = answers_above(scores(1000), correct, 0.95, 0.9)

    kept = (scores(1000) > above).sum()
    assert 800 <= kept < 800 / 0.95


def test_a_mistake_among_the_surest_does_not_end_it_all():
    correct = np.arange(2000) < 1900
    correct[0] = False

    assert (scores(2000) > answers_above(scores(2000), correct, 0.95, 0.9)).sum() > 1800


def test_equal_scores_are_answered_together_or_not_at_all():
    correct = np.arange(200) < 100  # whichever of them come first
    equal = np.ones(200)

    assert answers_above(equal, correct, 0.9, 0.9) == np.inf
    assert answers_above(equal, np.ones(200, dtype=bool), 0.9, 0.9) == -np.inf
    two = np.repeat([0.9, 0.6], 100)
    assert answers_above(two, correct, 0.9, 0.9) == 0.6


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_images_says_nothing(seed):
    generator = np.random.default_rng(seed)
    found = np.round(generator.random(500), 2)
    correct = generator.random(500) < found
    order = generator.permutation(500)

    assert answers_above(found, correct, 0.8, 0.9) == answers_above(found[order], correct[order], 0.8, 0.9)


def test_no_image():
    assert answers_above(np.empty(0), np.empty(0, dtype=bool), 0.9, 0.9) == np.inf


@pytest.mark.parametrize(("coverage", "needed"), [(0.5, 1), (0.9, 9), (0.95, 19), (0.99, 99), (0.999, 999)])
def test_sets_need_so_many(coverage, needed):
    assert images_for_sets(coverage) == needed
    values = np.linspace(0.1, 1, needed)
    assert least_of_set(values, coverage) == values[0]
    with pytest.raises(ValueError, match="too few"):
        least_of_set(values[1:], coverage)
