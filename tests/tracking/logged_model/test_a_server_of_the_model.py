"""MLflow's own server of a recorded model answers whoever sends image files, as inference does."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from mlflow.models import Model
from PIL import Image

from image_classification.networks.classifier import NetworkDescription, build_classifier
from image_classification.tracking.logged_model.model import model_metadata, save_model


@contextmanager
def served(folder):
    """Start the server of a model on a free port, and end it with all its processes; give its address."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local", "-m", str(folder)]
    with subprocess.Popen(
        [*command, "-h", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    ) as server:
        try:
            said = []
            for line in server.stdout:
                said.append(line)
                if "running on http" in line:
                    break
            else:
                pytest.fail(f"the server has ended: {''.join(said)}")
            yield f"http://127.0.0.1:{port}/invocations"
        finally:
            os.killpg(server.pid, signal.SIGKILL)


def ask(address, body):
    head = {"Content-Type": "application/json"}
    try:
        request = urllib.request.Request(address, json.dumps(body).encode(), head)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def write_pictures(folder):
    folder.mkdir()
    generator = np.random.default_rng(0)
    for number, (width, height) in enumerate([(300, 200), (9, 30), (64, 64)]):
        noise = Image.fromarray(generator.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6
        noise.resize((width, height), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg", exif=exif)
    Image.fromarray(generator.integers(0, 4096, (20, 30), dtype=np.uint16)).save(folder / "deep.png")


@pytest.mark.slow
def test_files_over_http(project, tmp_path):
    classifier = build_classifier(
        NetworkDescription(
            network="convnet",
            options={"widths": [4], "dropout": 0.1},
            image_shape=(3, 24, 32),
            class_names=("cat", "dog", "owl"),
            mean=(0.4, 0.5, 0.6),
            std=(0.1, 0.2, 0.3),
            data_name="pets",
            index_digest="c" * 64,
            resize="letterbox",
            interpolation="bicubic",
        )
    ).eval()
    write_pictures(tmp_path / "new")
    parameters = {"inference": {"images": str(tmp_path / "new"), "probabilities": "all"}}
    with KedroSession.create(project, runtime_params=parameters) as session:
        session.load_context().catalog["trained_network"].save(classifier)
        session.run(pipeline_names=["inference"])
    expected = pd.read_csv(project / "data" / "07_model_output" / "inference.csv").sort_values("file")
    files = sorted((tmp_path / "new").iterdir())
    save_model(classifier, tmp_path / "model", Model(metadata=model_metadata(classifier)))
    texts = [base64.b64encode(file.read_bytes()).decode() for file in files]

    with served(tmp_path / "model") as address:
        for body in (
            {"dataframe_split": {"columns": ["image"], "data": [[each] for each in texts]}},
            {"dataframe_records": [{"image": each} for each in texts]},
            {"inputs": texts},
            {"instances": [{"image": each} for each in texts]},
        ):
            status, answer = ask(address, body | {"params": {"probabilities": True}})
            assert status == 200, answer
            found = pd.DataFrame(answer["predictions"])
            assert found["label"].tolist() == expected["label"].tolist()
            for name in classifier.description.class_names:
                column = f"probability/{name}"
                np.testing.assert_allclose(found[column], expected[column], atol=2e-3)
        pixels = np.random.default_rng(1).integers(0, 256, (2, 3, 24, 32)).tolist()
        status, answer = ask(address, {"inputs": pixels})
        assert status == 200
        assert np.shape(answer["predictions"]) == (2, 3)
        status, answer = ask(address, {"inputs": [texts[0], "nonsense"]})
        assert status == 400
        assert "The image in row 1" in json.dumps(answer)
