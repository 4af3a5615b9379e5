"""How much of the machine's peak of matrix products a training step of the default recipe reaches.

The peak is measured beside it, with large square products in the same precision. A small network cannot come
near: the note says what its step consists of.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from statistics import median
from time import perf_counter

import torch
from tests.benchmarks.benchmark import Row, Workspace, compared, side_by_side
from tests.benchmarks.node import new_network
from tests.benchmarks.recipe import Recipe, prepare_recipe
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from image_classification.learning.device import cpu_multiplies_bfloat16, keep_freed_memory

SMALLEST_SQUARE, SQUARE = 512, 4096
MOST_SECONDS = 0.5  # of a product
STEPS = 50  # per measurement, each on other images
# An operator of the profile belongs to the first group whose mark is in its name.
GROUPS = {
    "convolutions": ("convolution", "mkldnn_conv"),
    "batch normalisation": ("batch_norm",),
    "pooling": ("max_pool2d",),
    "ReLU": ("relu", "threshold", "clamp_min"),
    "the optimizer": ("adam", "Optimizer"),
    "the linear layer": ("addmm", "aten::mm"),
    "gathering and normalising": ("index", "aten::div", "aten::sub", "to_copy", "copy_"),
}


def run(workspace: Workspace) -> list[Row]:
    """Measure float32, then bfloat16 where the machine has units for it."""
    recipe = prepare_recipe(workspace)
    formats = [torch.float32, *([torch.bfloat16] if cpu_multiplies_bfloat16() else [])]
    return [share_of_peak(recipe, dtype, quick=workspace.quick) for dtype in formats]


def share_of_peak(recipe: Recipe, dtype: torch.dtype, *, quick: bool) -> Row:
    """Measure steps and products in one precision alternately."""
    step = Step(recipe, dtype)
    flops = step.count_flops()
    side = square_side(dtype, SQUARE // 2 if quick else SQUARE)
    square = torch.randn(side, side).to(dtype)

    def of_the_step() -> float:
        started = perf_counter()
        for _ in range(STEPS):
            step()
        return STEPS * flops / (perf_counter() - started) / 1e9

    def of_a_product() -> float:
        started = perf_counter()
        torch.mm(square, square)
        return 2 * len(square) ** 3 / (perf_counter() - started) / 1e9

    measured = side_by_side(
        {"step": of_the_step, "product": of_a_product}, rounds=3 if quick else 9, warm_up=True
    )
    name = str(dtype).removeprefix("torch.")
    share = median(measured["step"]) / median(measured["product"])
    return compared(
        "matmul",
        f"a training step of the default recipe, batch {recipe.parameters.training.batch_size}, {name}",
        f"a product of two {len(square)}² matrices",
        "GFLOP/s",
        measured["step"],
        measured["product"],
        notes=(
            f"A step in {name} reaches {share:.0%} of the peak: {flops / 1e9:.2f} GFLOP in "
            f"{flops / median(measured['step']) / 1e6:.1f} ms. Its time: {step.account()}.",
        ),
    )


def square_side(dtype: torch.dtype, largest: int, clock: Callable[[], float] = perf_counter) -> int:
    """The side of the squares to multiply: the largest that this machine multiplies in `MOST_SECONDS`.

    Without units for bfloat16 a product of 4096² takes minutes.
    """
    side = SMALLEST_SQUARE
    while side < largest:
        square = torch.ones(side, side, dtype=dtype)
        torch.mm(square, square)  # the first one is slower
        started = clock()
        torch.mm(square, square)
        if 8 * (clock() - started) > MOST_SECONDS:
            break
        side *= 2
    return side


class Step:
    """One update of the default recipe after the other: gather, normalise, forward, backward, Adam."""

    def __init__(self, recipe: Recipe, dtype: torch.dtype) -> None:
        keep_freed_memory()
        self._network: nn.Module = new_network(recipe).to(memory_format=torch.channels_last)
        self._network.train()
        self._autocast: Callable[[], torch.autocast | nullcontext[None]] = (
            (lambda: torch.autocast("cpu", dtype=dtype)) if dtype != torch.float32 else nullcontext
        )
        self._optimizer = torch.optim.Adam(self._network.parameters(), lr=0.01, betas=(0.7, 0.9), fused=True)
        self._images, self._labels = recipe.train_set.tensors
        order = torch.randperm(len(self._labels), generator=torch.Generator().manual_seed(0))
        batch_size = recipe.parameters.training.batch_size
        self._batches: list[Tensor] = [each for each in order.split(batch_size) if len(each) == batch_size]
        self._next = 0

    def __call__(self) -> None:
        """Update the weights by the next batch."""
        indices = self._batches[self._next % len(self._batches)]
        self._next += 1
        self._optimizer.zero_grad()
        with self._autocast():
            logits = self._network(self._images[indices])
        cross_entropy(logits.float(), self._labels[indices]).backward()
        self._optimizer.step()

    def count_flops(self) -> int:
        """Count what the convolutions and matrix products of a step calculate, forward and backward."""
        counter = FlopCounterMode(display=False)
        with counter:
            self()
        return counter.get_total_flops()

    def account(self) -> str:
        """Say which share of a step's time goes where, by torch's profiler."""
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            for _ in range(STEPS):
                self()
        seconds: Counter[str] = Counter()
        for operator in profiled.key_averages():
            seconds[_group(operator.key)] += operator.self_cpu_time_total
        total = sum(seconds.values())
        return ", ".join(f"{group} {part / total:.0%}" for group, part in seconds.most_common())


def _group(operator: str) -> str:
    for group, marks in GROUPS.items():
        if any(mark in operator for mark in marks):
            return group
    return "the rest"
