"""The barest loops over tensors in memory that do what the recipes do.

The network, the order of the images, the seeds of dropout and the precision are those of the project, so that
both sides do the same mathematics on the same numbers, and all that differs is what stands around it.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from time import perf_counter

import torch
from tests.benchmarks.recipe import Recipe
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from image_classification.learning.batches import epoch_order, epoch_seed
from image_classification.learning.device import autocast, choose_precision

EVALUATION_BATCH = 1000


@dataclass(frozen=True)
class BareTraining:
    """Seconds of all epochs, and the training loss and accuracy of the last one."""

    seconds: float
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Data:
    """Images (N, 1, 28, 28) uint8 and labels (N,) int64, to learn from and to evaluate on."""

    train: tuple[Tensor, Tensor]
    evaluate: tuple[Tensor, Tensor]


def bare_feed_forward(recipe: Recipe, network: nn.Module, epochs: int) -> BareTraining:
    """Train the recipe `feed_forward`: SGD, batches of 64 in the order of the data, the test images after."""
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, weight_decay=1e-6, fused=True)
    data = Data(recipe.train_set.tensors, recipe.test_set.tensors)
    return train(network, optimizer, data, recipe.parameters.seed, epochs, 64, shuffle=False)


def bare_convnet(recipe: Recipe, network: nn.Module, epochs: int) -> BareTraining:
    """Train the default recipe: Adam with one cycle, batches of 128 shuffled, the validation images after."""
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01, betas=(0.7, 0.9), fused=True)
    data = Data(recipe.train_set.tensors, recipe.validation_set.tensors)
    steps = epochs * -(-len(data.train[1]) // 128)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=0.01, total_steps=steps, cycle_momentum=False
    )
    cpu = torch.device("cpu")
    dtype = choose_precision(recipe.parameters.training.precision, cpu, network)
    return train(
        network,
        optimizer,
        data,
        recipe.parameters.seed,
        epochs,
        128,
        shuffle=True,
        precision=lambda: autocast(cpu, dtype),
        after_update=schedule.step,
    )


def train(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    data: Data,
    seed: int,
    epochs: int,
    batch_size: int,
    *,
    shuffle: bool,
    precision: Callable[[], AbstractContextManager[object]] = nullcontext,
    after_update: Callable[[], None] = lambda: None,
) -> BareTraining:
    """Train, evaluating after each epoch; the gathering of the data beforehand is not timed."""
    images, labels = data.train
    loss = accuracy = float("nan")
    started = perf_counter()
    for epoch in range(1, epochs + 1):
        torch.manual_seed(epoch_seed(seed, epoch))
        order = epoch_order(len(images), seed, epoch, shuffle=shuffle)
        network.train()
        total, correct = torch.zeros(()), torch.zeros((), dtype=torch.int64)
        for indices in order.split(batch_size):
            targets = labels[indices]
            optimizer.zero_grad()
            with precision():
                logits = network(images[indices])
                batch_loss = cross_entropy(logits.float(), targets)
            batch_loss.backward()
            optimizer.step()
            after_update()
            with torch.no_grad():
                total += batch_loss.detach() * len(targets)
                correct += (logits.argmax(dim=1) == targets).sum()
        loss, accuracy = total.item() / len(images), correct.item() / len(images)
        evaluate(network, data)
    return BareTraining(perf_counter() - started, loss, accuracy)


@torch.inference_mode()
def evaluate(network: nn.Module, data: Data) -> tuple[float, float]:
    """Return mean loss and accuracy."""
    network.eval()
    images, labels = data.evaluate
    batches: Iterable[Tensor] = torch.arange(len(images)).split(EVALUATION_BATCH)
    outputs = [network(images[batch]) for batch in batches]
    logits = torch.cat(outputs)
    accuracy = (logits.argmax(dim=1) == labels).sum().item() / len(labels)
    return cross_entropy(logits, labels).item(), accuracy
