"""The node that finds the learning rate, and what the training makes of its test."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.images.store.statistics import ImageStatistics
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.rate_finder.options import FindLearningRateOptions
from image_classification.learning.rate_finder.range_test import at_found_rate, try_rates
from image_classification.learning.rate_finder.suggestion import suggested_rate
from image_classification.learning.recipe import Recipe
from image_classification.learning.schedules import ScheduleOptions
from image_classification.networks import Classifier
from image_classification.origins.declared import depends_on

# what a checkpoint says of it, beside the rate that was asked for, by which a training is recognised
FOUND_RATE_FACT = "the learning rate that was found"
# the tags of a run, and the first among the parameters of the record of a training
FOUND_RATE, SUGGESTED_RATE = "optimizer.found_lr", "optimizer.suggested_lr"


@depends_on(named_files=True)
def find_learning_rate(
    network: Classifier,
    train_set: TensorDataset,
    image_statistics: ImageStatistics,
    seed: int,
    loss: LossOptions,
    optimizer: OptimizerOptions,
    schedule: ScheduleOptions,
    augmentation: AugmentationOptions,
    training: TrainingOptions,
    options: Mapping[str, Any],
    feature_cache: FeatureCache | None = None,
) -> pd.DataFrame:
    """Train a copy of the network while the learning rate rises, where the parameters ask for that.

    The result has a row per update: rate, loss, smoothed. It has none where nothing is tested.
    """
    recipe = Recipe(seed, loss, optimizer, schedule, augmentation, training)
    return try_rates(
        recipe,
        FindLearningRateOptions.model_validate(options),
        network,
        recipe.build_loss(image_statistics),
        train_set,
        num_classes=len(image_statistics["class_names"]),
        cache=feature_cache,
    )


def at_tested_rate(recipe: Recipe, test: pd.DataFrame | None) -> Recipe:
    """Return the recipe with the rate that was found, if it is to be used.

    Raises:
        UserError: nothing was tested, or found.
    """
    if recipe.training.find_learning_rate.mode != "use":
        return recipe
    if test is None or not len(test):
        raise UserError(
            f"{FindLearningRateOptions.setting(mode='use')}, and no learning rates were tested yet.\n"
            "Begin with the test: kedro run --pipeline modelling --from-nodes modelling.find_learning_rate "
            "(folder_modelling or idx_modelling for those sources)"
        )
    return at_found_rate(recipe, test)


def rate_tags(training: TrainingOptions, test: pd.DataFrame | None) -> dict[str, str]:
    """Return what the record of a run says of the rate that was found, by name; nothing if there is none."""
    mode = training.find_learning_rate.mode
    rate = suggested_rate(test) if test is not None and mode != "off" else None
    if rate is None:
        return {}
    return {FOUND_RATE if mode == "use" else SUGGESTED_RATE: f"{rate:g}"}
