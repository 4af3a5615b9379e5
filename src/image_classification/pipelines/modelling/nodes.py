"""Nodes of the modelling pipeline: build a network, train it, evaluate it."""

import logging
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from torch.utils.data import TensorDataset

from image_classification.evaluation.options import EvaluationOptions
from image_classification.evaluation.predictions import class_metrics_table, predictions_table
from image_classification.evaluation.summary import measured_before_calibration, summarise_predictions
from image_classification.images.store.statistics import ImageStatistics, check_statistics
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.learning.checkpoints.parts import NO_CHECKPOINTS
from image_classification.learning.checkpoints.saver import KeptCheckpoints
from image_classification.learning.device import choose_device
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.prediction import predict
from image_classification.learning.losses import Loss, LossOptions, build_loss
from image_classification.learning.measures import images_at_once
from image_classification.learning.optimizers import OptimizerOptions
from image_classification.learning.options import TrainingOptions
from image_classification.learning.rate_finder.found import FOUND_RATE_FACT, at_found_rate, rate_tags
from image_classification.learning.recipe import Recipe, Sets, keep_checkpoints, train_by, training_data
from image_classification.learning.room import require_room_to_classify
from image_classification.learning.schedules import ScheduleOptions
from image_classification.networks import Classifier, NetworkDescription, NetworkOptions, build_classifier
from image_classification.networks.answers.calibrating import calibrate, looks_of_all, require_calibration
from image_classification.networks.answers.calibration import View
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.answers.views import calibration_for, warn_of_views
from image_classification.networks.digest import weights_digest
from image_classification.networks.first_weights import PretrainedWeights, Recommendation
from image_classification.origins.declared import depends_on
from image_classification.origins.training_code import training_code
from image_classification.parameters.root import Parameters
from image_classification.parameters.used import training_facts
from image_classification.processes.signals import SIGNALS
from image_classification.tracking.announcement import announced_run, live_metrics
from image_classification.tracking.origin import commit_in_words, git_tags, project_folder

logger = logging.getLogger(__name__)


@depends_on(named_files=True)
def build_network(network: NetworkOptions, seed: int, image_statistics: ImageStatistics) -> Classifier:
    """Build the network for the size, channels and classes of the data, with seeded initial weights.

    Its first layer normalises the pixels, by default as the weights that it starts from expect it, else with
    mean and standard deviation of the training images.
    """
    classifier = new_network(network, seed, image_statistics)
    classifier.description = classifier.description.model_copy(update={"is_trained": False})
    if weights := classifier.description.pretrained:
        shape = classifier.description.image_shape
        kernel = classifier.description.interpolation
        logger.info("%s", _of_weights(weights, shape, kernel, network.recommendation()))
    return classifier


def new_network(network: NetworkOptions, seed: int, image_statistics: ImageStatistics) -> Classifier:
    """Build a network for these images."""
    mean, std = _normalisation(network, image_statistics)
    description = NetworkDescription(
        network=network.name,
        options=network.options,
        image_shape=image_statistics["image_shape"],
        resize=image_statistics.get("resize", "stretch"),
        interpolation=image_statistics.get("interpolation", "bilinear"),
        value_range=image_statistics.get("value_range"),
        class_names=image_statistics["class_names"],
        mean=mean,
        std=std,
        data_name=image_statistics["data_name"],
        index_digest=image_statistics["index_digest"],
    )
    return build_classifier(description, seed)


def _of_weights(
    weights: PretrainedWeights,
    image_shape: tuple[int, int, int],
    kernel: str,
    expected: Recommendation | None,
) -> str:
    """Say what a network starts from, and how its images compare with those that it has seen."""
    _, height, width = image_shape
    said = f"The network starts from the weights {weights.name} ({weights.licence_in_words}): "
    if expected is None:
        return f"{said}what its images were normalised by is not known, these are by their own mean."
    trained_on = f"{expected.size[0]}×{expected.size[1]} pixels, {expected.interpolation}"
    return f"{said}trained on images of {trained_on}; these have {height}×{width}, {kernel}."


def _normalisation(
    network: NetworkOptions, statistics: ImageStatistics
) -> tuple[Sequence[float], Sequence[float]]:
    """Return the mean and standard deviation of each channel that the pixels are normalised with."""
    if network.normalisation != "auto":
        return network.normalisation.mean, network.normalisation.std
    if expected := network.recommendation():
        return expected.normalisation(statistics["image_shape"][0])
    return statistics["mean"], statistics["std"]


