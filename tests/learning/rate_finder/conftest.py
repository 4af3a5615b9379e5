"""A short way to test learning rates on images that every network can tell apart."""

import pytest

from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.rate_finder.options import FindLearningRateOptions
from image_classification.learning.rate_finder.range_test import try_rates
from image_classification.learning.recipe import Recipe
from image_classification.learning.schedules import ScheduleOptions


def _make_recipe(optimizer="adam", schedule=None, augmentation=None, find=None, lr=None, **training):
    usual = {"batch_size": 16, "device": "cpu", "precision": "float32"}
    block = {} if lr is None else {optimizer: {"lr": lr}}
    return Recipe(
        seed=1,
        loss=LossOptions(),
        optimizer=OptimizerOptions.model_validate({"name": optimizer} | block),
        schedule=ScheduleOptions.model_validate(schedule or {}),
        augmentation=AugmentationOptions.model_validate(augmentation or {}),
        training=TrainingOptions.model_validate(usual | training | {"find_learning_rate": find or {}}),
    )


@pytest.fixture
def make_recipe():
    """`make_recipe(optimizer, …)`: with options of the training, and those of the test as `find`."""
    return _make_recipe


@pytest.fixture
def tested(make_loss, bright_or_dark):
    """`tested(recipe, network)`: the table of a test on 96 images."""

    def test(recipe, network, criterion=None, dataset=None):
        options = recipe.training.find_learning_rate
        assert isinstance(options, FindLearningRateOptions)
        dataset = bright_or_dark if dataset is None else dataset
        return try_rates(recipe, options, network, criterion or make_loss(), dataset, num_classes=2)

    return test
