"""The last batch of an epoch: left out where asked for, refused at once where it cannot be learned."""

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.learning.batches import Batches
from image_classification.networks import Classifier, NetworkDescription, build_classifier

CPU = torch.device("cpu")


def numbered(count: int) -> TensorDataset:
    return TensorDataset(torch.arange(count, dtype=torch.uint8).view(count, 1, 1, 1), torch.arange(count) % 2)


@pytest.fixture
def normalised() -> Classifier:
    """A network whose batch normalisation sees one value per channel and image."""
    built = build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [16], "dropout": 0.2, "log_softmax": False},
            image_shape=(1, 8, 8),
            class_names=("dark", "bright"),
            mean=(0.4,),
            std=(0.2,),
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=1,
    )
    built.body.output = nn.Sequential(nn.BatchNorm1d(16), nn.Linear(16, 2))
    return built


@pytest.mark.parametrize(("count", "size", "expected"), [(10, 4, 2), (12, 4, 3), (9, 4, 2), (4, 4, 1)])
def test_smaller_ones_are_left_out(count, size, expected):
    batches = Batches(numbered(count), size, CPU, drop_last=True)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(0))

    drawn = list(batches.in_order(order))

    assert len(drawn) == len(batches) == expected
    assert torch.equal(torch.cat([images.flatten() for images, _ in drawn]), order[: expected * size].byte())


def test_without_a_whole_batch_there_is_nothing_to_learn():
    with pytest.raises(UserError, match=r"drop_last leaves no batch: there are 3 training images"):
        Batches(numbered(3), 4, CPU, drop_last=True)


@pytest.mark.parametrize(("size", "accumulate"), [(19, 1), (95, 1), (5, 3), (1, 1)])
def test_one_image_that_cannot_be_learned_from_is_refused_before_any_work(
    learn, normalised, bright_or_dark, size, accumulate
):
    before = {name: tensor.clone() for name, tensor in normalised.state_dict().items()}
    heard = []

    with pytest.raises(UserError, match=r"(?s)cannot be trained on a batch of one .*drop_last=true"):
        learn(
            normalised,
            bright_or_dark,
            batch_size=size,
            accumulate_batches=accumulate,
            how={"on_epoch": [lambda *_: heard.append(1)]},
        )

    assert heard == []
    assert all(torch.equal(tensor, before[name]) for name, tensor in normalised.state_dict().items())


def test_left_out_it_is_no_trouble(learn, normalised, bright_or_dark):
    history = learn(normalised, bright_or_dark, batch_size=19, drop_last=True)

    assert len(history) == 4


def test_networks_that_can_learn_from_one_image_do(learn, classifier, bright_or_dark):
    assert len(learn(classifier, bright_or_dark, batch_size=19)) == 4


def test_the_look_at_one_image_changes_nothing(learn, classifier, bright_or_dark):
    start = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    Batches(bright_or_dark, 19, CPU).check_last(classifier)

    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(tensor, start[name]) for name, tensor in classifier.state_dict().items())
