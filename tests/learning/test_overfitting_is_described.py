"""A sentence where training and validation part, none where they do not."""

import pandas as pd
import pytest

from image_classification.learning.overfitting import describe_overfitting


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
    said = describe_overfitting(history([1, 0.5, 0.3, 0.2, 0.1], [1, 0.6, 0.7, 0.8, 0.9]))
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
    assert describe_overfitting(found).startswith("Overfitting: since epoch 2 the validation loss")


def test_a_training_accuracy_far_above_the_validation_accuracy():
    said = describe_overfitting(history([1, 0.5], [1, 0.9], train_accuracy=0.99, validation_accuracy=0.8))
    assert said.startswith(
        "Overfitting: 99.0% of the training images are right, but only 80.0% of the validation"
    )


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        ([1, 0.5, 0.3, 0.2, 0.1], [1, 0.6, 0.5, 0.4, 0.35]),  # both fall
        ([1, 0.5, 0.4, 0.3], [1, 0.6, 0.7, 0.8]),  # for two epochs only
        ([1, 0.5, 0.4, 0.3, 0.2], [1, 0.60, 0.61, 0.62, 0.63]),  # by a little
        ([1, 0.5, 0.6, 0.7, 0.8], [1, 0.6, 0.7, 0.8, 0.9]),  # both rise: that is another trouble
    ],
)
def test_nothing_is_said_where_they_have_not_parted(train, validation):
    assert describe_overfitting(history(train, validation)) is None


def test_nothing_is_said_without_validation():
    columns = history([1, 0.5], [1, 1], train_accuracy=1.0, validation_accuracy=0.0)
    assert describe_overfitting(columns.drop(columns=["validation/loss", "validation/accuracy"])) is None