@depends_on(named_files=True)
def train_network(
    network: Classifier,
    train_set: TensorDataset,
    validation_set: TensorDataset,
    test_set: TensorDataset,
    image_statistics: ImageStatistics,
    seed: int,
    loss: LossOptions,
    optimizer: OptimizerOptions,
    schedule: ScheduleOptions,
    augmentation: AugmentationOptions,
    training: TrainingOptions,
    checkpoints: CheckpointFolder | None = None,
    feature_cache: FeatureCache | None = None,
    calibration: CalibrationOptions = CalibrationOptions(),  # noqa: B008  it is frozen
    views: Sequence[View] = (),
    learning_rate_test: pd.DataFrame | None = None,
) -> tuple[Classifier, pd.DataFrame]:
    """Train the network on the device, validating after every epoch; the metrics appear in MLflow at once.

    The test images are measured only if the parameters say so, and never choose anything. In the folder of
    checkpoints, if there is one, the training is saved as it goes on, and one that was interrupted is found.
    Features of a frozen body are kept in the cache, if there is one, for the next training.
    Where the parameters say so, the learning rate is that which the test of learning rates has found.
    In the end the weights that were kept are calibrated on the validation images.
    """
    require_calibration(calibration, validation_set, network)
    _require_data_of(network, image_statistics, train_set)
    recipe = Recipe(seed, loss, optimizer, schedule, augmentation, training)
    used = at_found_rate(recipe, learning_rate_test)
    criterion = recipe.build_loss(image_statistics)
    saved = open_checkpoints(checkpoints, recipe, used, network, criterion, image_statistics)
    record = live_metrics(
        image_statistics,
        saved.earlier if saved else [],
        network.description.pretrained,
        rate_tags(training, learning_rate_test),
        continues=saved.continues if saved else None,
    )
    again = f"The same command goes on from here with {TrainingOptions.setting(resume=True)}"
    with SIGNALS.going_on_by(again if saved and training.checkpoint.enabled else ""):
        history = train_by(
            used,
            network,
            criterion,
            Sets(train_set, validation_set, test_set, image_statistics),
            checkpoints=saved or NO_CHECKPOINTS,
            cache=feature_cache,
            on_epoch=[lambda epoch, row: record(epoch, row, lambda: weights_digest(network))],
            may_share=True,
        )
    batch_size, device = images_at_once(validation_set), choose_device(training.device)
    see = partial(
        predict, network, validation_set, views, batch_size=batch_size, device=device, cache=feature_cache
    )
    network.description = network.description.model_copy(update={"is_trained": True})
    calibrate(network, validation_set, calibration, views, lambda: see()[1:], batch_size=batch_size)
    return network.cpu(), history


def open_checkpoints(
    folder: CheckpointFolder | None,
    recipe: Recipe,
    used: Recipe,
    network: Classifier,
    criterion: Loss,
    statistics: ImageStatistics,
) -> KeptCheckpoints | None:
    """Open the checkpoints of a training by a recipe, which is used with the rate that was found for it."""
    is_wanted = recipe.training.checkpoint.enabled or recipe.training.resume
    if folder is None or not is_wanted:
        return None
    run = announced_run()
    description = network.description
    facts = training_facts(recipe.dump(), description.network, description.options, Parameters)
    if recipe.training.find_learning_rate.mode == "use":
        facts[FOUND_RATE_FACT] = f"{used.learning_rate:g}"
    return keep_checkpoints(
        folder,
        used,
        network,
        criterion,
        statistics,
        facts=facts | training_code(),
        run_id=run[0] if run else None,
        commit=commit_in_words(git_tags(project_folder())) if recipe.training.resume else "",
    )


def evaluate_network(
    trained_network: Classifier,
    test_set: ImageTensorDataset,
    image_statistics: ImageStatistics,
    loss: LossOptions,
    training: TrainingOptions,
    evaluation: EvaluationOptions,
    feature_cache: FeatureCache | None = None,
) -> tuple[pd.DataFrame, dict[str, Any], pd.DataFrame]:
    """Classify the test images; return a row per image, the metrics, and a row per class."""
    _require_data_of(trained_network, image_statistics, test_set)
    device = choose_device(training.device)
    description = trained_network.description
    at_once = min(evaluation.batch_size, len(test_set))
    require_room_to_classify(description.image_shape, at_once, EvaluationOptions.named("batch_size"), device)
    logits, seen, labels = predict(
        trained_network,
        test_set,
        evaluation.views,
        batch_size=evaluation.batch_size,
        device=device,
        cache=feature_cache,
    )
    warn_of_views(logits, seen, labels, evaluation.views)
    criterion = build_loss(loss, training_data(image_statistics), measure_only=True)
    tables = partial(predictions_table, test_set.names, seen, labels, description.class_names)
    calibration = calibration_for(description.calibration, evaluation.views)
    looks = looks_of_all(test_set, evaluation.batch_size) if calibration and len(test_set) else None
    predictions = tables(calibration, looks)
    class_metrics = class_metrics_table(predictions, description.class_names)
    measured = summarise_predictions(predictions, class_metrics, evaluation)
    if calibration:
        measured |= measured_before_calibration(tables(), class_metrics, evaluation)
    loss_value = criterion(logits, labels).item()
    # JSON has no nan: such a loss is left out, and the summary has warned of it
    measured |= {"loss": loss_value} if math.isfinite(loss_value) else {}
    about = {
        "data_name": description.data_name,
        "weights_digest": weights_digest(trained_network),
        "evaluation": evaluation.model_dump(),
    }
    return predictions, about | measured, class_metrics


def _require_data_of(network: Classifier, statistics: ImageStatistics, images: TensorDataset) -> None:
    if isinstance(images, ImageTensorDataset):
        check_statistics(statistics, images.store)
    network.description.require_data(statistics["data_name"], statistics["index_digest"])
