"""The article's script as the other side of `article_epoch`; nothing of this project takes part in it.

Images are decoded one by one, in a plain loop; the test images are measured after each epoch.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import torch
from tests.benchmarks.networks import feed_forward
from tests.benchmarks.worker import serve
from torch import nn
from torch.nn.functional import nll_loss
from torch.utils.data import DataLoader, Dataset, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor

BATCH_SIZE, TEST_BATCH_SIZE = 64, 1000


def train(network: nn.Module, loader: DataLoader) -> None:
    """Train for an epoch."""
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, weight_decay=1e-6)
    network.train()
    total = 0.0
    for images, labels in loader:
        optimizer.zero_grad()
        loss = nll_loss(network(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()


def evaluate(network: nn.Module, loader: DataLoader) -> tuple[float, float]:
    """Return mean loss and accuracy."""
    network.eval()
    total, correct, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in loader:
            output = network(images)
            total += nll_loss(output, labels, reduction="sum").item()
            correct += output.argmax(dim=1).eq(labels).sum().item()
            count += len(labels)
    return total / count, correct / count


def part(dataset: Dataset, count: int) -> Dataset:
    """All of it, or the first so many images for a quick look."""
    return dataset if len(dataset) == count else Subset(dataset, range(count))


def main(folder: str, train_images: str, test_images: str) -> None:
    """Train a new network for an epoch whenever asked to."""
    transform = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])
    train_set = part(MNIST(Path(folder), train=True, transform=transform), int(train_images))
    test_set = part(MNIST(Path(folder), train=False, transform=transform), int(test_images))
    train_loader = DataLoader(train_set, batch_size=BATCH_SIZE)
    test_loader = DataLoader(test_set, batch_size=TEST_BATCH_SIZE)

    def measure() -> Mapping[str, float]:
        torch.manual_seed(42)
        network = feed_forward()
        started = perf_counter()
        train(network, train_loader)
        _, accuracy = evaluate(network, test_loader)
        return {"seconds": perf_counter() - started, "accuracy": accuracy}

    serve(measure)


if __name__ == "__main__":
    main(*sys.argv[1:])
