"""The loop trains: losses fall, rows are complete, the random state outside is untouched."""

import pytest
import torch
from torch.utils.data import TensorDataset

from image_classification.errors import UserError


def test_the_loss_falls(learn, classifier, bright_or_dark):
    history = learn(classifier, bright_or_dark, optimizer_options={"lr": 0.01})
    assert history["train/loss"].iloc[-1] < 0.8 * history["train/loss"].iloc[0]
    assert history["train/accuracy"].iloc[-1] > 0.9


def test_the_listeners_hear_what_the_history_says(learn, classifier, bright_or_dark):
    heard = []
    history = learn(
        classifier,
        bright_or_dark,
        bright_or_dark,
        how={"on_epoch": [lambda epoch, row: heard.append({"epoch": epoch, **row})]},
    )
    assert heard == history.drop(columns="kept").to_dict("records")
    assert list(history["epoch"]) == [1, 2, 3, 4]
    assert list(history) == [
        "epoch",
        "train/loss",
        "train/accuracy",
        "validation/loss",
        "validation/accuracy",
        "learning_rate",
        "seconds",
        "kept",
    ]
    assert list(history["kept"]) == [False, False, False, True]


def test_without_validation_images_nothing_is_said_of_validation(learn, classifier, bright_or_dark):
    history = learn(classifier, bright_or_dark, epochs=1)
    assert not [column for column in history if column.startswith("validation")]


def test_validation_every_n_epochs_includes_the_last(learn, classifier, bright_or_dark):
    history = learn(classifier, bright_or_dark, bright_or_dark, epochs=5, validate_every=2)
    assert list(history["validation/loss"].notna()) == [False, True, False, True, True]


def test_the_test_images_are_reported_after_each_epoch_and_change_nothing(learn, classifier, bright_or_dark):
    start = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    learn(classifier, bright_or_dark)
    without = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    classifier.load_state_dict(start)
    history = learn(classifier, bright_or_dark, how={"test_set": bright_or_dark})
    assert history["test/loss"].notna().all()
    assert history["test/accuracy"].iloc[-1] > 0.9
    assert all(torch.equal(tensor, without[name]) for name, tensor in classifier.state_dict().items())


def test_the_same_seed_gives_the_same_weights_to_the_last_bit(learn, classifier, bright_or_dark):
    start = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    learn(classifier, bright_or_dark)
    first = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    classifier.load_state_dict(start)
    torch.rand(100)  # what happened before must not matter
    learn(classifier, bright_or_dark)
    assert all(torch.equal(tensor, first[name]) for name, tensor in classifier.state_dict().items())


def test_training_leaves_the_random_state_of_the_caller_alone(learn, classifier, bright_or_dark):
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    learn(classifier, bright_or_dark, epochs=1)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_learns_too(learn, classifier, bright_or_dark, precision):
    history = learn(classifier, bright_or_dark, precision=precision, optimizer_options={"lr": 0.01})
    assert history["train/accuracy"].iloc[-1] > 0.9


def test_targets_may_be_class_probabilities_throughout(learn, classifier, bright_or_dark):
    images, labels = bright_or_dark.tensors
    soft = TensorDataset(images, torch.nn.functional.one_hot(labels, 2).float())
    start = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    with_indices = learn(classifier, bright_or_dark, bright_or_dark)
    classifier.load_state_dict(start)
    with_probabilities = learn(classifier, soft, soft)
    for column in ("train/loss", "train/accuracy", "validation/loss", "validation/accuracy"):
        assert with_probabilities[column].to_list() == pytest.approx(with_indices[column].to_list(), rel=1e-4)


def test_augmentation_is_a_function_of_seed_and_epoch(learn, classifier, bright_or_dark):
    drawn = []

    def augment(images, labels, *, generator):
        drawn.append(torch.rand(1, generator=generator).item())
        return images.float() * 0.5, labels

    for _ in range(2):
        learn(classifier, bright_or_dark, epochs=2, batch_size=96, how={"augment": augment})
    assert drawn[0] == drawn[2]
    assert drawn[1] == drawn[3] != drawn[0]


def test_a_training_that_diverges_stops_and_says_what_to_change(learn, classifier, bright_or_dark):
    with pytest.raises(UserError, match=r"training diverged.*Lower the learning rate"):
        learn(classifier, bright_or_dark, optimizer="sgd", optimizer_options={"lr": 1e30})
