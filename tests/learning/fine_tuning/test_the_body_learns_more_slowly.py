"""The body of a network learns at other rates than its last layer, through every optimizer and schedule."""

import pytest
import torch
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.learning.fine_tuning.rates import rate_factors
from image_classification.learning.optimizers import OPTIMIZERS, OptimizerOptions, build_optimizer
from image_classification.learning.schedules import SCHEDULERS, ScheduleOptions, build_schedule
from image_classification.networks import Classifier
from image_classification.networks.modules import FeaturesAndHead

RATE = 0.01


@pytest.fixture
def network(classifier):
    """A body of three stages of two layers each, and a head."""
    torch.manual_seed(0)
    stages = [nn.Sequential(nn.Linear(64 if not n else 8, 8), nn.Linear(8, 8)) for n in range(3)]
    body = nn.Sequential(nn.Flatten(), *stages, nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8)))
    return Classifier(FeaturesAndHead(body, nn.Linear(8, 2)), classifier.description)


def rates(network, optimizer):
    """The learning rate of each part by its name."""
    of = {id(each): group["lr"] for group in optimizer.param_groups for each in group["params"]}
    return {name: of[id(each)] for name, each in network.named_parameters() if name.endswith("weight")}


def built(network, name="adamw", on="all", **options):
    factors = rate_factors(network, FineTuningOptions(**options))
    chosen = OptimizerOptions.model_validate({"name": name, name: {"lr": RATE}, "weight_decay_on": on})
    return build_optimizer(chosen, network.parameters(), factors)


@pytest.mark.parametrize("on", ["all", "weights"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [1, 1, 1, 1]),
        ({"body_lr_factor": 0.1}, [0.1, 0.1, 0.1, 0.1]),
        ({"layer_decay": 0.5}, [1 / 16, 1 / 8, 1 / 4, 1 / 2]),
        ({"layer_decay": 0.5, "body_lr_factor": 0.1}, [0.1 / 16, 0.1 / 8, 0.1 / 4, 0.1 / 2]),
    ],
)
def test_each_stage_has_its_rate(options, expected, on, network):
    found = rates(network, built(network, on=on, **options))
    assert found.pop("body.head.weight") == RATE
    assert [round(found[f"body.features.{stage}.{layer}.weight"] / RATE, 9) for stage in range(1, 5)
            for layer in (0, 1)] == [each for each in expected for _ in range(2)]  # fmt: skip


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "lbfgs"])
def test_every_optimizer_moves_the_body_less(name, network, bright_or_dark):
    optimizer = built(network, name, body_lr_factor=0.001)
    images, labels = bright_or_dark.tensors
    before = {name: each.detach().clone() for name, each in network.named_parameters()}
    nn.functional.cross_entropy(network(images), labels).backward()
    optimizer.step()
    moved = {
        name: float((each - before[name]).detach().abs().max()) for name, each in network.named_parameters()
    }
    assert 0 < moved["body.features.4.1.bias"] < 0.05 * moved["body.head.bias"]


def test_one_that_has_one_rate_for_all_is_refused(network):
    with pytest.raises(UserError, match="lbfgs has one learning rate for all parameters: leave the options"):
        built(network, "lbfgs", body_lr_factor=0.5)


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("warmup", [0, 3])
def test_every_schedule_keeps_the_proportion(name, warmup, network):
    optimizer = built(network, "sgd", body_lr_factor=0.1)
    chosen = ScheduleOptions.model_validate({"name": name, "warmup": {"updates": warmup}})
    schedule = build_schedule(chosen, optimizer, epochs=15, updates=5)
    seen = []
    for _ in range(15):
        for _ in range(5):
            found = rates(network, optimizer)
            seen.append(found["body.head.weight"])
            assert found["body.features.1.0.weight"] == pytest.approx(0.1 * seen[-1], rel=1e-6, abs=1e-12)
            optimizer.step()
            schedule.after_update()
        schedule.after_epoch({"train/loss": 1.0}, has_validation=False)
    assert (len({round(each, 9) for each in seen}) > 1) == (name != "constant" or bool(warmup))


@pytest.mark.parametrize("option", ["body_lr_factor", "layer_decay"])
def test_a_network_without_a_body_is_refused(option, classifier):
    with pytest.raises(UserError, match=rf"{option} is for networks of a body and a last layer"):
        rate_factors(classifier, FineTuningOptions(**{option: 0.5}))


def test_what_is_frozen_has_no_rate(network):
    network.body.features[1].requires_grad_(False)
    optimizer = built(network, layer_decay=0.5)
    learning = {id(each) for group in optimizer.param_groups for each in group["params"]}
    assert learning == {id(each) for each in network.parameters() if each.requires_grad}
