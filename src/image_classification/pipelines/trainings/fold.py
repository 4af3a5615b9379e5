"""One training of a cross-validation: on all folds but one, which is then predicted."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from image_classification.console import quietly, say
from image_classification.evaluation.cross_validation import measure_fold
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import predictions_table
from image_classification.images.store.folds import index_of_fold
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.statistics import summarise_images
from image_classification.images.store.tensor_sets import ImageTensorDataset, make_tensor_sets
from image_classification.learning.checkpoints.parts import NO_CHECKPOINTS
from image_classification.learning.device import choose_device
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.prediction import predict
from image_classification.learning.rate_finder.found import at_found_rate, rate_tags
from image_classification.learning.rate_finder.options import FindLearningRateOptions
from image_classification.learning.rate_finder.range_test import try_rates
from image_classification.learning.recipe import Recipe, Sets, train_by
from image_classification.networks import Classifier, NetworkOptions
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.pipelines.modelling.nodes import new_network
from image_classification.pipelines.trainings.unfinished import checkpoints_of, going_on
from image_classification.tracking.announcement import live_metrics
from image_classification.trials.results import Outcome

if TYPE_CHECKING:
    # Optuna itself only where trainings are done
    from optuna.trial import Trial

PREDICTIONS = "predictions"


class Fold(NamedTuple):
    """One training of a cross-validation.

    repeat, fold: 0, 1, …
    """

    repeat: int
    fold: int

    @property
    def name(self) -> str:
        """As a person calls it."""
        of_repeat = f"repeat {self.repeat + 1}, " if self.repeat else ""
        return f"{of_repeat}fold {self.fold + 1}"


def trainings_of(folds: pd.DataFrame) -> list[Fold]:
    """Return the trainings in order, the first of them for the first fold of the first repeat."""
    pairs = {(int(repeat), int(fold)) for repeat, fold in zip(folds["repeat"], folds["fold"], strict=True)}
    return [Fold(repeat, fold) for repeat, fold in sorted(pairs)]


@dataclass(frozen=True)
class FoldTask:
    """Train on all folds but one, and predict that.

    images, image_index: of the source.
    folds: which image is in which.
    network, recipe, evaluation: the options; the seed is that of the first repeat.
    chooses: whether one more fold is held back, for choosing by its images.
    cache: of features.
    """

    images: ImageDict
    image_index: pd.DataFrame
    folds: pd.DataFrame
    network: NetworkOptions
    recipe: Recipe
    evaluation: EvaluationOptions
    chooses: bool
    cache: FeatureCache | None

    tables = (PREDICTIONS,)
    goes_on_after_errors = False

    def begin(self) -> None:
        """Name options as who types a command knows them."""
        speak_of_parameters()

    def __call__(self, index: int, trial: "Trial", kept: Path | None) -> Outcome:  # noqa: ARG002
        """Do one training."""
        # imports MLflow, which takes more than a second
        from image_classification.tracking.child_run import child_run  # noqa: PLC0415

        each = trainings_of(self.folds)[index]
        recipe = self._recipe(each)
        parameters = {"cross_validation.repeat": each.repeat, "cross_validation.fold": each.fold}
        with child_run(each.name, parameters | {"seed": recipe.seed}) as run:
            of_repeat = self.folds[self.folds["repeat"] == each.repeat]
            held_out, sets = sets_of_fold(
                self.images, self.image_index, of_repeat, each.fold, chooses=self.chooses
            )
            trained = new_network(self.network, recipe.seed, sets.statistics)
            with quietly():
                _train(recipe, trained, sets, self.cache, kept)
            table = self._predict(trained, held_out)
            class_names = list(trained.description.class_names)
            metrics = measure_fold(table, class_names, self.evaluation, each.name)
            run.log_metrics(metrics)
        numbers = {"repeat": each.repeat, "fold": each.fold, "training_images": len(sets.train)}
        return Outcome(numbers=numbers | {"metrics": metrics}, tables={PREDICTIONS: table})

    def tell(self, index: int, outcome: Outcome, progress: str) -> None:
        """Say how good it is."""
        trainings, metrics = trainings_of(self.folds), outcome.numbers["metrics"]
        say(
            f"Training {index + 1} of {len(trainings)} ({trainings[index].name}): "
            f"{metrics.get('accuracy', 0):.2%} of {metrics['images']:,} held out images ({progress})"
        )

    def tell_failed(self, index: int, error: str, progress: str) -> None:
        """Nothing: the command ends with it."""

    def _recipe(self, each: Fold) -> Recipe:
        return Recipe.load(self.recipe.dump() | {"seed": self.recipe.seed + each.repeat})

    def _predict(self, network: Classifier, images: ImageTensorDataset) -> pd.DataFrame:
        device = choose_device(self.recipe.training.device)
        batch_size = self.evaluation.batch_size
        logits, _, labels = predict(network, images, batch_size=batch_size, device=device, cache=self.cache)
        return predictions_table(images.names, logits, labels, network.description.class_names)


def sets_of_fold(
    images: ImageDict, image_index: pd.DataFrame, folds: pd.DataFrame, fold: int, *, chooses: bool
) -> tuple[ImageTensorDataset, Sets]:
    """Return the images of a fold, and what is trained and validated on."""
    alone = index_of_fold(image_index, folds, validation=fold)
    held_out = make_tensor_sets(images, alone)["validation"]
    if chooses:
        after = (fold + 1) % int(folds["fold"].max() + 1)
        alone = index_of_fold(image_index, folds, validation=after, test=fold)
    sets = make_tensor_sets(images, alone)
    statistics = summarise_images(images, alone)
    return held_out, Sets(sets["train"], sets["validation"], sets["test"], statistics)


def _train(
    recipe: Recipe, network: Classifier, sets: Sets, cache: FeatureCache | None, kept: Path | None
) -> None:
    recipe = replace(recipe, training=going_on(recipe.training, kept))
    criterion = recipe.build_loss(sets.statistics)
    found = rates_of(recipe, network, sets, cache)
    used = at_found_rate(recipe, found)
    saved = checkpoints_of(kept, recipe, used, network, criterion, sets.statistics)
    tags = rate_tags(recipe.training, found)
    train_by(
        used,
        network,
        criterion,
        sets,
        checkpoints=saved or NO_CHECKPOINTS,
        cache=cache,
        may_share=True,
        on_epoch=[live_metrics(sets.statistics, saved.earlier if saved else [], tags=tags)],
    )


def rates_of(recipe: Recipe, network: Classifier, sets: Sets, cache: FeatureCache | None) -> pd.DataFrame:
    """Try learning rates on the images of one training, if it is to use what is found."""
    options = recipe.training.find_learning_rate
    used = options if options.mode == "use" else FindLearningRateOptions()
    criterion = recipe.build_loss(sets.statistics)
    num_classes = len(sets.statistics["class_names"])
    return try_rates(recipe, used, network, criterion, sets.train, num_classes=num_classes, cache=cache)
