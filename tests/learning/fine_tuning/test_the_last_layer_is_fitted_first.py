"""The last layer may be fitted to the features of a body before both are trained."""

import pytest
import torch
from tests.learning.fine_tuning.test_frozen_features_are_computed_once import with_body
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.learning.fine_tuning.features import start_head
from image_classification.learning.fine_tuning.head_start import fit_last_layer
from image_classification.learning.options import TrainingOptions

CPU = TrainingOptions(device="cpu", precision="float32")


def clusters(classes, *, absent=(), probabilities=False):
    """Features of noise around a centre for each class, and their labels."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([each for each in range(classes) if each not in absent]).repeat_interleave(20)
    centres = torch.randn(classes, 12, generator=generator)
    features = centres[labels] + 0.2 * torch.randn(len(labels), 12, generator=generator)
    if probabilities:
        return features, nn.functional.one_hot(labels, classes) * 0.8 + 0.1, labels
    return features, labels, labels


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("probabilities", [False, True])
def test_it_tells_the_classes_apart(classes, probabilities):
    features, given, labels = clusters(classes, probabilities=probabilities)
    layer = nn.Linear(12, classes)
    fit_last_layer(layer, features, given)
    assert (layer(features).argmax(dim=1) == labels).float().mean() > 0.95


@pytest.mark.parametrize("absent", [(0,), (2, 3)])
def test_a_class_without_images_stays_as_it_was_drawn(absent):
    features, given, labels = clusters(5, absent=absent)
    layer = nn.Linear(12, 5)
    before = layer.weight.detach().clone()
    fit_last_layer(layer, features, given)
    assert torch.equal(layer.weight[list(absent)], before[list(absent)])
    present = [each for each in range(5) if each not in absent]
    assert (
        layer(features)[:, present].argmax(dim=1) == torch.searchsorted(torch.tensor(present), labels)
    ).all()


def test_images_of_one_class_change_nothing():
    layer = nn.Linear(12, 2)
    before = layer.weight.detach().clone()
    fit_last_layer(layer, torch.rand(6, 12), torch.zeros(6, dtype=torch.int64))
    assert torch.equal(layer.weight, before)


def test_the_body_stays_as_it_is(classifier, bright_or_dark):
    network = with_body(classifier, freeze_body=False)
    before = {name: each.clone() for name, each in network.state_dict().items()}
    start_head(network, bright_or_dark, CPU)
    changed = {name for name, each in network.state_dict().items() if not torch.equal(each, before[name])}
    assert changed == {"body.head.1.weight", "body.head.1.bias"}
    images, labels = bright_or_dark.tensors
    assert (network.eval()(images).argmax(dim=1) == labels).all()


def test_a_training_goes_on_from_it(learn, classifier, bright_or_dark):
    drawn, started = (with_body(classifier, freeze_body=False) for _ in range(2))
    start_head(started, bright_or_dark, CPU)
    usual = {"epochs": 1, "optimizer_options": {"lr": 1e-5}, "fine_tuning": {"frozen_statistics": True}}
    losses = [learn(each, bright_or_dark, **usual)["train/loss"].iloc[0] for each in (drawn, started)]
    assert losses[1] < losses[0] / 1.5


def test_a_network_without_a_body_is_refused(classifier, bright_or_dark):
    with pytest.raises(UserError, match="head_start is for networks of a body and one linear last layer"):
        start_head(classifier, bright_or_dark, CPU)


def test_statistics_may_be_frozen_while_the_weights_learn(learn, classifier, bright_or_dark):
    network = with_body(classifier, freeze_body=False)
    before = {name: each.clone() for name, each in network.state_dict().items()}
    learn(network, TensorDataset(*bright_or_dark.tensors), epochs=1, fine_tuning={"frozen_statistics": True})
    after = network.state_dict()
    assert torch.equal(after["body.features.1.running_mean"], before["body.features.1.running_mean"])
    assert not torch.equal(after["body.features.1.weight"], before["body.features.1.weight"])
