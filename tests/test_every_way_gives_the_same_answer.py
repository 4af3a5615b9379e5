"""A picture has the same probabilities wherever it is classified, whatever kind of file it is.

By the evaluation of a training, the inference pipeline, `Classifier` in Python, MLflow's model, HTTP, and the
exported graphs, for which pictures are prepared here as the page of the export says, by Pillow alone.
"""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import mlflow
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from kedro.framework.session import KedroSession
from PIL import Image
from tests.fixtures.project import enter
from tests.images.picture_files import FILES, TURNED, encoded, picture
from tests.plain_preparation import prepared
from tests.serving.conftest import running

from image_classification import Classifier
from image_classification.networks.answers.rule import PROBABILITY
from image_classification.networks.storage import load_classifier

pytestmark = pytest.mark.slow

CLASSES = ("bird", "a, cat", "größe")
DEEPEST = 4095
PICTURES = FILES | TURNED
# of probabilities: batches of other sizes add in another order; exported graphs are given JPEG pictures that
# were decoded at full size and turned before they were made smaller, which rounds differently
SAME, EXPORTED = 1e-5, 5e-3
Ask = Callable[[str], np.ndarray]


class Kind(NamedTuple):
    """A configuration of the images."""

    size: tuple[int, int]
    channels: int
    resize: str
    interpolation: str


KINDS = [
    Kind((12, 16), 3, "letterbox", "bicubic"),
    Kind((15, 10), 1, "crop", "bilinear"),
    Kind((16, 16), 3, "stretch", "bicubic"),
]


def file_name(name: str) -> str:
    """The name of a file: its ending is that of its content."""
    kind = Image.open(io.BytesIO(PICTURES[name])).format
    return f"{name}.{str(kind).lower()}"


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.resize)
def project_once(request, tmp_path_factory, make_project) -> Iterator[tuple[Path, Kind]]:
    """A project in which a network was trained, tested on every picture, exported, and asked by inference."""
    kind: Kind = request.param
    folder = make_project(tmp_path_factory.mktemp("ways") / "project")
    images = folder.parent / "pictures"
    for number in range(90):
        split = "train" if number % 2 else "validation"
        path = images / split / CLASSES[number % 3] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(picture(20 + number % 7, 20, seed=number)))
    for number, (name, content) in enumerate(PICTURES.items()):
        path = images / "test" / CLASSES[number % 3] / file_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    rule = {"size": list(kind.size), "channels": kind.channels}
    rule |= {"resize": kind.resize, "interpolation": kind.interpolation, "value_range": [0, DEEPEST]}
    parameters = {
        "image_folder": {"path": str(images), "images": rule, "audit": {"near_duplicates": False}},
        "modelling": {
            "network": {"name": "feed_forward", "feed_forward": {"widths": [8], "dropout": 0.2}},
            "training": {"epochs": 2, "batch_size": 8},
            "calibration": {"enabled": True},
            "evaluation": {"views": ["horizontal_flip"]},
        },
        "export": {"formats": ["bundle", "pt2", "onnx"]},
        "inference": {"images": str(images / "test"), "probabilities": "all"},
    }
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, patch)
        for pipeline in ("folder_training", "folder_export", "inference"):
            with KedroSession.create(folder, runtime_params=parameters) as session:
                session.run(pipeline_names=[pipeline])
    yield folder, kind


def by_name(file: Path, column: str, names: tuple[str, ...]) -> Ask:
    table = pd.read_parquet(file)
    columns = [f"{PROBABILITY}{name}" for name in names]
    rows = {Path(name).name: row for name, row in zip(table[column], table[columns].to_numpy(), strict=True)}
    return lambda name: rows[file_name(name)]


@pytest.fixture(scope="module")
def ways(project_once) -> Iterator[dict[str, Ask]]:
    """What gives probabilities to a picture by its name, in the order of the classes."""
    folder, _ = project_once
    data = folder / "data"
    outputs, network = data / "07_model_output", data / "06_models" / "trained_network.safetensors"
    names = load_classifier(network).description.class_names
    export = data / "06_models" / "export"
    rule = json.loads((export / "preprocessing.json").read_text(encoding="utf-8"))
    classifier = Classifier.load(network)
    graph = torch.export.load(export / "network.pt2").module()
    session = onnxruntime.InferenceSession(str(export / "network.onnx"))
    client = mlflow.MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    [run] = [
        run
        for run in client.search_runs([client.get_experiment_by_name("image-classification").experiment_id])
        if run.outputs and run.outputs.model_outputs
    ]
    model = client.get_logged_model(run.outputs.model_outputs[0].model_id)
    recorded = mlflow.pyfunc.load_model(model.artifact_location)

    def by_model(name: str) -> np.ndarray:
        given = pd.DataFrame({"image": [PICTURES[name]]})
        table = recorded.predict(given, params={"probabilities": True})
        return table[[f"{PROBABILITY}{each}" for each in names]].to_numpy()[0]

    with running(load_classifier(network)) as server:

        def by_http(name: str) -> np.ndarray:
            path = f"/predict?top={len(names)}"
            [told] = server.send((file_name(name), PICTURES[name]), path=path).json["images"]
            found = {each["label"]: each["probability"] for each in told["probabilities"]}
            return np.array([found[each] for each in names])

        yield {
            "evaluation": by_name(outputs / "predictions.parquet", "name", names),
            "inference": by_name(outputs / "inference.parquet", "file", names),
            "classifier": lambda name: classifier.probabilities(PICTURES[name])[0],
            "MLflow": by_model,
            "HTTP": by_http,
            "torch.export": lambda name: graph(torch.from_numpy(prepared(PICTURES[name], rule)))[0].numpy(),
            "ONNX": lambda name: session.run(None, {"images": prepared(PICTURES[name], rule)})[0][0],
        }


@pytest.mark.parametrize("name", PICTURES)
def test_probabilities_are_those_of_the_evaluation(ways: dict[str, Ask], name: str) -> None:
    expected = ways["evaluation"](name)
    for way, ask in ways.items():
        allowed = EXPORTED if way in {"torch.export", "ONNX"} else SAME
        np.testing.assert_allclose(ask(name), expected, atol=allowed, err_msg=way)
