"""Each optimizer and each schedule really trains, and what they refuse is a message to a person."""

import pytest
import torch
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.optimizers import OPTIMIZERS, OptimizerOptions, build_optimizer
from image_classification.learning.schedules import ScheduleOptions, build_schedule

# where torch's own learning rate is for another kind of problem
RATES = {"asgd": 0.1, "sgd": 0.1, "adafactor": 0.05, "lbfgs": 0.5}


@pytest.mark.parametrize("optimizer", OptimizerOptions.names())
def test_every_optimizer_lowers_the_loss(learn, classifier, bright_or_dark, optimizer):
    options = {"lr": RATES.get(optimizer, 0.01 if optimizer != "adadelta" else 1.0)}
    has_rate = optimizer != "rprop"
    history = learn(
        classifier,
        bright_or_dark,
        optimizer=optimizer,
        optimizer_options=options,
        schedule="exponential" if has_rate else "constant",
        epochs=6,
    )
    assert history["train/loss"].iloc[-1] < 0.8 * history["train/loss"].iloc[0]
    rates = history["learning_rate"]
    # the rate of asgd decays by itself as well
    assert rates.iloc[1] == pytest.approx((0.9 if has_rate else 1.0) * rates.iloc[0], rel=0.02)


@pytest.mark.parametrize("schedule", ScheduleOptions.names())
@pytest.mark.parametrize("warmup", [{}, {"epochs": 1.5}])
def test_every_schedule_lowers_the_loss(learn, classifier, bright_or_dark, schedule, warmup):
    options = {"step_size_up": 4} if schedule == "cyclic" else {}
    history = learn(
        classifier,
        bright_or_dark,
        bright_or_dark,
        optimizer_options={"lr": 0.02},
        schedule=schedule,
        schedule_options=options,
        warmup=warmup,
    )
    assert history["train/loss"].iloc[-1] < 0.8 * history["train/loss"].iloc[0]


def test_what_torch_refuses_is_said_to_the_person():
    weights = nn.Linear(2, 2).parameters()
    adam = OPTIMIZERS.options["adam"].model_construct(eps=-1.0)
    without_checks = OptimizerOptions().model_copy(update={"adam": adam})
    with pytest.raises(UserError, match=r"adam refuses its options: Invalid epsilon.*OptimizerOptions\.adam"):
        build_optimizer(without_checks, weights)


def test_a_schedule_that_does_not_suit_the_optimizer_says_so():
    optimizer = build_optimizer(OptimizerOptions.select("adagrad", lr=0.1), nn.Linear(2, 2).parameters())
    with pytest.raises(UserError, match=r"schedule one_cycle cannot be used: .*momentum"):
        build_schedule(
            ScheduleOptions.select("one_cycle", cycle_momentum=True), optimizer, epochs=1, updates=5
        )


def test_lbfgs_searches_a_minimum_within_one_batch(learn, classifier, bright_or_dark):
    history = learn(
        classifier,
        bright_or_dark,
        optimizer="lbfgs",
        optimizer_options={"line_search_fn": "strong_wolfe"},
        batch_size=96,
        accumulate_batches=1,
        epochs=3,
    )
    # 60 steps of gradient descent could not: 20 steps of each update share what they know of the curvature
    assert history["train/loss"].iloc[-1] < 0.05


def test_lbfgs_sees_the_same_dropout_at_each_evaluation_of_a_batch(learn, bright_or_dark):
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(64, 2))
            self.seen = []

        def forward(self, images):
            mask = torch.rand(64)
            self.seen.append(mask)
            return (images.flatten(1) / 255 * mask) @ self.weight

    network = Noisy()
    learn(network, bright_or_dark, optimizer="lbfgs", batch_size=48, epochs=1)
    masks = {tuple(mask.tolist()) for mask in network.seen}
    assert len(network.seen) > 4
    assert len(masks) == 2  # one for each of the two batches


def test_lbfgs_refuses_half_precision(learn, classifier, bright_or_dark):
    with pytest.raises(UserError, match=r"lbfgs computes in float32.*bfloat16"):
        learn(classifier, bright_or_dark, optimizer="lbfgs", precision="bfloat16")
