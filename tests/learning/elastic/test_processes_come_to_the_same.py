"""Several processes come to the weights, and the history, of one."""

import re

import pytest
from tests.learning.elastic.conftest import CLASSES, assert_same, make_network, make_sets, processes_of
from torch.utils.data import TensorDataset

from image_classification.learning import progress
from image_classification.learning.recipe import Sets
from image_classification.networks import NetworkDescription, build_classifier

EVERYTHING = {
    "epochs": 6,
    "accumulate_batches": 3,
    "average_weights": {"decay": 0.9},
    "gradient_clipping": {"norm": 0.5, "value": 0.2},
    "schedule": {"name": "one_cycle"},
    "augmentation": {"rotation": 10.0, "brightness": 0.2, "erase": 0.5, "mixup": 0.3, "cutmix": 0.3},
    "early_stopping": {"metric": "validation/loss", "patience": 2},
    "keep": "best",
    "loss": {"name": "cross_entropy", "cross_entropy": {"class_weights": [1.0, 2.0, 0.5]}},
}


def said_in(capfd):
    """What a person reads, but for the seconds that each epoch took."""
    return [re.sub(r"\d+\.\d s", "", line) for line in capfd.readouterr().out.splitlines()]


def test_two_processes_with_everything_that_goes_on_between_updates(training, capfd):
    # 61 images in batches of 16: the last has 13, and the parts of a batch differ
    expected = training(**EVERYTHING)
    said = said_in(capfd)

    assert_same(training({"processes_per_node": 2}, **EVERYTHING), expected)
    assert processes_of() == []
    assert said_in(capfd) == ["Training in 2 processes on 1 machine.", *said]


@pytest.mark.slow
def test_a_terminal_shows_the_bars_of_one_process(training, capfd, monkeypatch):
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setattr(progress.console, "_width", 200)  # a narrow one leaves the bar out
    shown = []
    for processes in (1, 2):
        training({"processes_per_node": processes}, epochs=2)
        said = capfd.readouterr().out
        assert "━" in said
        last = [line for line in said.splitlines() if "Epoch 2/2" in line][-1]
        shown.append(re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]|\d+:\d+", "", last).strip())
    assert "validation loss" in shown[0]
    assert shown[0] == shown[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processes", "count", "options"),
    [
        (3, 61, {}),
        (2, 49, {}),  # the last batch has one image, and the other process none
        (3, 33, {"optimizer": {"name": "sgd", "sgd": {"lr": 0.1, "momentum": 0.9}}}),
        (2, 61, {"sampler": "balanced", "drop_last": True, "schedule": {"name": "reduce_on_plateau"}}),
        (2, 61, {"loss": {"name": "mean_squared_error"}, "shuffle": False}),
    ],
)
def test_other_numbers_of_processes_and_images(training, processes, count, options):
    expected = training(sets=make_sets(count), **options)

    assert_same(training({"processes_per_node": processes}, sets=make_sets(count), **options), expected)


@pytest.mark.slow
def test_a_network_without_batch_normalisation(training):
    expected = training(network=make_network("feed_forward"), batch_size=20)

    again = training({"processes_per_node": 2}, network=make_network("feed_forward"), batch_size=20)

    assert_same(again, expected)


def fine_tuned(training, distributed: dict | None, freeze: str, **options: object):
    network = build_classifier(
        NetworkDescription(
            network="timm",
            options={"model": "resnet10t", "weights": None, "freeze": freeze},
            image_shape=(3, 32, 32),
            class_names=CLASSES,
            mean=(0.4,) * 3,
            std=(0.2,) * 3,
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=1,
    )
    sets = make_sets()
    larger = [
        TensorDataset(images.repeat(1, 3, 2, 2), labels)
        for images, labels in (each.tensors for each in (sets.train, sets.validation, sets.test))
    ]
    statistics = {**sets.statistics, "image_shape": (3, 32, 32)}
    return training(distributed, network=network, sets=Sets(*larger, statistics), **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("freeze", "options"),
    [
        ("none", {"epochs": 4, "fine_tuning": {"head_epochs": 1, "epochs_per_stage": 1}}),
        ("body", {"augmentation": {"brightness": 0.2}, "fine_tuning": {"views": 2}}),
        ("body", {"fine_tuning": {"head_start": True}}),
    ],
)
def test_a_network_that_is_trained_further(training, freeze, options):
    expected = fine_tuned(training, None, freeze, **options)

    # features are of float32
    assert_same(fine_tuned(training, {"processes_per_node": 2}, freeze, **options), expected, 1e-3)
