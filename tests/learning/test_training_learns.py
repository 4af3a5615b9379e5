"""The loop trains: losses fall, rows are complete, the random state outside is untouched."""

import pandas as pd
import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.learning.loop import train
from image_classification.learning.losses import build_loss
from image_classification.learning.optimizers import build_optimizer, build_schedule
from image_classification.networks import Classifier
from image_classification.parameters.optimizer import OptimizerParameters
from image_classification.parameters.schedule import ScheduleParameters
from image_classification.parameters.training import TrainingParameters


def learn(
    classifier: Classifier,
    dataset: TensorDataset,
    validation_set: TensorDataset | None = None,
    optimizer: str = "adam",
    schedule: str = "constant",
    lr: float = 0.01,
    listeners: tuple = (),
    **training: object,
) -> pd.DataFrame:
    options = TrainingParameters(**{"epochs": 4, "batch_size": 16, "device": "cpu"} | training)
    empty = TensorDataset(*(tensor[:0] for tensor in dataset.tensors))
    optimizer_options = OptimizerParameters(name=optimizer).options | {"lr": lr}
    return train(
        classifier,
        dataset,
        empty if validation_set is None else validation_set,
        criterion=build_loss("cross_entropy"),
        make_optimizer=lambda network: build_optimizer(optimizer, network.parameters(), **optimizer_options),
        make_schedule=lambda built, batches: build_schedule(
            schedule,
            built,
            epochs=options.epochs,
            batches=batches,
            **ScheduleParameters(name=schedule).options,
        ),
        options=options,
        seed=0,
        on_epoch=listeners,
    )


@pytest.mark.parametrize("optimizer", OptimizerParameters.names())
@pytest.mark.parametrize("schedule", ScheduleParameters.names())
def test_every_optimizer_and_schedule_lowers_the_loss(
    classifier: Classifier, bright_or_dark: TensorDataset, optimizer: str, schedule: str
) -> None:
    history = learn(classifier, bright_or_dark, optimizer=optimizer, schedule=schedule)
    assert history["train/loss"].iloc[-1] < 0.8 * history["train/loss"].iloc[0]
    assert history["train/accuracy"].iloc[-1] > 0.9


def test_the_listeners_hear_what_the_history_says(
    classifier: Classifier, bright_or_dark: TensorDataset
) -> None:
    heard = []
    history = learn(
        classifier,
        bright_or_dark,
        validation_set=bright_or_dark,
        listeners=(lambda epoch, row: heard.append({"epoch": epoch, **row}),),
    )
    assert heard == history.to_dict("records")
    assert list(history["epoch"]) == [1, 2, 3, 4]
    assert list(history) == [
        "epoch",
        "train/loss",
        "train/accuracy",
        "validation/loss",
        "validation/accuracy",
        "learning_rate",
        "seconds",
    ]


def test_without_validation_images_nothing_is_said_of_validation(
    classifier: Classifier, bright_or_dark: TensorDataset
) -> None:
    history = learn(classifier, bright_or_dark, epochs=1)
    assert not [column for column in history if column.startswith("validation")]


def test_the_same_seed_gives_the_same_weights_to_the_last_bit(
    classifier: Classifier, bright_or_dark: TensorDataset
) -> None:
    start = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    learn(classifier, bright_or_dark)
    first = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    classifier.load_state_dict(start)
    torch.rand(100)  # what happened before must not matter
    learn(classifier, bright_or_dark)
    assert all(torch.equal(tensor, first[name]) for name, tensor in classifier.state_dict().items())


def test_training_leaves_the_random_state_of_the_caller_alone(
    classifier: Classifier, bright_or_dark: TensorDataset
) -> None:
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    learn(classifier, bright_or_dark, epochs=1)
    assert torch.equal(torch.rand(3), expected)


def test_bfloat16_learns_too(classifier: Classifier, bright_or_dark: TensorDataset) -> None:
    history = learn(classifier, bright_or_dark, precision="bfloat16")
    assert history["train/accuracy"].iloc[-1] > 0.9


def test_a_training_that_diverges_stops_and_says_what_to_change(
    classifier: Classifier, bright_or_dark: TensorDataset
) -> None:
    with pytest.raises(UserError, match=r"training diverged.*Lower the learning rate"):
        learn(classifier, bright_or_dark, optimizer="sgd", lr=1e30)
