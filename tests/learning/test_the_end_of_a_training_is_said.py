"""Why a training ended: early, as planned, or because it diverged, which an epoch that is kept survives."""

import logging
from math import isfinite

import pytest
import torch

from image_classification.errors import UserError

SPOILT = {
    "optimizer": "sgd",
    "optimizer_options": {"lr": 0.1},
    "schedule": "multi_step",
    "schedule_options": {"milestones": [3], "gamma": 1e30},
    "epochs": 8,
}


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_all_planned_epochs_are_not_early(learn, classifier, bright_or_dark, patience, capsys):
    history = learn(
        classifier,
        bright_or_dark,
        bright_or_dark,
        optimizer_options={"lr": 1e-12},
        epochs=1 + patience,
        early_stopping={"metric": "validation/accuracy", "patience": patience, "min_delta": 0.5},
    )

    assert len(history) == 1 + patience
    assert "Stopped early" not in capsys.readouterr().out


def test_a_training_that_diverges_ends_with_the_best_epoch(learn, classifier, bright_or_dark, caplog):
    states = []
    with caplog.at_level(logging.WARNING):
        history = learn(
            classifier,
            bright_or_dark,
            bright_or_dark,
            keep="best",
            how={"on_epoch": [lambda epoch, row: states.append(_copy(classifier))]},
            **SPOILT,
        )

    assert not isfinite(history["train/loss"].iloc[-1])
    best = int(history["validation/accuracy"].argmax())
    assert f"ends here, with the weights of epoch {best + 1}" in caplog.text
    assert all(torch.equal(tensor, states[best][name]) for name, tensor in _copy(classifier).items())


def test_without_an_epoch_to_keep_it_is_an_error(learn, classifier, bright_or_dark):
    with pytest.raises(UserError, match="the training diverged"):
        learn(classifier, bright_or_dark, bright_or_dark, **SPOILT)


def _copy(network):
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}
