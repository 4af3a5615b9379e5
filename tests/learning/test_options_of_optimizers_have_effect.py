"""What an optimizer is told changes the training, or is refused with the reason."""

import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.networks import NetworkDescription, build_classifier

CONVOLUTIONS = {
    "convnet": {"widths": [4, 4], "dropout": 0.0},
    "lenet": {},
}


def build(network: str):
    return build_classifier(
        NetworkDescription(
            network=network,
            options=CONVOLUTIONS[network],
            image_shape=(1, 28, 28),
            class_names=("dark", "bright"),
            mean=(0.4,),
            std=(0.2,),
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=1,
    )


@pytest.fixture
def shades():
    """32 images (1, 28, 28) uint8, dark and bright."""
    labels = torch.arange(32) % 2
    noise = torch.randint(0, 120, (32, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    return TensorDataset((noise + 100 * labels.view(-1, 1, 1, 1)).to(torch.uint8), labels)


def weights_of(network):
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


@pytest.mark.parametrize("network", CONVOLUTIONS)
@pytest.mark.parametrize("line_search", [None, "strong_wolfe"])
def test_lbfgs_trains_convolutions(learn, shades, network, line_search):
    built = build(network)

    history = learn(
        built,
        shades,
        optimizer="lbfgs",
        optimizer_options={"lr": 0.5, "max_iter": 4, "line_search_fn": line_search},
        epochs=3,
    )

    assert history["train/loss"].iloc[-1] < 0.8 * history["train/loss"].iloc[0]


@pytest.mark.parametrize("changed", [{"t0": 3.0}, {"lambd": 0.1}, {"alpha": 0.1, "lambd": 0.1}])
def test_each_option_of_asgd_changes_the_weights(learn, classifier, bright_or_dark, changed):
    start = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    learn(classifier, bright_or_dark, optimizer="asgd", optimizer_options={"lr": 0.1})
    usual = weights_of(classifier)
    classifier.load_state_dict(start)

    learn(classifier, bright_or_dark, optimizer="asgd", optimizer_options={"lr": 0.1, **changed})

    assert not torch.equal(weights_of(classifier), usual)


def test_the_average_of_asgd_is_what_is_measured_and_kept(learn, classifier, bright_or_dark):
    start = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    options = {"lr": 1.0, "lambd": 0.0}
    seen = []
    how = {"on_batch": [lambda *_: seen.append(weights_of(classifier))]}
    asgd = {"optimizer": "asgd", "log_every_batches": 1}
    learn(classifier, bright_or_dark, optimizer_options=options, how=how, **asgd)
    torch.testing.assert_close(weights_of(classifier), seen[-1])  # before t0 there is no average
    classifier.load_state_dict(start)

    learn(classifier, bright_or_dark, optimizer_options=options | {"t0": 4.0}, **asgd)

    # torch begins with the weights after step t0 + 2
    expected = torch.stack(seen[5:]).mean(dim=0)
    torch.testing.assert_close(weights_of(classifier), expected, atol=1e-4, rtol=1e-4)


def test_the_rate_of_asgd_is_the_one_that_it_used(learn, classifier, bright_or_dark):
    options = {"lr": 0.1, "lambd": 0.5, "alpha": 1.0}

    rates = learn(classifier, bright_or_dark, optimizer="asgd", optimizer_options=options)["learning_rate"]

    # 6 updates an epoch; torch's eta = lr / (1 + lambd · lr · step) ** alpha
    assert rates.tolist() == pytest.approx(
        [0.1] + [0.1 / (1 + 0.05 * step) for step in (6, 12, 18)], rel=0.01
    )


@pytest.mark.parametrize("schedule", ["exponential", "one_cycle", "cosine", "reduce_on_plateau"])
def test_a_schedule_that_rprop_would_ignore_is_refused(learn, classifier, bright_or_dark, schedule):
    with pytest.raises(UserError, match=r"rprop sets the step of each weight by itself"):
        learn(classifier, bright_or_dark, bright_or_dark, optimizer="rprop", schedule=schedule)


def test_nor_does_it_take_a_warmup(learn, classifier, bright_or_dark):
    with pytest.raises(UserError, match=r"rprop .* warm-up would change nothing"):
        learn(classifier, bright_or_dark, optimizer="rprop", warmup={"epochs": 1.0})
