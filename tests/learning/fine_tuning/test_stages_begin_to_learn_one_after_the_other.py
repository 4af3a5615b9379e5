"""The last layer is alone at first, then stage after stage of the body joins it, the last one first."""

import pytest
import torch
from torch import nn

from image_classification.learning.fine_tuning.freezing import set_training_mode
from image_classification.learning.fine_tuning.options import FineTuningOptions
from image_classification.learning.fine_tuning.unfreezing import Unfreezing
from image_classification.networks import Classifier
from image_classification.networks.modules import FeaturesAndHead


@pytest.fixture
def network(classifier):
    torch.manual_seed(0)
    stages = [nn.Sequential(nn.Linear(64 if not n else 8, 8), nn.BatchNorm1d(8), nn.ReLU()) for n in range(4)]
    body = nn.Sequential(nn.Flatten(), *stages)
    return Classifier(FeaturesAndHead(body, nn.Linear(8, 2)), classifier.description)


def learning(network):
    """The numbers of the stages that learn; the head is 5."""
    found = set()
    for name, each in network.named_parameters():
        if each.requires_grad:
            found.add(5 if ".head." in name else int(name.split(".")[2]))
    return found


@pytest.mark.parametrize(
    ("head_epochs", "epochs_per_stage", "expected"),
    [
        (0, 0, [{1, 2, 3, 4, 5}] * 5),
        (2, 0, [{5}, {5}, {1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}, {1, 2, 3, 4, 5}]),
        (1, 1, [{5}, {4, 5}, {3, 4, 5}, {2, 3, 4, 5}, {1, 2, 3, 4, 5}]),
        (0, 2, [{4, 5}, {4, 5}, {3, 4, 5}, {3, 4, 5}, {2, 3, 4, 5}]),
    ],
)
def test_in_each_epoch(head_epochs, epochs_per_stage, expected, network):
    unfreezing = Unfreezing(
        network, FineTuningOptions(head_epochs=head_epochs, epochs_per_stage=epochs_per_stage)
    )
    for epoch, stages in enumerate(expected, 1):
        unfreezing.begin(epoch)
        assert learning(network) == stages
    unfreezing.begin(1)  # a training that is resumed, or replayed, may begin anywhere
    assert learning(network) == expected[0]


def test_what_is_frozen_for_good_stays_so(network):
    network.body.features[1].requires_grad_(False)
    unfreezing = Unfreezing(network, FineTuningOptions(head_epochs=1, epochs_per_stage=1))
    seen = []
    for epoch in range(1, 7):
        unfreezing.begin(epoch)
        seen.append(learning(network))
    assert seen == [{5}, {4, 5}, {3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}, {2, 3, 4, 5}]


def test_statistics_of_batches_stay_while_their_stage_waits(network):
    unfreezing = Unfreezing(network, FineTuningOptions(epochs_per_stage=1))
    for epoch, moving in ((1, [4]), (3, [2, 3, 4])):
        unfreezing.begin(epoch)
        set_training_mode(network)
        assert [n for n in range(1, 5) if network.body.features[n][1].training] == moving


def test_the_weights_that_wait_are_not_touched(learn, network, bright_or_dark):
    before = {name: each.clone() for name, each in network.state_dict().items()}
    options = {"fine_tuning": FineTuningOptions(head_epochs=1, epochs_per_stage=1)}
    learn(network, bright_or_dark, optimizer="adamw", epochs=3, **options)
    after = network.state_dict()
    changed = {name.split(".")[2] for name in after if not torch.equal(after[name], before[name])}
    assert changed == {"weight", "bias", "4", "3"}


@pytest.mark.parametrize(("name", "remembers"), [("sgd", {"momentum": 0.9}), ("adamw", {}), ("rmsprop", {})])
def test_whatever_the_optimizer_remembers(network, learn, bright_or_dark, name, remembers):
    options = {"fine_tuning": FineTuningOptions(head_epochs=1, epochs_per_stage=1)}
    history = learn(network, bright_or_dark, optimizer=name, optimizer_options=remembers, **options)
    assert history["train/loss"].notna().all()
