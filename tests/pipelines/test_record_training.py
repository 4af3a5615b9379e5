"""The record of a training says in which precision it computed, whatever chose it."""

import pytest

from image_classification.networks import NetworkDescription, build_classifier
from image_classification.pipelines.modelling.record import record_training


@pytest.mark.parametrize(
    ("optimizer", "precision", "recorded"),
    [("adam", "float32", "float32"), ("adam", "bfloat16", "bfloat16"), ("lbfgs", "auto", "float32")],
)
def test_the_precision(optimizer: str, precision: str, recorded: str) -> None:
    description = NetworkDescription(
        network="convnet",
        options={"widths": [4]},
        image_shape=(1, 8, 8),
        class_names=("a", "b"),
        mean=(0.5,),
        std=(0.5,),
        data_name="made up",
        index_digest="digest",
    )
    modelling = {"optimizer": {"name": optimizer}, "training": {"device": "cpu", "precision": precision}}
    record = record_training(build_classifier(description), modelling)
    assert record["environment"]["precision"] == recorded
    assert record["environment"]["device"] == "cpu"
