"""Accumulated batches, limits of gradients and frozen parameters do to an update what they say."""

import pytest
import torch
from torch import nn

from image_classification.errors import UserError
from image_classification.learning.fine_tuning.freezing import freeze, set_training_mode
from image_classification.networks import NetworkDescription, build_classifier

CONVNET = NetworkDescription(
    network="convnet",
    options={"widths": [4], "dropout": 0.0},
    image_shape=(1, 8, 8),
    class_names=("dark", "bright"),
    mean=(0.4,),
    std=(0.2,),
    data_name="made up",
    index_digest="0" * 64,
)


def weights(network):
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


@pytest.fixture
def plain(classifier):
    """Without dropout, whose draws depend on how the batches are cut."""
    return build_classifier(
        classifier.description.model_copy(
            update={"options": {"widths": [16], "dropout": 0.0, "log_softmax": False}}
        )
    )


@pytest.mark.parametrize("optimizer", ["sgd", "lbfgs"])
def test_accumulated_batches_are_one_large_batch_even_where_the_last_are_fewer(
    learn, plain, bright_or_dark, optimizer
):
    """96 images: batches of 20 in groups of 3 are 60 and 36, the last batch of which has 16 images."""
    start = weights(plain)
    options = {"lr": 0.1}
    large = learn(
        plain, bright_or_dark, optimizer=optimizer, optimizer_options=options, batch_size=60, epochs=2
    )
    expected = weights(plain)
    plain.load_state_dict(start)
    small = learn(
        plain,
        bright_or_dark,
        optimizer=optimizer,
        optimizer_options=options,
        batch_size=20,
        accumulate_batches=3,
        epochs=2,
    )
    for name, tensor in weights(plain).items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-3, atol=1e-5)
    assert small["train/loss"].to_list() == pytest.approx(large["train/loss"].to_list(), rel=1e-4)


def test_schedules_count_updates_not_batches(learn, plain, bright_or_dark):
    history = learn(plain, bright_or_dark, schedule="one_cycle", batch_size=8, accumulate_batches=4, epochs=3)
    assert history["train/loss"].iloc[-1] < history["train/loss"].iloc[0]
    assert history["learning_rate"].iloc[0] < history["learning_rate"].iloc[1]


def test_no_gradient_is_longer_than_its_limit(learn, plain, bright_or_dark):
    start = weights(plain)
    learn(
        plain,
        bright_or_dark,
        optimizer="sgd",
        optimizer_options={"lr": 1.0},
        gradient_clipping={"norm": 0.01},
        batch_size=96,
        epochs=1,
    )
    moved = torch.cat([(tensor - start[name]).flatten() for name, tensor in weights(plain).items()])
    assert moved.norm().item() == pytest.approx(0.01, rel=1e-3)


def test_no_gradient_is_larger_than_its_limit(learn, plain, bright_or_dark):
    start = weights(plain)
    learn(
        plain,
        bright_or_dark,
        optimizer="sgd",
        optimizer_options={"lr": 1.0},
        gradient_clipping={"value": 1e-3},
        batch_size=96,
        epochs=1,
    )
    moved = torch.cat([(tensor - start[name]).flatten() for name, tensor in weights(plain).items()])
    assert moved.abs().max().item() == pytest.approx(1e-3, rel=1e-3)


def test_frozen_parameters_stay_and_the_rest_learns(learn, bright_or_dark):
    network = build_classifier(CONVNET)
    start = weights(network)
    learn(network, bright_or_dark, freeze=["body.features.*"], optimizer_options={"weight_decay": 0.1})
    moved = {name for name, tensor in weights(network).items() if not torch.equal(tensor, start[name])}
    # neither the weights of the features nor the statistics of their batch normalisation
    assert moved == {"body.output.weight", "body.output.bias"}


def test_a_batch_normalisation_that_is_not_frozen_goes_on_learning():
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    freeze(network, ["0.*"])
    set_training_mode(network.eval())
    assert network[1].training


def test_a_pattern_that_fits_nothing_lists_what_there_is(learn, classifier, bright_or_dark):
    with pytest.raises(UserError, match=r"'features\.\*', which fits no parameter.*body\.hidden\.0\.weight"):
        learn(classifier, bright_or_dark, freeze=["features.*"])


def test_a_network_that_is_frozen_whole_cannot_be_trained(learn, classifier, bright_or_dark):
    with pytest.raises(UserError, match="No parameter of the network is left to train"):
        learn(classifier, bright_or_dark, freeze=["*"])
