"""Nodes of cross-validation: every image is predicted by a network that has not seen it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from image_classification.console import say
from image_classification.evaluation.cross_validation import (
    INTERVAL,
    mean_over_repeats,
    measure_fold,
    shown_bounds,
    summarise_folds,
)
from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.training_record import CrossValidationRecord
from image_classification.images.store.folds import CrossValidationOptions
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.statistics import ImageStatistics
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.losses import LossOptions
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.recipe import Recipe
from image_classification.learning.schedules import ScheduleOptions
from image_classification.networks import NetworkOptions
from image_classification.origins.declared import depends_on
from image_classification.parameters.root import ModellingOptions
from image_classification.parameters.several_trainings import require_folds
from image_classification.pipelines.modelling.nodes import new_network
from image_classification.pipelines.trainings.facts import facts_of
from image_classification.pipelines.trainings.fold import PREDICTIONS, FoldTask, trainings_of
from image_classification.pipelines.trainings.record import record_of
from image_classification.tracking.announcement import go_on_in_run_of, live_metrics


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
    studies: Path | None = None,
    options: CrossValidationOptions = CrossValidationOptions(),  # noqa: B008  it is frozen
) -> tuple[pd.DataFrame, pd.DataFrame, CrossValidationRecord]:
    """Train a network for each fold on all the others; return what each says of the images it has not seen.

    The third is a record of the circumstances, for the report.

    Where the options choose by validation images (the epoch, when to stop, the learning rate), one more fold
    is held back for that in each training: what is measured has chosen nothing.
    In the folder of studies, if there is one, is kept what is done, for whoever does the rest.
    """
    # Optuna and its database come with them: not for commands that train once, or not at all
    from image_classification.trials.command import folder_or_temporary, train_all  # noqa: PLC0415
    from image_classification.trials.study import StudyPlan  # noqa: PLC0415

    chooses = require_folds(folds["fold"].nunique(), training, schedule)
    # one like those that are trained: what it is, and a size that it does not take, is known before them
    like = new_network(network, seed, image_statistics)
    live_metrics(image_statistics, weights=like.description.pretrained)
    recipe = Recipe(seed, loss, optimizer, schedule, augmentation, training)
    facts = {
        **facts_of(recipe, like, image_statistics, FoldTask),
        "the folds": _digest_of(folds),
        "the evaluation": evaluation.model_dump_json(),
    }
    task = FoldTask(images, image_index, folds, network, recipe, evaluation, bool(chooses), feature_cache)
    total = len(trainings_of(folds))
    with folder_or_temporary(studies) as folder:
        plan = StudyPlan("cross_validation", facts)
        ledger, place = train_all(folder, plan, options, task, total, run_of=go_on_in_run_of)
        outcomes = ledger.outcomes(total).values()
    tables = [
        outcome.tables[PREDICTIONS].assign(repeat=outcome.numbers["repeat"], fold=outcome.numbers["fold"])
        for outcome in outcomes
    ]
    measured = pd.DataFrame([_measured(outcome.numbers) for outcome in outcomes])
    modelling = ModellingOptions(
        network=network,
        seed=seed,
        loss=loss,
        optimizer=optimizer,
        schedule=schedule,
        augmentation=augmentation,
        training=training,
        evaluation=evaluation,
    )
    record: CrossValidationRecord = {**record_of(like, modelling, place), "chosen_by": chooses}
    return pd.concat(tables, ignore_index=True), measured, record


def _measured(numbers: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: numbers[name] for name in ("repeat", "fold", "training_images")}, **numbers["metrics"]}


def _digest_of(folds: pd.DataFrame) -> str:
    rows = folds[["name", "repeat", "fold"]].to_csv(index=False)
    return hashlib.sha256(rows.encode("utf-8", "surrogateescape")).hexdigest()


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
