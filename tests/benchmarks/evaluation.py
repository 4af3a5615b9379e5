"""Images a second of evaluation and inference, beside ONNX Runtime and beside a bare loop, on the CPU.

The network is the default one on MNIST's test images, and a ResNet-18 with drawn weights on images of 224
pixels that are in memory. All sides are given uint8 and compute in float32.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from time import perf_counter

import torch
from tests.benchmarks.benchmark import Row, Workspace, compared, not_measured, side_by_side
from tests.benchmarks.recipe import prepare_recipe
from torch import Tensor
from torch.utils.data import TensorDataset

from image_classification.errors import UserError
from image_classification.export.formats.graph import graph_of
from image_classification.export.formats.onnx_file import open_onnx, write_onnx
from image_classification.export.preprocessing import preprocessing_of
from image_classification.learning.device import keep_freed_memory
from image_classification.learning.fine_tuning.prediction import predict
from image_classification.networks import Classifier, NetworkDescription, build_classifier
from image_classification.networks.answers.probabilities import ProbabilityModel
from image_classification.pipelines.modelling.nodes import build_network

AT_LEAST = 0.9
PHOTOGRAPHS = 256


@dataclass(frozen=True)
class Case:
    """A network and what it looks at: images (N, C, H, W) uint8, so many at once."""

    name: str
    network: Classifier
    images: Tensor
    at_once: int


def run(workspace: Workspace) -> list[Row]:
    """Measure both networks, in turn with the other sides."""
    recipe = prepare_recipe(workspace)
    images, _ = recipe.test_set.tensors
    parameters = recipe.parameters
    network = build_network(parameters.network, parameters.seed, recipe.statistics)
    cases = [Case("the default network, MNIST", network, images, parameters.evaluation.batch_size)]
    if not workspace.quick:
        cases.append(photographs())
    keep_freed_memory()  # as a training has done by the time its network is evaluated
    return [row for case in cases for row in measure(workspace, case)]


def photographs() -> Case:
    """Return a ResNet-18 and images of noise: what they show takes no part in the time."""
    description = NetworkDescription(
        network="torchvision",
        options={"model": "resnet18"},
        image_shape=(3, 224, 224),
        class_names=tuple("0123456789"),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
        data_name="photographs",
        index_digest="0" * 64,
    )
    images = torch.randint(0, 256, (PHOTOGRAPHS, 3, 224, 224), dtype=torch.uint8)
    return Case("ResNet-18, 224 pixels", build_classifier(description), images, 64)


def measure(workspace: Workspace, case: Case) -> list[Row]:
    """Measure a case: what evaluation does, the bare loop, and ONNX Runtime."""
    network, count = case.network.eval(), len(case.images)
    dataset = TensorDataset(case.images, torch.zeros(count, dtype=torch.int64))
    batches = case.images.split(case.at_once)

    def images_a_second(work: Callable[[], object]) -> Callable[[], float]:
        def timed() -> float:
            with torch.inference_mode():
                network(batches[0])  # while threads of the side before still wait for more
            started = perf_counter()
            work()
            return count / (perf_counter() - started)

        return timed

    @torch.inference_mode()
    def bare() -> list[Tensor]:
        return [network(batch) for batch in batches]

    device = torch.device("cpu")
    sides = {
        "ours": images_a_second(lambda: predict(network, dataset, batch_size=case.at_once, device=device)),
        "bare": images_a_second(bare),
    }
    try:
        path = workspace.scratch / f"{case.name.split()[0]}-{count}.onnx"
        rule = preprocessing_of(network)
        exported = deepcopy(network).requires_grad_(requires_grad=False)
        write_onnx(graph_of(ProbabilityModel(exported).eval(), rule.image_shape), path, rule)
        opened = open_onnx(path)
        sides["onnx"] = images_a_second(lambda: [opened.run(batch) for batch in batches])
        absent = ""
    except UserError as error:
        absent = str(error)
    measured = side_by_side(sides, rounds=3 if workspace.quick else 7, warm_up=True)
    what = f"evaluation, {case.name}, {case.at_once} images at once"
    others = {"bare": "a bare loop over the same batches", "onnx": "ONNX Runtime, the same batches"}
    return [
        compared("evaluation", what, against, "images/s", measured["ours"], measured[side], at_least=AT_LEAST)
        if side in measured
        else not_measured("evaluation", f"{against}: {absent}", what, against)
        for side, against in others.items()
    ]
