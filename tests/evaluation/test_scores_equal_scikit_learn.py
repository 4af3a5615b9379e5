"""Scores are those of scikit-learn: with ties, absent classes and certain mistakes too."""

import numpy as np
import pytest
from sklearn import metrics as sk

from image_classification.evaluation import scores

CLOSE = {"abs": 1e-12, "rel": 0}


def drawn(seed: int, num_classes: int, digits: int, num_images: int = 500):
    """Labels, and probabilities rounded to few digits, so that many are equal and some are 0 and 1."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, num_classes, num_images)
    logits = random.normal(size=(num_images, num_classes)) * 4
    logits[np.arange(num_images), labels] += 2
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    probabilities = np.round(probabilities, digits) + 1e-30
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("num_classes", [2, 3, 10])
@pytest.mark.parametrize("digits", [1, 2, 16])
def test_scores_of_probabilities(num_classes, digits):
    labels, probabilities = drawn(num_classes, num_classes, digits)
    classes = range(num_classes)
    ours = [scores.log_loss(labels, probabilities), scores.brier_score(labels, probabilities)]
    theirs = [
        sk.log_loss(labels, probabilities, labels=classes),
        sk.brier_score_loss(labels, probabilities, labels=classes),
    ]
    assert ours == pytest.approx(theirs, **CLOSE)
    for index in classes:
        is_class, score = labels == index, probabilities[:, index]
        expected = (sk.roc_auc_score(is_class, score), sk.average_precision_score(is_class, score))
        assert scores.roc_auc_and_average_precision(is_class, score) == pytest.approx(expected, **CLOSE)


@pytest.mark.parametrize("k", [1, 2, 5])
@pytest.mark.parametrize("digits", [1, 16])
def test_top_k_accuracy(k, digits):
    labels, probabilities = drawn(k, 10, digits)
    expected = sk.top_k_accuracy_score(labels, probabilities, k=k, labels=range(10))
    assert scores.top_k_accuracy(labels, probabilities, k) == pytest.approx(expected, **CLOSE)


def test_classes_never_predicted_and_without_images():
    labels, predicted = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 3])
    expected = sk.precision_recall_fscore_support(labels, predicted, labels=range(5), zero_division=0.0)[:3]
    np.testing.assert_allclose(
        scores.precision_recall_f1(labels, predicted, 5), np.stack(expected, axis=1), atol=1e-12
    )
