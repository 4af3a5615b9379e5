"""A loss that is no number: its first images are named, and its batch is left out where that is wanted."""

import logging
from copy import deepcopy

import pytest
import torch
from tests.learning.conftest import BAD
from torch import nn

from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.not_finite import MOST_IN_A_ROW, LossWatch
from image_classification.learning.options import TrainingOptions
from image_classification.networks.modules import Dropout


@pytest.fixture
def spoilt(bright_or_dark):
    """The same images under names, of which `image 40` and `image 41` are bad."""
    images, labels = bright_or_dark.tensors
    images[40:42, 0, 0, 0] = BAD
    store = ImageDict(
        images=images,
        labels=labels,
        names=[f"image {row}" for row in range(len(labels))],
        class_names=["dark", "bright"],
        given_splits=["train"] * len(labels),
        status=["ok"] * len(labels),
        data_name="made up",
        digest="0",
    )
    return ImageTensorDataset(store, torch.arange(len(labels)))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_the_images_of_the_first_batch_are_named_and_the_training_stops(
    learn, classifier, spoilt, breaking, value
):
    breaking.value = value

    with pytest.raises(UserError, match=r"The training loss became (nan|inf) in epoch 1") as refused:
        learn(classifier, spoilt, loss=breaking, shuffle=False)

    first_ten = ", ".join(f"image {number}" for number in range(32, 42))
    said = str(refused.value).splitlines()[1]
    assert said == f"It began with batch 3 of the epoch: {first_ten} and 6 more."


def test_in_the_order_in_which_they_were_drawn(learn, classifier, spoilt, breaking):
    with pytest.raises(UserError) as refused:
        learn(classifier, spoilt, loss=breaking, batch_size=1, drop_last=True)

    assert str(refused.value).splitlines()[1].endswith((": image 40.", ": image 41."))


def test_images_without_names_are_numbered(learn, classifier, bright_or_dark, breaking):
    bright_or_dark.tensors[0][7, 0, 0, 0] = BAD

    with pytest.raises(UserError, match=r"batch 8 of the epoch: number 7\."):
        learn(classifier, bright_or_dark, loss=breaking, batch_size=1, shuffle=False)


def test_a_batch_that_is_left_out_changes_nothing(learn, classifier, spoilt, breaking, caplog, capsys):
    caplog.set_level(logging.WARNING)
    rows = [row for row in range(96) if not 32 <= row < 48]
    other = ImageTensorDataset(spoilt.store, torch.tensor(rows))
    for dropout in (each for each in classifier.modules() if isinstance(each, Dropout)):
        dropout.p = 0.0  # it would draw for the batch that is left out too
    twin = deepcopy(classifier)

    history = learn(classifier, spoilt, loss=breaking, shuffle=False, not_finite="skip", epochs=1)
    expected = learn(twin, other, shuffle=False, epochs=1)

    assert history["train/loss"].tolist() == expected["train/loss"].tolist()
    assert torch.equal(classifier.body.output.weight, twin.body.output.weight)
    assert "Left out 1 batches of this epoch" in capsys.readouterr().out
    [said] = [each.getMessage() for each in caplog.records]
    assert said.startswith("A batch is left out, as its loss is nan (TrainingOptions.not_finite=skip).")
    assert "batch 3 of the epoch: image 32, image 33" in said


class Spoils(nn.Module):
    """Batch normalisation of what a bad image makes infinite."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(64)
        self.output = nn.Linear(64, 2)

    def forward(self, images):
        values = images.float().flatten(1) / 255
        return self.output(self.norm(torch.where(values == 1, float("inf"), values)))


def test_it_spoils_no_statistics_and_no_step(learn, spoilt):
    network = Spoils()

    learn(network, spoilt, shuffle=False, not_finite="skip", accumulate_batches=2, epochs=2)

    assert all(torch.isfinite(each).all() for each in network.state_dict().values())


def test_without_that_the_statistics_are_lost(learn, spoilt):
    network = Spoils()

    with pytest.raises(UserError, match="became nan"):
        learn(network, spoilt, shuffle=False, epochs=1)

    assert not torch.isfinite(network.norm.running_mean).all()


def test_a_training_that_is_nothing_else_ends(learn, classifier, spoilt, breaking):
    spoilt.images[:, 0, 0, 0] = BAD

    with pytest.raises(UserError, match=rf"no number for {MOST_IN_A_ROW} batches in a row.*\n.*image 0"):
        learn(classifier, spoilt, loss=breaking, batch_size=8, shuffle=False, not_finite="skip")


@pytest.mark.parametrize("in_a_row", [MOST_IN_A_ROW - 1, MOST_IN_A_ROW])
def test_as_many_in_a_row_as_the_option_says(in_a_row):
    assert "after ten in a row" in (TrainingOptions.model_fields["not_finite"].description or "")
    watch = LossWatch(TrainingOptions(not_finite="skip"))

    def see(losses):
        return [watch.leaves_out(torch.tensor(loss)) for loss in losses]

    assert see([float("nan")] * 9 + [1.0] + [float("inf")] * 9) == [True] * 9 + [False] + [True] * 9
    if in_a_row == MOST_IN_A_ROW:
        with pytest.raises(UserError, match="no number for 10 batches in a row"):
            see([float("nan")])


def test_a_batch_that_is_left_out_is_reported_once_like_all_others(learn, classifier, spoilt, breaking):
    heard = []
    listen = {"on_batch": [lambda epoch, batch, loss: heard.append((epoch, batch))]}

    learn(classifier, spoilt, loss=breaking, not_finite="skip", epochs=2, log_every_batches=1, how=listen)

    assert heard == [(epoch, batch) for epoch in (1, 2) for batch in range(1, 7)]


def test_an_optimizer_that_needs_every_batch_refuses_to_leave_one_out(learn, classifier, spoilt):
    with pytest.raises(UserError, match=r"TrainingOptions.not_finite=skip leaves some out"):
        learn(classifier, spoilt, optimizer="lbfgs", not_finite="skip")


@pytest.mark.parametrize("first", [0, 1, 1023, 1024, 2500])
def test_the_first_of_thousands_is_found(first):
    watch = LossWatch(TrainingOptions(), lambda batch: [f"of {batch}"])
    for batch in range(3000):
        watch.leaves_out(torch.tensor(float("nan") if batch >= first else 1.0))

    assert watch.first_images() == f"\nIt began with batch {first + 1} of the epoch: of {first}."


def test_nothing_is_said_where_all_are_numbers():
    watch = LossWatch(TrainingOptions(), lambda batch: ["x"])
    watch.leaves_out(torch.tensor(1.0))

    assert watch.first_images() == ""
