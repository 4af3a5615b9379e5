"""The node that finds the learning rate."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from torch.utils.data import TensorDataset

from image_classification.images.store.statistics import ImageStatistics
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.rate_finder.options import FindLearningRateOptions
from image_classification.learning.rate_finder.range_test import try_rates
from image_classification.learning.recipe import Recipe
from image_classification.learning.schedules import ScheduleOptions
from image_classification.networks import Classifier
from image_classification.origins.declared import depends_on


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
