"""A network keeps which numbers were black and white; one that was saved before that was kept still opens."""

import json

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.storage import load_classifier, save_classifier
from image_classification.value_range import ValueRange


def saved(path, value_range):
    description = NetworkDescription(
        network="feed_forward",
        options={"widths": [2], "dropout": 0.0, "log_softmax": False},
        image_shape=(1, 2, 2),
        class_names=("a", "b"),
        mean=(0.5,),
        std=(0.5,),
        data_name="made up",
        index_digest="0" * 64,
        value_range=value_range,
    )
    save_classifier(build_classifier(description), path)
    return path


@pytest.mark.parametrize(
    "value_range",
    [
        None,
        ValueRange(),
        ValueRange(integers=(0, 4095)),
        ValueRange(integers=(-1000, 3000), floats=(0.1, 1e9), no_data=(-9999, -32768)),
    ],
)
def test_it_comes_back(tmp_path, value_range):
    assert load_classifier(saved(tmp_path / "network", value_range)).description.value_range == value_range


def test_networks_without_open(tmp_path):
    path = saved(tmp_path / "network", ValueRange(integers=(0, 255)))
    with safe_open(path, framework="pt") as file:
        key = "image_classification.network"
        description = json.loads(file.metadata()[key])
    del description["value_range"]
    save_file(load_file(path), tmp_path / "old", {key: json.dumps(description)})

    assert load_classifier(tmp_path / "old").description.value_range is None
