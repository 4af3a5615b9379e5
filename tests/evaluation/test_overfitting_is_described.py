"""A sentence where training and validation part, none where they do not."""

import pandas as pd
import pytest
from scipy.stats import fisher_exact

from image_classification.evaluation.overfitting import chance_of_difference, describe_overfitting

MANY = {"train": 10_000, "validation": 1_000}


def history(train, validation, train_accuracy=0.95, validation_accuracy=0.94):
    return pd.DataFrame(
        {
            "epoch": range(1, len(train) + 1),
            "train/loss": train,
            "train/accuracy": train_accuracy,
            "validation/loss": validation,
            "validation/accuracy": validation_accuracy,
        }
    )


def test_a_validation_loss_that_rises_while_the_training_loss_falls():
    said = describe_overfitting(history([1, 0.5, 0.3, 0.2, 0.1], [1, 0.6, 0.7, 0.8, 0.9]), MANY)
    assert said.startswith(
        "Overfitting: since epoch 2 the validation loss has risen from 0.600 to 0.900, while the training "
        "loss fell from 0.500 to 0.100."
    )
    assert "early stopping" in said


def test_epochs_without_a_validation_are_passed_over():
    nan = float("nan")
    found = history(
        [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2], [nan, 0.5, nan, 0.6, nan, 0.7, nan, 0.8, nan]
    )
    assert describe_overfitting(found, MANY).startswith("Overfitting: since epoch 2 the validation loss")


def test_a_training_accuracy_far_above_the_validation_accuracy():
    said = describe_overfitting(
        history([1, 0.5], [1, 0.9], train_accuracy=0.99, validation_accuracy=0.8), MANY
    )
    assert said.startswith(
        "Overfitting: 9,900 of the 10,000 training images are classified correctly (99.0%), but only 800 of "
        "the 1,000 validation images (80.0%)."
    )


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        ([1, 0.5, 0.3, 0.2, 0.1], [1, 0.6, 0.5, 0.4, 0.35]),  # both fall
        ([1, 0.5, 0.4, 0.3], [1, 0.6, 0.7, 0.8]),  # for two epochs only
        ([1, 0.5, 0.4, 0.3, 0.2], [1, 0.60, 0.61, 0.62, 0.63]),  # by a little
        ([1, 0.5, 0.6, 0.7, 0.8], [1, 0.6, 0.7, 0.8, 0.9]),  # both rise: that is another trouble
        ([1, 0.01, 0.008, 0.006, 0.004], [1, 0.005, 0.006, 0.008, 0.009]),  # from hardly any to hardly any
    ],
)
def test_nothing_is_said_where_they_have_not_parted(train, validation):
    assert describe_overfitting(history(train, validation), MANY) is None


def test_nothing_is_said_without_validation():
    columns = history([1, 0.5], [1, 1], train_accuracy=1.0, validation_accuracy=0.0)
    assert (
        describe_overfitting(columns.drop(columns=["validation/loss", "validation/accuracy"]), MANY) is None
    )


@pytest.mark.parametrize(
    ("train", "validation", "said"),
    [
        ((240, 212), (60, 41), True),
        ((240, 212), (2, 1), False),
        ((10, 10), (5, 4), False),
        ((20, 20), (20, 10), True),
        # one mistake among few, beside none
        ((81, 81), (9, 8), False),
        ((900, 900), (9, 8), True),
        ((81, 81), (30, 25), True),
    ],
)
def test_a_gap_that_chance_explains_is_none(train, validation, said):
    (of_train, right), (of_validation, right_too) = train, validation
    found = describe_overfitting(
        history([1, 0.5], [1, 0.9], right / of_train, right_too / of_validation),
        {"train": of_train, "validation": of_validation},
    )
    assert bool(found) == said
    if said:
        assert f"{right} of the {of_train} training images" in found
        assert f"only {right_too} of the {of_validation} validation images" in found


def test_the_loss_of_a_few_images_says_nothing():
    risen = history([1, 0.5, 0.3, 0.2, 0.1], [1, 0.6, 0.7, 0.8, 0.9])
    assert describe_overfitting(risen, {"train": 100, "validation": 2}) is None


@pytest.mark.parametrize(("kept", "said"), [(2, False), (3, False), (5, True)])
def test_only_the_weights_that_were_kept_are_judged(kept, said):
    risen = history([1, 0.5, 0.3, 0.2, 0.1], [1, 0.6, 0.7, 0.8, 0.9])
    assert bool(describe_overfitting(risen.assign(kept=risen["epoch"] == kept), MANY)) == said


@pytest.mark.parametrize(
    "counts", [(81, 81, 8, 9), (212, 240, 41, 60), (53_900, 54_000, 5_800, 6_000), (9, 10, 9, 9)]
)
def test_the_chance_is_that_of_fishers_exact_test(counts):
    first, of_first, second, of_second = counts
    table = [[of_second - second, second], [of_first - first, first]]
    assert chance_of_difference(*counts) == pytest.approx(
        fisher_exact(table, alternative="greater").pvalue, rel=1e-6
    )
