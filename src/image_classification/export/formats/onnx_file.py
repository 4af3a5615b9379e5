"""The network in the format of ONNX, which many programs run."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.export import ExportedProgram

from image_classification.export.formats.opened import Opened
from image_classification.export.libraries import onnx_library
from image_classification.export.preprocessing import Preprocessing
from image_classification.threads import usable_cores

INPUT, OUTPUT = "images", "probabilities"
_BATCH = "batch"
_ERRORS_ALONE = 3  # of the levels of onnxruntime


def write_onnx(graph: ExportedProgram, path: Path, rule: Preprocessing) -> None:
    """Write a graph for any number of images, with the preprocessing in its metadata.

    Raises:
        UserError: a library is not installed.
        Exception: whatever the libraries raise of a network that they cannot express.
    """
    onnx, _ = onnx_library("onnx"), onnx_library("onnxscript")
    images = torch.zeros((2, *rule.image_shape), dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nobody here can act on them
        program = torch.onnx.export(
            graph, (images,), dynamo=True, input_names=[INPUT], output_names=[OUTPUT], verbose=False
        )
    assert program is not None  # noqa: S101  (of dynamo there is one)
    model = program.model_proto
    _forget_this_machine(model)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = _BATCH
    save_onnx(model, path, rule)
    onnx.checker.check_model(str(path), full_check=True)


def save_onnx(model: Any, path: Path, rule: Preprocessing) -> None:
    """Write a model with the preprocessing in its metadata: each value is JSON in ASCII."""
    onnx = onnx_library("onnx")
    onnx.helper.set_model_props(model, {name: json.dumps(value) for name, value in _properties(rule).items()})
    onnx.save_model(model, str(path))


def _properties(rule: Preprocessing) -> Mapping[str, Any]:
    calibration = rule.calibration
    more = {"answer_above": calibration.answer_above} if calibration else {}
    return {**rule.facts, **more}


def _forget_this_machine(model: Any) -> None:
    """Leave out what the exporter notes of each node: lines of code, with their paths on this machine."""
    graphs = [model.graph, *model.functions]
    for graph in graphs:
        graph.ClearField("metadata_props")
        graph.ClearField("value_info")
        for node in graph.node:
            node.ClearField("metadata_props")
            node.ClearField("doc_string")
    for value in (*model.graph.input, *model.graph.output, *model.graph.initializer):
        value.ClearField("metadata_props")


def open_onnx(path: Path) -> Opened:
    """Open a model with onnxruntime, on the CPU.

    Raises:
        UserError: onnxruntime is not installed.
        Exception: whatever it raises of a damaged file.
    """
    runtime = onnx_library("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = _ERRORS_ALONE
    options.intra_op_num_threads = usable_cores()
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    properties = session.get_modelmeta().custom_metadata_map

    def run(images: Tensor) -> Tensor:
        [probabilities] = session.run([OUTPUT], {INPUT: images.numpy()})
        return torch.from_numpy(probabilities)

    facts = {
        name: json.loads(text) for name, text in properties.items() if name in Preprocessing.model_fields
    }
    return Opened(run, facts)
