"""`weight_decay_on: weights` leaves biases and normalisation layers as they are, for every optimizer."""

import pytest
import torch
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.optimizers import build_optimizer
from image_classification.parameters.optimizer import OptimizerParameters

DECAYING = [
    name
    for name in OptimizerParameters.names()
    if "weight_decay" in OptimizerParameters.model_validate({"name": name}).options
]


def network() -> nn.Sequential:
    torch.manual_seed(0)
    built = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(3, 2))
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.fill_(1.0)
    return built


def stepped(name: str, **how) -> nn.Sequential:
    """After ten steps with gradients of zero, in which the decay alone changes anything."""
    built = network()
    options = OptimizerParameters.model_validate({"name": name}).options
    options |= {"lr": 0.1, "weight_decay": 0.1}
    options |= {"lambd": 0.0} if name == "asgd" else {}  # a decay of its own
    optimizer = build_optimizer(name, built.parameters(), **options, **how)
    for _ in range(10):
        for parameter in built.parameters():
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()
    return built


@pytest.mark.parametrize("name", DECAYING)
def test_only_matrices_and_kernels_shrink(name):
    for shape, parameter in stepped(name, weight_decay_on="weights").named_parameters():
        assert bool((parameter < 1).all()) == (parameter.ndim > 1), shape


@pytest.mark.parametrize("name", DECAYING)
def test_by_default_everything_does(name):
    assert all(bool((parameter < 1).all()) for parameter in stepped(name).parameters())


@pytest.mark.parametrize("name", sorted(set(OptimizerParameters.names()) - set(DECAYING)))
def test_an_optimizer_without_weight_decay_refuses_it(name):
    with pytest.raises(UserError, match=rf"{name} has no weight decay"):
        build_optimizer(name, network().parameters(), weight_decay_on="weights")


def test_a_schedule_moves_the_rate_of_both():
    optimizer = build_optimizer(
        "adamw", network().parameters(), weight_decay_on="weights", lr=0.1, weight_decay=0.1
    )
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.05]
