"""A training of several that was interrupted goes on from its last checkpoint, as a single one does."""

from pathlib import Path

from image_classification.images.store.statistics import ImageStatistics
from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.learning.checkpoints.saver import KeptCheckpoints
from image_classification.learning.losses import Loss
from image_classification.learning.options import TrainingOptions
from image_classification.learning.recipe import Recipe
from image_classification.networks import Classifier
from image_classification.pipelines.modelling.nodes import open_checkpoints


def going_on(training: TrainingOptions, kept: Path | None) -> TrainingOptions:
    """Return the options of a training that goes on with what is kept of it, if anything is.

    Which training that is needs no comparison: all that it depends on is in the name of the folder.
    """
    is_begun = kept is not None and any(CheckpointFolder(kept).trainings())
    return training.model_copy(update={"resume": is_begun})


def checkpoints_of(
    kept: Path | None,
    recipe: Recipe,
    used: Recipe,
    network: Classifier,
    criterion: Loss,
    statistics: ImageStatistics,
) -> KeptCheckpoints | None:
    """Open the checkpoints of one training of several, None if the options want none.

    Args:
        kept: their folder.
        recipe: of the training.
        used: the same with the rate that was found for it.
        network: with its first weights.
        criterion: the loss.
        statistics: of the images.
    """
    folder = CheckpointFolder(kept) if kept else None
    return open_checkpoints(folder, recipe, used, network, criterion, statistics)
