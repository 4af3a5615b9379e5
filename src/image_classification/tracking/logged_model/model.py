"""The trained network as an MLflow model that opens anywhere, without this project's code."""

import base64
import io
import json
import re
import tempfile
from collections.abc import Mapping
from copy import deepcopy
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import mlflow.pytorch
import numpy as np
import torch
from mlflow.models import Model, ModelSignature
from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec
from PIL import Image
from torch import Tensor

from image_classification.networks.answers.probabilities import ProbabilityModel
from image_classification.networks.classifier import Classifier
from image_classification.processes.garbage import without_collection
from image_classification.tracking.delivery.model_entry import KEY
from image_classification.tracking.logged_model import loader
from image_classification.tracking.logged_model.copied import copy_code
from image_classification.tracking.logged_model.encoded import COLUMN
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.training import weights_tags

# a file of the model's folder: what may be sent to a server of it
EXAMPLE_REQUEST = "image_request.json"
_LONGEST_NAME = 200  # MLflow takes 255


def log_model(
    run: TrackedRun,
    classifier: Classifier,
    examples: Tensor | None = None,
    epoch: int = 0,
    dataset: Mapping[str, str] | None = None,
) -> str | None:
    """Record the classifier as the model of the run; return the model's id, None if it is not recorded yet.

    The graph is exported (`torch.export`), so that neither this project's code nor pickle is needed to open
    it with `mlflow.pyfunc.load_model`.

    Args:
        run: the open run.
        classifier: the trained network, on any device and in any mode; it is left as it is.
        examples: images (N, C, H, W) uint8 to show how the model is called; if fewer than two, black ones.
        epoch: the epoch that the weights are of, 0 if unknown.
        dataset: what ties its metrics to the data, if it is recorded later than they.
    """
    description = classifier.description
    tags = {"data.name": description.data_name, KEY: uuid4().hex} | weights_tags(description.pretrained)
    about = {"name": model_name(classifier), "epoch": epoch}
    about |= {"tags": tags | ({"epoch": str(epoch)} if epoch else {})}
    # its ids follow once the store has given them
    model = Model(artifact_path="model", run_id=run.run_id, metadata=model_metadata(classifier))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        save_model(classifier, path, model, examples)
        return run.log_model(path, about, dataset or {})


def save_model(
    classifier: Classifier, path: Path, mlflow_model: Model, examples: Tensor | None = None
) -> None:
    """Write the classifier as a folder in MLflow's format."""
    image_shape, calibration = tuple(classifier.description.image_shape), classifier.description.calibration
    if examples is None or len(examples) < 2:
        examples = torch.zeros((2, *image_shape), dtype=torch.uint8)
    with without_collection():  # the first export imports a thousand modules
        mlflow.pytorch.save_model(
            # a copy: in training mode dropout would be exported as well
            ProbabilityModel(deepcopy(classifier), calibration).cpu().eval(),
            path,
            mlflow_model=mlflow_model,
            # an exported graph has to have one; it is replaced below
            signature=ModelSignature(inputs=Schema([TensorSpec(np.dtype(object), (-1,))])),
            # two: torch.export takes a size of one for a constant
            input_example=examples[:2].cpu().numpy(),
            # inferring them would take eight seconds
            pip_requirements=pinned_requirements(),
            serialization_format="pt2",
        )
    # An exported graph stays on the device it was exported on. MLflow would ask for a GPU wherever there is
    # one, and then refuse to load the model.
    function = mlflow_model.flavors["python_function"]
    function["config"] = {"device": "cpu"}
    function |= {"loader_module": copy_code(loader.__name__, path / "code"), "code": "code"}
    (path / EXAMPLE_REQUEST).write_text(json.dumps(example_request(examples[:2])), encoding="utf-8")
    # no inputs: none that MLflow knows allows arrays, lists and tables, and it would refuse pixels of another
    # dtype, and cut fractions off; the loader says what is wrong
    mlflow_model.signature = ModelSignature(
        outputs=Schema([TensorSpec(np.dtype(np.float32), (-1, len(classifier.description.class_names)))]),
        params=ParamSchema([ParamSpec(name, "boolean", False) for name in loader.PARAMETERS]),
    )
    mlflow_model.save(str(path / "MLmodel"))


def example_request(images: Tensor) -> dict[str, Any]:
    """Write images (N, C, H, W) uint8 as a server of the model takes them: files of PNG in base64."""
    rows = []
    for image in images.permute(0, 2, 3, 1).cpu().numpy():
        file = io.BytesIO()
        Image.fromarray(image if image.shape[2] > 1 else image[..., 0]).save(file, "PNG")
        rows.append([base64.b64encode(file.getvalue()).decode("ascii")])
    return {"dataframe_split": {"columns": [COLUMN], "data": rows}, "params": {loader.PROBABILITIES: True}}


def model_name(classifier: Classifier) -> str:
    """Return the name of the model in the record, such as `convnet-mnist`, in letters that MLflow allows."""
    description = classifier.description
    name = re.sub(r"[^\w-]+", "-", f"{description.short_name}-{description.data_name}").strip("-")
    return name[:_LONGEST_NAME]


def model_metadata(classifier: Classifier) -> dict[str, Any]:
    """Return what a user of the model needs to know: class names in the order of the probabilities, …"""
    description = classifier.description
    calibration = description.calibration
    return ({"calibration": calibration.model_dump(mode="json")} if calibration else {}) | {
        "class_names": list(description.class_names),
        "data_name": description.data_name,
        "index_digest": description.index_digest,
        "network": description.network,
        "options": description.options,
        "weights": description.pretrained.model_dump() if description.pretrained else None,
        "image_shape": list(description.image_shape),
        "mean": list(description.mean),
        "std": list(description.std),
        "resize": description.resize,
        "interpolation": description.interpolation,
        "value_range": description.value_range.model_dump(mode="json") if description.value_range else None,
    }


def pinned_requirements() -> list[str]:
    """Return the packages that open the model, at the versions of now.

    Without local parts such as +cu132, which the package index does not have.
    """
    packages = ("mlflow", "torch", "numpy", "pandas", "pillow")
    return [f"{package}=={version(package).split('+')[0]}" for package in packages]
