"""Of images that nobody has seen, sets have the class and answers are right as often as was promised."""

from math import sqrt

import numpy as np
import pytest
import torch

from image_classification.networks.answers import rule
from image_classification.networks.answers.fitting import fit_calibration, images_needed
from image_classification.networks.answers.options import CalibrationOptions

SPLITS = 100
UNSEEN = 2000


def measured(outputs, options, validation):
    """Over the splits: coverage of the sets, accuracy of the answers (nan without any), share answered."""
    logits, labels = outputs(20_000)
    seen = np.random.default_rng(0).normal(size=(20_000, 8))
    generator = torch.Generator().manual_seed(validation)
    rows = []
    for _ in range(SPLITS):
        drawn = torch.randperm(len(labels), generator=generator)[: validation + UNSEEN]
        first, rest = drawn[:validation], drawn[validation:]
        calibration = fit_calibration(logits[first], labels[first], seen[first], options)
        probabilities, truth = calibration.probabilities(logits[rest]).numpy(), labels[rest].numpy()
        sets = rule.class_sets(probabilities, calibration.rule)
        answered = rule.is_answered(probabilities, seen[rest], calibration.rule)
        right = (probabilities.argmax(1) == truth)[answered]
        covered = sets[np.arange(UNSEEN), truth].mean()
        rows.append((covered, right.mean() if len(right) else np.nan, answered.mean()))
    return np.array(rows).T


@pytest.mark.parametrize("coverage", [0.9, 0.95])
@pytest.mark.parametrize("validation", [60, 400])
def test_sets_have_the_class(outputs, coverage, validation):
    covered, *_ = measured(outputs, CalibrationOptions(coverage=coverage, right=0.9), validation)

    # of a split: Beta(n + 1 - k, k) by the rank, and the sampling of the unseen images
    k = validation + 1 - np.ceil((validation + 1) * coverage - 1e-9)
    expected = 1 - k / (validation + 1)
    spread = sqrt(expected * (1 - expected) * (1 / (validation + 2) + 1 / UNSEEN) / SPLITS)
    assert covered.mean() == pytest.approx(expected, abs=4 * spread)
    assert covered.mean() > coverage - 4 * spread


@pytest.mark.parametrize(("right", "validation"), [(0.9, 150), (0.95, 400)])
def test_answers_are_right(outputs, right, validation):
    options = CalibrationOptions(right=right)
    _, accuracy, answered = measured(outputs, options, validation)

    # a share of 1 - confidence may break the promise, and as many more as chance allows
    allowed = SPLITS * (1 - options.confidence)
    assert (accuracy < right).sum() <= allowed + 3 * sqrt(allowed)
    assert answered.mean() > 0.5  # which is no merit if nothing is answered


def test_a_network_better_than_the_promise_answers_nearly_everything(outputs):
    _, accuracy, answered = measured(outputs, CalibrationOptions(right=0.75), 500)

    assert answered.mean() == pytest.approx(0.98, abs=0.02)  # all but the strangers
    assert accuracy.min() > 0.75


def test_the_fewest_images_are_enough_for_sets(outputs):
    options = CalibrationOptions(right=0.6)
    covered, *_ = measured(outputs, options, images_needed(options))

    assert covered.mean() > options.coverage - 0.02


def test_a_network_that_guesses_is_always_unsure(looks):
    options = CalibrationOptions()
    generator = torch.Generator().manual_seed(0)
    wrong = 0
    for _ in range(SPLITS):
        logits = 5 * torch.randn(300, 4, generator=generator)
        labels = torch.randint(4, (300,), generator=generator)
        wrong += fit_calibration(logits, labels, looks(300), options).answer_above is not None
    assert wrong == 0
