"""The network of ONNX in whole numbers of 8 bits: ranges are found on training images."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from image_classification.export.formats.onnx_file import INPUT, save_onnx
from image_classification.export.libraries import onnx_library
from image_classification.export.preprocessing import Preprocessing

_LINEAR = ["Gemm", "MatMul"]
_WITH_WEIGHTS = ("Conv", "ConvTranspose", *_LINEAR)
# what lies between these is in whole numbers too, else each would be turned into floats and back
_BETWEEN = (
    *("Relu", "Clip", "MaxPool", "AveragePool", "GlobalAveragePool", "ReduceMean", "Add", "Mul", "Concat"),
    *("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose"),
)


def write_int8(float_model: Path, path: Path, images: Tensor, rule: Preprocessing, batch_size: int) -> None:
    """Turn weights and activations into whole numbers, with pairs of QuantizeLinear and DequantizeLinear.

    Weights have a scale for each channel. What comes before the first layer with weights stays in floats, as
    the normalisation of bytes loses nothing there; so do the logits, and what is made of them.

    Args:
        float_model: of ONNX.
        path: where it is written.
        images: (N, C, H, W) uint8, by which the ranges of activations are found.
        rule: that goes into its metadata.
        batch_size: images at once.

    Raises:
        UserError: a library is not installed.
        Exception: whatever the libraries raise.
    """
    onnx, quantization = onnx_library("onnx"), onnx_library("onnxruntime.quantization")
    prepare = onnx_library("onnxruntime.quantization.shape_inference").quant_pre_process
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, _quietly():
        prepared, written = Path(folder) / "prepared.onnx", Path(folder) / "int8.onnx"
        # what ONNX itself knows of shapes is enough; the library's own search fails on some networks
        prepare(str(float_model), str(prepared), skip_symbolic_shape=True)
        quantization.quantize_static(
            str(prepared),
            str(written),
            _Reader(images, batch_size),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=[*_WITH_WEIGHTS, *_BETWEEN],
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            nodes_to_exclude=_outside_the_weights(onnx.load(str(prepared))),
            extra_options={"OpTypesToExcludeOutputQuantization": _LINEAR},
        )
        save_onnx(onnx.load(str(written)), path, rule)


class _Reader:
    """What onnxruntime asks for the images, batch by batch."""

    def __init__(self, images: Tensor, batch_size: int) -> None:
        self._batches: Iterator[Tensor] = iter(images.split(batch_size))

    def get_next(self) -> dict[str, Any] | None:
        """Return the next batch, None after the last."""
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch.numpy()}


def _outside_the_weights(model: Any) -> list[str]:
    """Return the names of the nodes before the first layer with weights, and of those after the last."""
    nodes = list(model.graph.node)
    places = [place for place, node in enumerate(nodes) if node.op_type in _WITH_WEIGHTS]
    first, last = (places[0], places[-1]) if places else (len(nodes), len(nodes))
    return [node.name for node in (*nodes[:first], *nodes[last + 1 :])]


@contextmanager
def _quietly() -> Iterator[None]:
    """Leave out what the library says to whoever calls it: it goes to the root of all logs."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
