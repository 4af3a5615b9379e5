"""A training of several whose process is killed goes on from its checkpoint, to the very same result."""

import os
import signal
import threading

import numpy as np
import optuna
import pandas as pd
import pytest
import torch
from tests.trials.counting import in_a_fork

from image_classification.images.store.folds import CrossValidationOptions, assign_folds
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.statistics import summarise_images
from image_classification.images.store.tensor_sets import make_tensor_sets
from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.learning.recipe import Recipe, Sets
from image_classification.parameters.root import ModellingOptions
from image_classification.parameters.search_space import read_space
from image_classification.pipelines.trainings.fold import FoldTask
from image_classification.pipelines.trainings.seed import SeedTask
from image_classification.pipelines.trainings.trial import TrialTask, without_images

EPOCHS = 25
SPACE = {"optimizer.adam.lr": [0.01, 0.001]}


@pytest.fixture(autouse=True)
def one_thread():
    """A fork of a process has no other, and sums are the same for the same number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def source():
    """Images of three classes of noise, and which split each is in."""
    labels = np.arange(60) % 3
    noise = np.random.default_rng(0).integers(0, 120, (60, 1, 8, 8))
    pixels = torch.from_numpy((noise + 40 * labels[:, None, None, None]).astype(np.uint8))
    names, classes = [f"{row:02d}.png" for row in range(60)], ["a", "b", "c"]
    images = ImageDict(
        images=pixels, labels=torch.from_numpy(labels), names=names, class_names=classes, digest="d"
    )
    splits = ["train"] * 36 + ["validation"] * 12 + ["test"] * 12
    columns = {"name": names, "label": labels, "class_name": [classes[each] for each in labels]}
    return images, pd.DataFrame(columns | {"decode_status": "ok", "split": splits, "left_out_reason": ""})


def options_of(**training):
    return ModellingOptions.model_validate(
        {
            "network": {"name": "convnet", "convnet": {"widths": [4], "dropout": 0.2}},
            "training": {"epochs": EPOCHS, "batch_size": 7, "device": "cpu", "precision": "float32"}
            | {"checkpoint": {"every_epochs": 1}}
            | training,
        }
    )


def task_of(kind, source, options):
    images, index = source
    of = options
    if kind == "fold":
        folds = assign_folds(images, index, CrossValidationOptions(folds=3))
        recipe = Recipe(of.seed, of.loss, of.optimizer, of.schedule, of.augmentation, of.training)
        return FoldTask(images, index, folds, of.network, recipe, of.evaluation, chooses=True, cache=None)
    sets = make_tensor_sets(images, index)
    statistics = summarise_images(images, index)
    if kind == "seed":
        return SeedTask(Sets(sets["train"], sets["validation"], sets["test"], statistics), of, 2, None)
    seen = Sets(sets["train"], sets["validation"], without_images(sets["train"]), statistics)
    return TrialTask(seen, of, read_space(SPACE, of), "validation/loss", 2, prunes=True, cache=None)


def trial():
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study()
    study.enqueue_trial({"optimizer.adam.lr": "0.01"})
    return study.ask()


def killed_after_the_first_checkpoint(task, kept):
    def kill():
        while not any(CheckpointFolder(kept).trainings()):
            threading.Event().wait(0.002)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    task(1, trial(), kept)


def without_seconds(outcome):
    numbers = {name: value for name, value in outcome.numbers.items() if name != "seconds"}
    tables = {name: table.drop(columns="seconds", errors="ignore") for name, table in outcome.tables.items()}
    return outcome.value, numbers, tables


@pytest.mark.parametrize("kind", [pytest.param("fold", marks=pytest.mark.slow), "seed", "trial"])
def test_killed_at_any_moment(source, tmp_path, kind):
    task = task_of(kind, source, options_of())
    assert in_a_fork(lambda: killed_after_the_first_checkpoint(task, tmp_path / "kept")) == -signal.SIGKILL
    resumed, whole = trial(), trial()
    found, expected = task(1, resumed, tmp_path / "kept"), task(1, whole, tmp_path / "whole")
    (training,) = CheckpointFolder(tmp_path / "kept").trainings()
    assert len(training.about.resumed) == 1
    value, numbers, tables = without_seconds(found)
    assert (value, numbers) == without_seconds(expected)[:2]
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, without_seconds(expected)[2][name])
    # what a search compares with others at each epoch is known of those before the interruption as well
    values = [each.study.trials[0].intermediate_values for each in (resumed, whole)]
    assert values[0] == values[1]
    assert len(values[0]) == (EPOCHS if kind == "trial" else 0)


@pytest.mark.parametrize("kind", ["fold", "seed", "trial"])
@pytest.mark.parametrize("keeps", [False, True])
def test_without_checkpoints_it_begins_at_its_beginning(source, tmp_path, kind, keeps):
    options = options_of(epochs=1, checkpoint={"enabled": False})
    task, kept = task_of(kind, source, options), tmp_path / "kept"
    first, again = (task(0, trial(), kept if keeps else None) for _ in range(2))
    assert without_seconds(first)[:2] == without_seconds(again)[:2]
    assert not kept.exists()
