"""An epoch of the recipe `feed_forward`, with evaluation, beside the loop that the article teaches."""

import gzip
import shutil
from pathlib import Path
from time import perf_counter

import torch
from tests.benchmarks.benchmark import Row, Workspace, compared, side_by_side
from tests.benchmarks.networks import feed_forward
from tests.benchmarks.node import Trained, train_by_node
from tests.benchmarks.recipe import Recipe, prepare_recipe, quiet
from torch import nn
from torch.nn.functional import nll_loss
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor

BATCH_SIZE, TEST_BATCH_SIZE = 64, 1000
AT_LEAST = 4.5


def run(workspace: Workspace) -> list[Row]:
    """Measure whole epochs, one at a time; each side starts from fresh weights."""
    recipe = prepare_recipe(workspace, "feed_forward")
    article = Article(recipe, workspace.scratch / "torchvision")
    ours: list[Trained] = []

    def our_epoch() -> float:
        with quiet():
            ours.append(train_by_node(recipe, epochs=1))
        return ours[-1].seconds

    measured = side_by_side(
        {"ours": our_epoch, "article": article.epoch},
        rounds=2 if workspace.quick else 7,
        warm_up=not workspace.quick,
    )
    accuracy = ours[-1].last("test/accuracy")["test/accuracy"]
    return [
        compared(
            "article_epoch",
            "`feed_forward`, an epoch with evaluation",
            "the article's loop over torchvision's MNIST",
            "s",
            measured["ours"],
            measured["article"],
            at_least=AT_LEAST,
            notes=(
                f"Test accuracy after this one epoch: {accuracy:.1%} here, {article.accuracy:.1%} by the "
                "article's loop, each from first weights of its own.",
            ),
        )
    ]


class Article:
    """The article's script: images decoded one by one, a plain loop, the test images after each epoch."""

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        unpack(recipe.mnist_folder, folder / "MNIST/raw")
        transform = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])
        train = MNIST(folder, train=True, transform=transform)
        test = MNIST(folder, train=False, transform=transform)
        # all of them, but for a quick look
        self._train = DataLoader(Subset(train, range(len(recipe.train_set))), batch_size=BATCH_SIZE)
        self._test = DataLoader(Subset(test, range(len(recipe.test_set))), batch_size=TEST_BATCH_SIZE)
        if len(recipe.train_set) == len(train):
            self._train = DataLoader(train, batch_size=BATCH_SIZE)
            self._test = DataLoader(test, batch_size=TEST_BATCH_SIZE)
        self.accuracy = float("nan")

    def epoch(self) -> float:
        """Train a new network for an epoch and evaluate it; return the seconds of both."""
        torch.manual_seed(42)
        network = feed_forward()
        optimizer = torch.optim.SGD(network.parameters(), lr=0.01, weight_decay=1e-6)
        started = perf_counter()
        total = 0.0
        network.train()
        for images, labels in self._train:
            optimizer.zero_grad()
            loss = nll_loss(network(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        _, self.accuracy = self._evaluate(network)
        return perf_counter() - started

    def _evaluate(self, network: nn.Module) -> tuple[float, float]:
        network.eval()
        total, correct, count = 0.0, 0, 0
        with torch.no_grad():
            for images, labels in self._test:
                output = network(images)
                total += nll_loss(output, labels, reduction="sum").item()
                correct += output.argmax(dim=1).eq(labels).sum().item()
                count += len(labels)
        return total / count, correct / count


def unpack(archives: Path, folder: Path) -> None:
    """Unpack the four archives for torchvision, which wants the files that are in them."""
    folder.mkdir(parents=True)
    for archive in archives.glob("*.gz"):
        with gzip.open(archive) as packed, (folder / archive.stem).open("wb") as raw:
            shutil.copyfileobj(packed, raw)
