"""Nodes of the modelling pipeline: build a network, train it, evaluate it."""

from typing import Any

import pandas as pd
from torch.utils.data import TensorDataset

from image_classification.evaluation.metrics import accuracy, predictions_table
from image_classification.evaluation.predict import predict_logits
from image_classification.images.statistics import ImageStatistics
from image_classification.images.tensor_sets import ImageTensorDataset
from image_classification.learning.device import choose_device
from image_classification.learning.loop import train
from image_classification.learning.losses import build_loss
from image_classification.learning.optimizers import build_optimizer, build_schedule
from image_classification.networks import Classifier, NetworkDescription, build_classifier
from image_classification.parameters.loss import LossParameters
from image_classification.parameters.network import NetworkParameters
from image_classification.parameters.optimizer import OptimizerParameters
from image_classification.parameters.schedule import ScheduleParameters
from image_classification.parameters.training import EvaluationParameters, TrainingParameters
from image_classification.tracking.live import live_metrics


def build_network(network: NetworkParameters, seed: int, image_statistics: ImageStatistics) -> Classifier:
    """Build the network for the size, channels and classes of the data, with seeded first weights.

    Its first layer normalises the pixels, by default with mean and deviation of the training images.
    """
    fixed = network.normalisation
    description = NetworkDescription(
        network=network.name,
        options=network.options,
        image_shape=image_statistics["image_shape"],
        resize=image_statistics.get("resize", "stretch"),
        class_names=image_statistics["class_names"],
        mean=image_statistics["mean"] if fixed == "auto" else fixed.mean,
        std=image_statistics["std"] if fixed == "auto" else fixed.std,
        data_name=image_statistics["data_name"],
        index_digest=image_statistics["index_digest"],
    )
    return build_classifier(description, seed)


def train_network(
    network: Classifier,
    train_set: TensorDataset,
    validation_set: TensorDataset,
    image_statistics: ImageStatistics,
    seed: int,
    loss: LossParameters,
    optimizer: OptimizerParameters,
    schedule: ScheduleParameters,
    training: TrainingParameters,
) -> tuple[Classifier, pd.DataFrame]:
    """Train the network on the device, validating after every epoch; the metrics appear in MLflow at once."""
    history = train(
        network,
        train_set,
        validation_set,
        criterion=build_loss(loss.name, **loss.options),
        make_optimizer=lambda network: build_optimizer(
            optimizer.name, network.parameters(), **optimizer.options
        ),
        make_schedule=lambda built, batches: build_schedule(
            schedule.name, built, epochs=training.epochs, batches=batches, **schedule.options
        ),
        options=training,
        seed=seed,
        on_epoch=[live_metrics(image_statistics)],
    )
    return network.cpu(), history


def evaluate_network(
    trained_network: Classifier,
    test_set: ImageTensorDataset,
    loss: LossParameters,
    training: TrainingParameters,
    evaluation: EvaluationParameters,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Classify the test images: a table with a row per image, and the numbers that sum it up."""
    device = choose_device(training.device)
    description = trained_network.description
    logits, labels = predict_logits(
        trained_network.to(device), test_set, batch_size=evaluation.batch_size, device=device
    )
    criterion = build_loss(loss.name, **loss.options)
    metrics = {
        "data_name": description.data_name,
        "images": len(labels),
        "accuracy": accuracy(logits, labels),
        "loss": criterion(logits, labels).item(),
    }
    return predictions_table(test_set.names, logits, labels, description.class_names), metrics
