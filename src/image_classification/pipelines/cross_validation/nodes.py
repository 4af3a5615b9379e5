"""Nodes of cross-validation: every image is predicted by a network that has not seen it."""

from time import perf_counter
from typing import Any, NamedTuple

import pandas as pd

from image_classification.console import quietly, say
from image_classification.errors import UserError
from image_classification.evaluation.cross_validation import (
    INTERVAL,
    mean_over_repeats,
    measure_fold,
    shown_bounds,
    summarise_folds,
)
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import predictions_table
from image_classification.evaluation.training_record import CrossValidationRecord
from image_classification.images.store.folds import CrossValidationOptions, index_of_fold
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.statistics import ImageStatistics, summarise_images
from image_classification.images.store.tensor_sets import ImageTensorDataset, make_tensor_sets
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.device import choose_device
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.prediction import predict
from image_classification.learning.losses import Loss, LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.rate_finder.found import at_found_rate, rate_tags
from image_classification.learning.rate_finder.options import FindLearningRateOptions
from image_classification.learning.rate_finder.range_test import try_rates
from image_classification.learning.recipe import Recipe, Sets, train_by
from image_classification.learning.schedules import ScheduleOptions
from image_classification.networks import Classifier, NetworkOptions
from image_classification.origins.declared import depends_on
from image_classification.parameters.root import ModellingOptions, Parameters
from image_classification.parameters.used import used_parameters
from image_classification.pipelines.modelling.nodes import new_network
from image_classification.pipelines.modelling.record import circumstances
from image_classification.tracking.announcement import live_metrics


class _Fold(NamedTuple):
    """One training of a cross-validation.

    repeat, fold: 0, 1, …
    number: of the training, 1, 2, …
    total: of all trainings.
    """

    repeat: int
    fold: int
    number: int
    total: int

    @property
    def name(self) -> str:
        of_repeat = f"repeat {self.repeat + 1}, " if self.repeat else ""
        return f"{of_repeat}fold {self.fold + 1}"


@depends_on(named_files=True)
def cross_validate(
    images: ImageDict,
    image_index: pd.DataFrame,
    image_statistics: ImageStatistics,
    folds: pd.DataFrame,
    network: NetworkOptions,
    seed: int,
    loss: LossOptions,
    optimizer: OptimizerOptions,
    schedule: ScheduleOptions,
    augmentation: AugmentationOptions,
    training: TrainingOptions,
    evaluation: EvaluationOptions,
    feature_cache: FeatureCache | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, CrossValidationRecord]:
    """Train a network for each fold on all the others; return what each says of the images it has not seen.

    The third is a record of the circumstances, for the report.

    Where the options choose by validation images (the epoch, when to stop, the learning rate), one more fold
    is held back for that in each training: what is measured has chosen nothing.
    """
    # imports MLflow, which takes more than a second
    from image_classification.tracking.child_run import child_run  # noqa: PLC0415

    chooses = _chooses_by_validation(training, schedule)
    if chooses and folds["fold"].nunique() < 3:
        raise UserError(
            f"The training chooses by validation images ({chooses}), for which one more fold is held back: "
            f"{CrossValidationOptions.named('folds')} has to be 3 at least."
        )
    # one like those that are trained: what it is, and a size that it does not take, is known before them
    like = new_network(network, seed, image_statistics)
    live_metrics(image_statistics, weights=like.description.pretrained)
    tables, measured, started = [], [], perf_counter()
    for each in _trainings(folds):
        recipe = Recipe(seed + each.repeat, loss, optimizer, schedule, augmentation, training)
        parameters = {"cross_validation.repeat": each.repeat, "cross_validation.fold": each.fold}
        with child_run(each.name, parameters | {"seed": recipe.seed}) as run:
            of_repeat = folds[folds["repeat"] == each.repeat]
            held_out, sets = _sets(images, image_index, of_repeat, each.fold, chooses=bool(chooses))
            trained = new_network(network, recipe.seed, sets.statistics)
            with quietly():
                _train(recipe, trained, sets, feature_cache)
            table = _predict(trained, held_out, training, evaluation, feature_cache)
            metrics = measure_fold(table, list(trained.description.class_names), evaluation, each.name)
            run.log_metrics(metrics)
        tables.append(table.assign(repeat=each.repeat, fold=each.fold))
        measured.append(
            {"repeat": each.repeat, "fold": each.fold, "training_images": len(sets.train), **metrics}
        )
        _tell(each, metrics, perf_counter() - started)
    options = ModellingOptions(
        network=network,
        seed=seed,
        loss=loss,
        optimizer=optimizer,
        schedule=schedule,
        augmentation=augmentation,
        training=training,
        evaluation=evaluation,
    )
    record = _record(like, options, chooses)
    return pd.concat(tables, ignore_index=True), pd.DataFrame(measured), record


