"""A made up run: predictions of any number of classes, a network, the record of its training, its data."""

from collections.abc import Callable

import pandas as pd
import pytest
import torch

from image_classification.evaluation.documents import EvaluatedNetwork
from image_classification.evaluation.predictions import class_metrics_table, predictions_table
from image_classification.evaluation.summary import summarise_predictions
from image_classification.evaluation.training_record import TrainingRecord, weights_digest
from image_classification.images.store.statistics import ImageStatistics
from image_classification.networks import Classifier, NetworkDescription, build_classifier

MakePredictions = Callable[..., pd.DataFrame]
MakeEvaluated = Callable[..., EvaluatedNetwork]


@pytest.fixture
def make_predictions() -> MakePredictions:
    """Predictions of a network that is right about half of the time and too sure of itself."""

    def make(classes: int = 4, images: int = 300, absent: tuple[int, ...] = ()) -> pd.DataFrame:
        generator = torch.Generator().manual_seed(classes)
        present = torch.tensor([index for index in range(classes) if index not in absent])
        labels = present[torch.randint(len(present), (images,), generator=generator)]
        logits = torch.randn(images, classes, generator=generator) * 3
        logits[torch.arange(images), labels] += 3
        names = [f"image {row}" for row in range(images)]
        return predictions_table(names, logits, labels, class_names(classes))

    return make


def class_names(classes: int) -> list[str]:
    return [f"class {index}" for index in range(classes)]


@pytest.fixture
def trained_classifier() -> Classifier:
    description = NetworkDescription(
        network="convnet",
        options={"widths": [4]},
        image_shape=(1, 8, 8),
        class_names=tuple(class_names(3)),
        mean=(0.5,),
        std=(0.5,),
        data_name="made up",
        index_digest="a" * 64,
    )
    return build_classifier(description)


@pytest.fixture
def training_record(trained_classifier: Classifier) -> TrainingRecord:
    return {
        "finished": "2030-01-02T03:04:05+00:00",
        "command": "kedro run --pipeline training",
        "git": {"commit": "0123abc", "branch": "main", "dirty": "false"},
        "environment": {"device": "cpu", "torch": "9.9"},
        "parameters": {"optimizer.name": "adam", "optimizer.lr": "0.01"},
        "run_id": "the_run",
        "weights_digest": weights_digest(trained_classifier),
    }


@pytest.fixture
def image_statistics() -> ImageStatistics:
    names = class_names(3)
    return {
        "data_name": "made up",
        "class_names": names,
        "image_shape": [1, 8, 8],
        "resize": "stretch",
        "counts": {
            "train": dict(zip(names, (10, 10, 0), strict=True)),
            "validation": dict(zip(names, (4, 0, 0), strict=True)),
            "test": dict(zip(names, (300, 1000, 0), strict=True)),
        },
        "left_out": {},
        "mean": [0.5],
        "std": [0.25],
        "index_digest": "a" * 64,
        "images_digest": "b" * 64,
    }


@pytest.fixture
def make_evaluated(trained_classifier, training_record, image_statistics, make_predictions) -> MakeEvaluated:
    """The made up run as its documents take it; arguments replace parts of it."""

    def make(**changes) -> EvaluatedNetwork:
        predictions = make_predictions(3)
        table = class_metrics_table(predictions, class_names(3))
        parts = {
            "network": trained_classifier,
            "record": training_record,
            "metrics": {"data_name": "made up", **summarise_predictions(predictions, table)},
            "class_metrics": table,
            "statistics": image_statistics,
        }
        return EvaluatedNetwork(**parts | changes)

    return make
