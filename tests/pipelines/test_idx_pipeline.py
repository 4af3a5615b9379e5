"""A data set in MNIST's format is trained on by naming its folder, and its record says what it is."""

import gzip
import json

import numpy as np
from kedro.framework.session import KedroSession
from mlflow import MlflowClient

from image_classification.tracking import last_run

NAMES = ("shirt", "trousers", "pullover")


def write_set(folder, begins="", train=90, test=30, side=20):
    """Write four files in which the class is the third of the picture that is bright."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(3)
    for prefix, count in (("train", train), ("t10k", test)):
        labels = np.resize(np.arange(3, dtype=np.uint8), count)
        images = generator.integers(0, 90, size=(count, side, side), dtype=np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[label * side // 3 : (label + 1) * side // 3] += 150
        for values, kind in ((images, "images-idx3"), (labels, "labels-idx1")):
            head = bytes([0, 0, 8, values.ndim]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
            path = folder / f"{begins}{prefix}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(head + values.tobytes(), mtime=0))
    return folder


QUICK = "modelling.training.epochs=3,modelling.training.batch_size=16,modelling.optimizer.adam.lr=0.01"


def test_naming_the_folder_is_enough(project, run_command):
    folder = write_set(project.parent / "fashion mnist")

    done = run_command(
        project, "kedro", "run", "--pipeline", "training", "--params", f"idx.path='{folder}',{QUICK}"
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stdout + done.stderr
    assert "running the pipeline idx_training" in done.stdout
    metrics = json.loads((project / "data" / "08_reporting" / "metrics.json").read_text())
    assert metrics["data_name"] == "fashion mnist"
    assert metrics["images"] == 30
    assert metrics["accuracy"] > 0.9
    statistics = json.loads((project / "data" / "04_feature" / "idx" / "image_statistics.json").read_text())
    assert statistics["class_names"] == ["0", "1", "2"]
    assert statistics["image_shape"] == [1, 28, 28]


def test_classes_have_names_in_the_record(project):
    folder = write_set(project.parent / "sets", begins="fashion-")
    write_set(project.parent / "sets", begins="kuzushiji-")
    parameters = {
        "idx": {
            "path": str(folder),
            "files": "fashion",
            "class_names": list(NAMES),
            "images": {"size": 20},
            "split": {"validation": 9},
        },
        "modelling": {"training": {"epochs": 1, "batch_size": 16}},
    }

    with KedroSession.create(project, runtime_params=parameters) as session:
        session.run(pipeline_names=["idx_training"])

    run = MlflowClient(last_run().tracking_uri).get_run(last_run().run_id)
    assert run.data.params["data.name"] == "fashion"
    assert json.loads(run.data.params["data.image_shape"]) == [1, 20, 20]
    assert (run.data.params["data.train_images"], run.data.params["data.validation_images"]) == ("81", "9")
    card = (project / "data" / "08_reporting" / "model_card.md").read_text(encoding="utf-8")
    assert all(name in card for name in NAMES)
