"""The graph of a network, as `torch.export` draws it, in a file of its own (pt2)."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram

from image_classification.errors import UserError
from image_classification.export.formats.opened import Opened
from image_classification.export.preprocessing import Preprocessing

_FACTS = "preprocessing.json"
# torch's own switch: nothing is loaded that could run code, whatever it would do otherwise
_NO_PICKLE = "TORCH_FORCE_WEIGHTS_ONLY_LOAD"
# names in the archive of objects that torch would unpickle, and of compiled code
_MORE_THAN_A_GRAPH = (b"constants/custom_obj_", b"constants/opaque_obj_", b"data/aotinductor/")


def graph_of(model: nn.Module, image_shape: tuple[int, int, int]) -> ExportedProgram:
    """Draw the graph of a model in evaluation mode, of any number of images.

    Raises:
        Exception: whatever torch raises of a network that it cannot follow.
    """
    # two: torch.export takes a size of one for a constant
    images = torch.zeros((2, *image_shape), dtype=torch.uint8)
    # made here, as it loads all of sympy
    batch = torch.export.Dim("batch", min=1)
    graph = torch.export.export(model, (images,), dynamic_shapes=({0: batch},))
    for node in graph.graph.nodes:
        node.meta.pop("stack_trace", None)  # lines of code, with their paths on this machine
    return graph


def write_graph(graph: ExportedProgram, path: Path, rule: Preprocessing) -> None:
    """Write a graph with what has to be done to images before."""
    torch.export.save(graph, path, extra_files={_FACTS: json.dumps(rule.facts)})


def open_graph(path: Path) -> Opened:
    """Read a graph.

    Raises:
        UserError: it has other parts than numbers and the graph itself.
        Exception: whatever torch raises of a damaged file.
    """
    content = path.read_bytes()
    if any(part in content for part in _MORE_THAN_A_GRAPH):
        raise UserError(f"{path} holds more than a graph and its weights, and is not opened.")
    extra = {_FACTS: ""}
    with _no_pickle():
        program = torch.export.load(io.BytesIO(content), extra_files=extra)
    model = program.module()

    @torch.inference_mode()
    def run(images: Tensor) -> Tensor:
        probabilities: Tensor = model(images)
        return probabilities.clone()

    return Opened(run, json.loads(extra[_FACTS] or "{}"))


@contextmanager
def _no_pickle() -> Iterator[None]:
    before = os.environ.get(_NO_PICKLE)
    os.environ[_NO_PICKLE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_NO_PICKLE]
        else:
            os.environ[_NO_PICKLE] = before