def _record(like: Classifier, options: ModellingOptions, chosen_by: str) -> CrossValidationRecord:
    """Record what the trainings of a cross-validation have in common, `like` being a network as they have."""
    weights = like.description.pretrained
    plain = {"modelling": options.model_dump(mode="json")}
    used = [f"params:modelling.{name}" for name in options.model_fields_set]
    return {
        **circumstances(like, options),
        "parameters": used_parameters(plain, used, Parameters),
        "network": like.description.shown_name,
        "num_parameters": like.num_parameters,
        "weights": weights.model_dump() if weights else None,
        "chosen_by": chosen_by,
    }


def _chooses_by_validation(training: TrainingOptions, schedule: ScheduleOptions) -> str:
    """Name the option that chooses something by validation images; "" if none does."""
    if training.keep == "best":
        return TrainingOptions.setting(keep="best")
    if training.early_stopping.metric:
        return type(training.early_stopping).setting(metric=training.early_stopping.metric)
    return ScheduleOptions.setting(name=schedule.name) if schedule.name == "reduce_on_plateau" else ""


def _trainings(folds: pd.DataFrame) -> list[_Fold]:
    pairs = sorted(
        {(int(repeat), int(fold)) for repeat, fold in zip(folds["repeat"], folds["fold"], strict=True)}
    )
    return [_Fold(repeat, fold, number, len(pairs)) for number, (repeat, fold) in enumerate(pairs, 1)]


def _sets(
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


def _train(recipe: Recipe, network: Classifier, sets: Sets, cache: FeatureCache | None) -> None:
    criterion = recipe.build_loss(sets.statistics)
    found = _rates_of(recipe, network, criterion, sets, cache)
    train_by(
        at_found_rate(recipe, found),
        network,
        criterion,
        sets,
        cache=cache,
        on_epoch=[live_metrics(sets.statistics, tags=rate_tags(recipe.training, found))],
    )


def _rates_of(
    recipe: Recipe, network: Classifier, criterion: Loss, sets: Sets, cache: FeatureCache | None
) -> pd.DataFrame:
    """Try learning rates on the images of one training, if it is to use what is found."""
    options = recipe.training.find_learning_rate
    used = options if options.mode == "use" else FindLearningRateOptions()
    num_classes = len(sets.statistics["class_names"])
    return try_rates(recipe, used, network, criterion, sets.train, num_classes=num_classes, cache=cache)


def _predict(
    network: Classifier,
    images: ImageTensorDataset,
    training: TrainingOptions,
    evaluation: EvaluationOptions,
    cache: FeatureCache | None,
) -> pd.DataFrame:
    device = choose_device(training.device)
    logits, _, labels = predict(network, images, batch_size=evaluation.batch_size, device=device, cache=cache)
    return predictions_table(images.names, logits, labels, network.description.class_names)


def _tell(each: _Fold, metrics: dict[str, float], seconds: float) -> None:
    left = seconds / each.number * (each.total - each.number)
    left_in_words = f", about {left:.0f} s left" if each.number < each.total else ""
    say(
        f"Training {each.number} of {each.total} ({each.name}): {metrics.get('accuracy', 0):.2%} of "
        f"{metrics['images']:,} held out images ({seconds:.0f} s so far{left_in_words})"
    )


def summarise_cross_validation(
    out_of_fold: pd.DataFrame,
    fold_metrics: pd.DataFrame,
    image_statistics: ImageStatistics,
    evaluation: EvaluationOptions,
) -> dict[str, Any]:
    """Sum up the folds: mean, deviation and interval of every metric; and the metrics over all images."""
    class_names = list(image_statistics["class_names"])
    metrics = summarise_folds(fold_metrics)
    together = measure_fold(mean_over_repeats(out_of_fold, class_names), class_names, evaluation)
    accuracy = metrics["accuracy"]
    lower, upper = shown_bounds("accuracy", accuracy)
    say(
        f"Accuracy over {len(fold_metrics)} folds: {accuracy['mean']:.2%} ± {accuracy['std']:.2%} "
        f"(95 % interval {lower:.2%} to {upper:.2%}, corrected for folds that share "
        "their training images)"
    )
    return {
        "data_name": image_statistics["data_name"],
        "index_digest": image_statistics["index_digest"],
        "folds": int(fold_metrics["fold"].nunique()),
        "repeats": int(fold_metrics["repeat"].nunique()),
        "interval": INTERVAL,
        "metrics": metrics,
        "all_images": together,
    }
