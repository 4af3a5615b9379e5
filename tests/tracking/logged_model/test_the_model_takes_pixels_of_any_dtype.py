"""A recorded model takes pixels however they are written, and says what is wrong with anything else."""

import json

import mlflow
import numpy as np
import pytest
import torch
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import scoring_server

from image_classification.networks.classifier import NetworkDescription, build_classifier
from image_classification.tracking.logged_model.loader import pixels
from image_classification.tracking.logged_model.model import log_model, model_name
from image_classification.tracking.run import TrackedRun

SHAPE = (3, 4, 5)
IMAGES = np.random.default_rng(0).integers(0, 256, (6, *SHAPE), dtype=np.uint8)


@pytest.mark.parametrize(
    "dtype", ["uint8", "uint16", "int16", "int64", "uint64", "float16", "float32", "float64"]
)
def test_arrays_of_any_dtype(dtype):
    taken = pixels(IMAGES.astype(dtype), SHAPE)

    assert taken.dtype == np.uint8
    np.testing.assert_array_equal(taken, IMAGES)


@pytest.mark.parametrize("write", [np.ndarray.tolist, torch.from_numpy, lambda images: images.astype(object)])
def test_lists_tensors_and_objects(write):
    np.testing.assert_array_equal(pixels(write(IMAGES), SHAPE), IMAGES)


def test_black_images_and_none():
    assert pixels(np.zeros((2, *SHAPE)), SHAPE).sum() == 0
    assert pixels(np.zeros((0, *SHAPE)), SHAPE).shape == (0, *SHAPE)


WRONG = {
    "found float64 with fractions from": IMAGES / 255,
    "255 times as much": IMAGES / 255,
    "found float32 of 0 and 1 alone": (IMAGES > 100).astype("float32"),
    "found int64 from -1 to": np.where(IMAGES == 0, -1, IMAGES.astype("int64")),
    "found int64 from 0 to 256": np.where(IMAGES == 255, 256, IMAGES.astype("int64")),
    "found float64 from nan to nan": np.where(IMAGES == 7, np.nan, IMAGES),
    "found float64 from 0.0 to inf": np.where(IMAGES == 7, np.inf, IMAGES),
    "found float64 from 0.5 to 255.5": IMAGES + 0.5,
    "fractions from 0.5 to 254.5": (IMAGES + 0.5).clip(0.5, 254.5),
    "found 6 x 4 x 5 x 3": IMAGES.transpose(0, 2, 3, 1),
    "found 3 x 4 x 5": IMAGES[0],
    "found no numbers": np.full((2, *SHAPE), "a"),
    "found no numbers.": [[1, 2], [3]],
    "found no numbers. ": IMAGES > 100,
}


@pytest.mark.parametrize(("message", "data"), WRONG.items(), ids=WRONG)
def test_anything_else_is_refused_with_what_was_found(message, data):
    with pytest.raises(MlflowException) as caught:
        pixels(data, SHAPE)

    assert str(caught.value).startswith(
        "The model takes images N x 3 x 4 x 5 (channels, height, width), whole"
    )
    assert message.strip() in str(caught.value)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    ("network", "data", "name"),
    [
        ("convnet", "mnist", "convnet-mnist"),
        ("convnet", "my photos (2)/new: a.b", "convnet-my-photos-2-new-a-b"),
        ("feed_forward", "Käse", "feed_forward-Käse"),
        ("convnet", "x" * 400, "convnet-" + "x" * 192),
    ],
)
def test_a_name_of_its_own(network, data, name):
    assert model_name(classifier(network, data)) == name


def classifier(network, data):
    description = NetworkDescription(
        network=network,
        options={"widths": [4]},
        image_shape=(3, 12, 12),
        class_names=("cat", "dog"),
        mean=(0.25,) * 3,
        std=(0.5,) * 3,
        data_name=data,
        index_digest="c" * 64,
    )
    return build_classifier(description, seed=1).eval()


def test_a_server_answers_with_probabilities_or_with_what_is_wrong(tmp_path, fresh_database, monkeypatch):
    client = mlflow.MlflowClient(f"sqlite:///{fresh_database}")
    experiment = client.create_experiment(tmp_path.name, artifact_location=(tmp_path / "files").as_uri())
    run = TrackedRun(client.create_run(experiment).info.run_id, client.tracking_uri)
    network = classifier("feed_forward", "my photos: new")
    log_model(run, network)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", client.tracking_uri)
    model = mlflow.pyfunc.load_model(f"runs:/{run.run_id}/feed_forward-my-photos-new")
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 12, 12))

    def ask(images):
        request = json.dumps({"inputs": images.tolist()})
        return scoring_server.invocations(
            request, "application/json", model, model.metadata.get_input_schema()
        )

    answer = ask(images)
    with torch.inference_mode():
        expected = torch.softmax(network(torch.from_numpy(images.astype(np.uint8))), dim=1)
    assert answer.status == 200, answer.response
    np.testing.assert_allclose(json.loads(answer.response)["predictions"], expected, rtol=1e-5)
    with pytest.raises(MlflowException, match="255 times as much"):
        ask(images / 255)
