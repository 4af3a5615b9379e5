"""Parameters that begin to learn later than others are updated as if each had an optimizer of its own."""

import pytest
import torch
from torch import nn
from torch.optim import LBFGS

from image_classification.learning.optimizers import OPTIMIZERS, OptimizerOptions, build_optimizer

SIZES = [(3, 2), (2,), (2, 2)]
STEPS = 5
MORE = {
    "sgd": [{"momentum": 0.9}, {"momentum": 0.5, "dampening": 0.3, "weight_decay": 0.1}],
    "rmsprop": [{"momentum": 0.9, "centered": True}],
}
# LBFGS has one state for all parameters
NAMES = [name for name in OptimizerOptions.names() if OPTIMIZERS[name] is not LBFGS]
EACH = [(name, options) for name in NAMES for options in [{}, *MORE.get(name, [])]]


def parameters():
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(size, generator=generator)) for size in SIZES]


def steps(begins):
    """The gradient of each parameter at each step, None before the one that it begins with."""
    generator = torch.Generator().manual_seed(1)
    drawn = [[torch.randn(size, generator=generator) for size in SIZES] for _ in range(STEPS)]
    return [
        [each if step >= first else None for each, first in zip(row, begins, strict=True)]
        for step, row in enumerate(drawn)
    ]


def learn(optimizer, learning, gradients):
    for row in gradients:
        for each, gradient in zip(learning, row, strict=True):
            each.grad = gradient
        optimizer.step()


@pytest.mark.parametrize("begins", [(0, 2, 4), (3, 0, 0), (0, 0, 0), (1, 2, 1), (0, STEPS, 3)])
@pytest.mark.parametrize("spared", ["all", "weights"])
@pytest.mark.parametrize(("name", "options"), EACH)
def test_each_as_by_an_optimizer_of_its_own(name, options, spared, begins):
    if spared == "weights" and "weight_decay" not in OptimizerOptions(name=name).options:
        return
    chosen = OptimizerOptions.model_validate({"name": name, name: options, "weight_decay_on": spared})
    together, alone, gradients = parameters(), parameters(), steps(begins)
    optimizer = build_optimizer(chosen, together)
    groups = optimizer.param_groups
    learn(optimizer, together, gradients)
    assert optimizer.param_groups is groups
    for place, (each, other) in enumerate(zip(together, alone, strict=True)):
        own = dict(chosen.options)
        if spared == "weights" and each.ndim == 1:
            own["weight_decay"] = 0.0
        learn(OPTIMIZERS[name]([other], **own), [other], [[row[place]] for row in gradients])
        torch.testing.assert_close(each, other)


@pytest.mark.parametrize("nesterov", [False, True])
def test_what_was_saved_in_between_goes_on_as_it_would_have(nesterov):
    chosen = OptimizerOptions.model_validate({"name": "sgd", "sgd": {"momentum": 0.9, "nesterov": nesterov}})
    whole, parted, gradients = parameters(), parameters(), steps((0, 3, 1))
    learn(build_optimizer(chosen, whole), whole, gradients)
    first = build_optimizer(chosen, parted)
    learn(first, parted, gradients[:2])
    second = build_optimizer(chosen, parted)
    second.load_state_dict(first.state_dict())
    learn(second, parted, gradients[2:])
    for each, other in zip(whole, parted, strict=True):
        assert torch.equal(each, other)
