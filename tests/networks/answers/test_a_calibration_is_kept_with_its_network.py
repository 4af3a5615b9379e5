"""What a network was calibrated to is in its file, changes no weight, and is looked at when it is read."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import save_file

from image_classification.errors import UserError
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.answers.fitting import fit_calibration
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.answers.promises import promises_of
from image_classification.networks.digest import weights_digest
from image_classification.networks.storage import load_classifier, save_classifier

KEY = "image_classification.network"
CLASSES = tuple("abcdefghij")


@pytest.fixture
def calibration(outputs, looks):
    return fit_calibration(*outputs(300), looks(300), CalibrationOptions(), ("crops", "horizontal_flip"))


@pytest.fixture
def network():
    return build_classifier(
        NetworkDescription(
            network="convnet",
            options={"widths": [4]},
            image_shape=(1, 8, 8),
            class_names=CLASSES,
            mean=(0.5,),
            std=(0.5,),
            data_name="made up",
            index_digest="a" * 64,
        )
    )


def calibrate(network, calibration):
    network.description = network.description.model_copy(update={"calibration": calibration})


def change(path, edit):
    """Change the description in the file of a network."""
    with safe_open(path, framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = json.loads(file.metadata()[KEY])
    edit(facts)
    save_file(weights, path, metadata={KEY: json.dumps(facts)})


def test_it_is_read_back_to_the_last_bit(network, calibration, tmp_path, outputs, looks):
    before = weights_digest(network)
    calibrate(network, calibration)
    save_classifier(network, tmp_path / "network.safetensors")

    read = load_classifier(tmp_path / "network.safetensors")

    assert read.description.calibration == calibration
    assert weights_digest(read) == before
    probabilities = calibration.probabilities(outputs(50, seed=1)[0]).numpy()
    again = read.description.calibration.probabilities(outputs(50, seed=1)[0]).numpy()
    assert np.array_equal(probabilities, again)
    given = again, looks(50), CLASSES
    assert calibration.answers(*given) == read.description.calibration.answers(*given)


def test_a_file_of_an_earlier_version(network, tmp_path):
    path = tmp_path / "network.safetensors"
    save_classifier(network, path)
    change(path, lambda facts: facts.pop("calibration"))

    assert load_classifier(path).description.calibration is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("temperature", 0.0),
        ("temperature", float("nan")),
        ("set_least", -1.0),
        ("views", ["sideways"]),
        ("pixels", {"mean": [0.0, 0.0], "inverse": [[1.0, 0.0]], "farthest": 1.0}),
        ("outputs", {"mean": [0.0] * 11, "inverse": [[0.0] * 11] * 11, "farthest": 1.0}),
        ("more", 1),
    ],
)
def test_a_damaged_one_is_refused(network, calibration, tmp_path, key, value):
    path = tmp_path / "network.safetensors"
    calibrate(network, calibration)
    save_classifier(network, path)
    change(path, lambda facts: facts["calibration"].update({key: value}))

    with pytest.raises(UserError, match="does not hold a classifier"):
        load_classifier(path)


def test_what_is_promised_is_said(calibration):
    words = " ".join(promises_of(calibration))

    assert "300 validation images" in words
    assert "seen as it is and as horizontal_flip, crops" in words
    assert "at least 95 % of the images" in words
    assert "At least 95 % of the answers are right" in words
    everything = calibration.model_copy(update={"answer_above": 0.0})
    assert "No image is left unanswered for a low probability." in " ".join(promises_of(everything))
    nothing = calibration.model_copy(
        update={"answer_above": None, "outputs": None, "pixels": None, "views": ()}
    )
    words = " ".join(promises_of(nothing))
    assert "unsure of every image" in words
    assert "is not looked at" in words
    assert "seen as" not in words
