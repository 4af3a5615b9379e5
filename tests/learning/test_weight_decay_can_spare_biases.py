"""`weight_decay_on: weights` leaves biases and normalisation layers as they are, for every optimizer."""

import pytest
import torch
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.optimizers import OptimizerOptions, build_optimizer

DECAYING = [
    name
    for name in OptimizerOptions.names()
    if "weight_decay" in OptimizerOptions.model_validate({"name": name}).options
]


def network() -> nn.Sequential:
    torch.manual_seed(0)
    built = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(3, 2))
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.fill_(1.0)
    return built


def decaying_on(what: str, name: str, **options) -> OptimizerOptions:
    return OptimizerOptions.select(name, **options).model_copy(update={"weight_decay_on": what})


def stepped(name: str, on: str = "all") -> nn.Sequential:
    """After ten steps with gradients of zero, in which the decay alone changes anything."""
    built = network()
    options = {"lr": 0.1, "weight_decay": 0.1}
    options |= {"lambd": 0.0} if name == "asgd" else {}  # a decay of its own
    optimizer = build_optimizer(decaying_on(on, name, **options), built.parameters())
    for _ in range(10):
        for parameter in built.parameters():
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()
    return built


@pytest.mark.parametrize("name", DECAYING)
def test_only_matrices_and_kernels_shrink(name):
    for shape, parameter in stepped(name, on="weights").named_parameters():
        assert bool((parameter < 1).all()) == (parameter.ndim > 1), shape


@pytest.mark.parametrize("name", DECAYING)
def test_by_default_everything_does(name):
    assert all(bool((parameter < 1).all()) for parameter in stepped(name).parameters())


@pytest.mark.parametrize("name", sorted(set(OptimizerOptions.names()) - set(DECAYING)))
def test_an_optimizer_without_weight_decay_refuses_it(name):
    with pytest.raises(UserError, match=rf"{name} has no weight decay"):
        build_optimizer(decaying_on("weights", name), network().parameters())


def test_a_schedule_moves_the_rate_of_both():
    optimizer = build_optimizer(
        decaying_on("weights", "adamw", lr=0.1, weight_decay=0.1), network().parameters()
    )
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    schedule.step()
    assert [group["lr"] for group in optimizer.param_groups] == [0.05, 0.05]
