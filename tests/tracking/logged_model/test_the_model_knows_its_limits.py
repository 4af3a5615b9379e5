"""The recorded model of a calibrated network returns its calibrated probabilities, and answers if asked."""

import ast
import json
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest
import torch
from mlflow.models import Model
from mlflow.pyfunc import scoring_server

from image_classification.images.folder.new_images import NewFile
from image_classification.images.folder.new_pictures import NewImages
from image_classification.inference.predictor import Predictor
from image_classification.inference.rows import Columns
from image_classification.networks.answers.fitting import fit_calibration
from image_classification.networks.answers.options import CalibrationOptions
from image_classification.networks.answers.rule import looks_of
from image_classification.networks.answers.views import seen_in
from image_classification.networks.classifier import NetworkDescription, build_classifier
from image_classification.tracking.logged_model.model import model_metadata, save_model

CLASSES = ("unsure", "a, b", "owl")
IMAGES = torch.randint(0, 256, (90, 1, 9, 9), generator=torch.Generator().manual_seed(2), dtype=torch.uint8)


def calibrated(views):
    network = build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [8], "dropout": 0.2},
            image_shape=(1, 9, 9),
            class_names=CLASSES,
            mean=(0.5,),
            std=(0.1,),
            data_name="pets",
            index_digest="c" * 64,
        )
    ).eval()
    with torch.inference_mode():
        logits = seen_in(network, views)(IMAGES)
    # right where it is sure
    labels = torch.where(logits.softmax(1).max(1).values > 0.4, logits.argmax(1), 0)
    options = CalibrationOptions(right=0.6, coverage=0.6, confidence=0.6, strangers=0.2)
    calibration = fit_calibration(logits, labels, looks_of(IMAGES.numpy()), options, views)
    assert calibration.pixels
    network.description = network.description.model_copy(update={"calibration": calibration})
    return network


def opened(network, path):
    save_model(network, path, Model(metadata=model_metadata(network)), IMAGES)
    return mlflow.pyfunc.load_model(str(path))


def imported_modules(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("views", [(), ("horizontal_flip", "crops")])
def test_probabilities_and_answers_are_those_of_inference(views, tmp_path):
    network = calibrated(views)
    model = opened(network, tmp_path / "model")
    files = [NewFile(str(row), Path(str(row))) for row in range(90)]
    calibration = network.description.calibration
    columns = Columns(CLASSES, has_answers=True, has_all=True)
    rows = columns.rows(NewImages(files, [""] * 90, IMAGES, [b""] * 90), (), Predictor(network, "cpu", views))
    table = rows.to_pandas()

    probabilities = model.predict(IMAGES.numpy())
    answers = model.predict(IMAGES.numpy(), params={"answers": True})

    assert (probabilities.shape, probabilities.dtype) == ((90, 3), np.float32)
    np.testing.assert_allclose(probabilities, table.to_numpy()[:, -3:].astype(float), atol=1e-6)
    assert list(answers.columns) == ["label", "probability", "answer", "set"]
    for name in ("label", "answer", "set"):
        assert answers[name].tolist() == table[name].tolist()
    np.testing.assert_array_equal(answers["probability"], probabilities.max(axis=1))
    assert {"(unsure)"} < set(answers["answer"])
    assert model.metadata.metadata["calibration"]["temperature"] == calibration.temperature


def test_it_needs_nothing_of_this_project(tmp_path):
    opened(calibrated(()), tmp_path / "model")

    code = list((tmp_path / "model" / "code").rglob("*.py"))
    texts = {file.name: file.read_text(encoding="utf-8") for file in code}
    assert {"loader.py", "encoded.py", "rule.py", "decoding.py"} < set(texts)
    assert not any("image_classification" in text for text in texts.values())
    imported = {name.partition(".")[0] for text in texts.values() for name in imported_modules(text)}
    (package,) = (tmp_path / "model" / "code").iterdir()
    assert imported - {package.name} - sys.stdlib_module_names == {
        "mlflow",
        "numpy",
        "pandas",
        "PIL",
        "torch",
    }


def test_a_server_answers(tmp_path):
    model = opened(calibrated(()), tmp_path / "model")
    body = json.dumps({"inputs": IMAGES[:2].tolist(), "params": {"answers": True}})

    answer = scoring_server.invocations(body, "application/json", model, model.metadata.get_input_schema())

    assert answer.status == 200
    rows = json.loads(answer.response)["predictions"]
    assert [set(row) for row in rows] == [{"label", "probability", "answer", "set"}] * 2
    assert json.loads(rows[0]["set"])


def test_without_a_calibration_there_are_probabilities_alone(tmp_path):
    network = calibrated(())
    network.description = network.description.model_copy(update={"calibration": None})
    model = opened(network, tmp_path / "model")

    with torch.inference_mode():
        expected = network(IMAGES[:3]).softmax(1)
    np.testing.assert_allclose(model.predict(IMAGES[:3].numpy()), expected, atol=1e-6)
    assert "calibration" not in model.metadata.metadata
