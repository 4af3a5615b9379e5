"""A schedule whose factors multiply to a rate that torch cannot hold ends the training with a message."""

import pytest

from image_classification.errors import UserError


@pytest.mark.parametrize("optimizer", ["adadelta", "sgd", "adam"])
def test_it_says_so(learn, classifier, bright_or_dark, optimizer):
    with pytest.raises(UserError, match=r"learning rate to 1e\+\d\d, beyond|became (nan|inf)"):
        learn(
            classifier,
            bright_or_dark,
            optimizer=optimizer,
            optimizer_options={"lr": 1e-3},
            schedule="exponential",
            schedule_options={"gamma": 1e30},
            epochs=6,
        )


def test_at_the_start_too(learn, classifier, bright_or_dark):
    with pytest.raises(UserError, match=r"learning rate to 1e\+60, beyond numbers of 32 bits"):
        learn(
            classifier,
            bright_or_dark,
            optimizer_options={"lr": 1e30},
            schedule="one_cycle",
            schedule_options={"div_factor": 1e-30},
        )
