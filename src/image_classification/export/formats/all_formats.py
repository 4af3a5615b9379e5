"""The formats by their names."""

from image_classification.export.formats.bundle import open_bundle
from image_classification.export.formats.graph import open_graph
from image_classification.export.formats.onnx_file import open_onnx
from image_classification.export.formats.opened import ExportFormat
from image_classification.export.options import Format

FORMATS: dict[Format, ExportFormat] = {
    "bundle": ExportFormat("network.safetensors", open_bundle),
    "pt2": ExportFormat("network.pt2", open_graph, is_trusting=True),
    "onnx": ExportFormat("network.onnx", open_onnx, needs="onnxruntime"),
    "onnx_int8": ExportFormat("network_int8.onnx", open_onnx, needs="onnxruntime"),
}
