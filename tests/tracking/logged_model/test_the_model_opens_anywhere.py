"""The recorded model needs neither this project's code nor its machine."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
import yaml
from mlflow import MlflowClient

from image_classification.networks.classifier import NetworkDescription, build_classifier
from image_classification.tracking.logged_model.model import log_model, pinned_requirements
from image_classification.tracking.run import TrackedRun

PROGRAM = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"image_classification", "kedro"}:
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Refuse())

import mlflow, torch, numpy as np

torch.cuda.is_available = lambda: True  # a GPU must not keep a model from opening that was exported without

images = np.load(sys.argv[3])
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model(sys.argv[2])
results = [model.predict(images[:size]) for size in (1, 2, 7)]
others = [model.predict(images.astype(dtype)) for dtype in ("int64", "float32")]
try:
    model.predict(images / 255)
except mlflow.MlflowException as error:
    refusal = str(error)
print(json.dumps({
    "probabilities": [result.tolist() for result in results],
    "dtypes": [str(result.dtype) for result in results],
    "metadata": model.metadata.metadata,
    "refusal": refusal,
    "same": all((other == results[-1]).all() for other in others),
}))
"""


def build(network, image_shape=(1, 12, 12), **options):
    description = NetworkDescription(
        network=network,
        options=options,
        image_shape=image_shape,
        class_names=("cat", "dog", "owl"),
        mean=(0.25,) * image_shape[0],
        std=(0.5,) * image_shape[0],
        data_name="pets",
        index_digest="c" * 64,
    )
    return build_classifier(description, seed=1)


@pytest.fixture
def run(tmp_path, fresh_database):
    client = MlflowClient(f"sqlite:///{fresh_database}")
    experiment_id = client.create_experiment(tmp_path.name, artifact_location=(tmp_path / "files").as_uri())
    return TrackedRun(client.create_run(experiment_id).info.run_id, client.tracking_uri)


def pixels(*shape):
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "options", "channels"),
    [
        ("convnet", {"widths": [4, 8], "dropout": 0.5}, 1),
        ("feed_forward", {"widths": [16], "dropout": 0.5, "log_softmax": True}, 3),
    ],
)
def test_in_another_process_without_this_projects_code(run, tmp_path, network, options, channels):
    classifier = build(network, (channels, 12, 12), **options).train()
    images = pixels(7, channels, 12, 12)
    np.save(tmp_path / "images.npy", images.numpy())

    model_id = log_model(run, classifier, images)

    done = subprocess.run(
        [
            *(sys.executable, "-P", "-c", PROGRAM),
            *(run.store.uri, f"models:/{model_id}", tmp_path / "images.npy"),
        ],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "MLFLOW_LOGGING_LEVEL"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no warning about versions, devices or formats
    found = json.loads(done.stdout)
    with torch.inference_mode():
        expected = torch.softmax(classifier.eval()(images), dim=1).numpy()
    for size, probabilities in zip((1, 2, 7), found["probabilities"], strict=True):
        np.testing.assert_allclose(probabilities, expected[:size], rtol=1e-5, atol=1e-7)
    assert found["dtypes"] == ["float32"] * 3
    assert found["metadata"] == {
        "class_names": ["cat", "dog", "owl"],
        "data_name": "pets",
        "index_digest": "c" * 64,
        "network": network,
        "options": options,
        "weights": None,
        "image_shape": [channels, 12, 12],
        "mean": [0.25] * channels,
        "std": [0.5] * channels,
        "resize": "stretch",
        "interpolation": "bilinear",
        "value_range": None,
    }
    assert found["same"]
    assert "fractions from 0.0 to 1.0" in found["refusal"]


def test_it_says_how_it_is_called_and_what_it_needs(run, tmp_path):
    model_id = log_model(run, build("feed_forward", widths=[4]), pixels(5, 1, 12, 12))

    folder = tmp_path / "files" / "models" / model_id / "artifacts"
    described = yaml.safe_load((folder / "MLmodel").read_text())
    assert run.client.get_logged_model(model_id).name == "feed_forward-pets"
    assert json.loads(described["signature"]["outputs"])[0]["tensor-spec"] == {
        "dtype": "float32",
        "shape": [-1, 3],
    }
    example = np.array(json.loads((folder / "input_example.json").read_text()))
    np.testing.assert_array_equal(example, pixels(5, 1, 12, 12)[:2])
    assert (folder / "requirements.txt").read_text().split() == pinned_requirements()
    # on a machine with a GPU MLflow would otherwise ask for a model that was exported there
    assert described["flavors"]["python_function"]["config"] == {"device": "cpu"}


def test_requirements_are_pinned_to_what_the_package_index_has(monkeypatch):
    monkeypatch.setattr(
        "image_classification.tracking.logged_model.model.version", lambda _package: "2.15.0+cu132"
    )

    assert "torch==2.15.0" in pinned_requirements()


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_examples_are_made_up(run, tmp_path, count):
    model_id = log_model(run, build("feed_forward", widths=[4]), pixels(count, 1, 12, 12))

    example = tmp_path / "files" / "models" / model_id / "artifacts" / "input_example.json"
    assert np.array(json.loads(example.read_text())).shape == (2, 1, 12, 12)


class Stubborn(torch.nn.Module):
    """What no exporter can follow: a decision that depends on the pixels."""

    def forward(self, images):
        return images.float() if images.sum().item() > 0 else None


def test_of_a_model_that_cannot_be_exported_nothing_is_left(run):
    classifier = build("feed_forward", widths=[4])
    classifier.body = Stubborn()

    with pytest.raises(Exception, match=r"data-dependent"):
        log_model(run, classifier)

    assert not run.client.get_run(run.run_id).outputs.model_outputs


def test_the_classifier_is_left_on_its_device_and_as_it_was(run):
    classifier = build("feed_forward", widths=[4]).train()
    weights = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}

    log_model(run, classifier)

    assert classifier.training
    for name, tensor in classifier.state_dict().items():
        torch.testing.assert_close(tensor, weights[name], rtol=0, atol=0)
