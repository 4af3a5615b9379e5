"""An epoch of the recipe `feed_forward`, with evaluation, beside the loop that the article teaches.

The article's loop runs in a process of its own (peer_article.py): what the project sets for its process, such
as how memory is kept, must not help the other side.
"""

import gzip
import shutil
import sys
from contextlib import closing
from pathlib import Path

from tests.benchmarks.benchmark import Row, Workspace, compared, side_by_side
from tests.benchmarks.node import Trained, train_by_node
from tests.benchmarks.recipe import prepare_recipe, quiet
from tests.benchmarks.worker import Worker

AT_LEAST = 6.5


def run(workspace: Workspace) -> list[Row]:
    """Measure whole epochs, one at a time; each side starts from fresh weights."""
    recipe = prepare_recipe(workspace, "feed_forward")
    folder = workspace.scratch / "torchvision"
    unpack(recipe.mnist_folder, folder / "MNIST/raw")
    ours: list[Trained] = []

    def our_epoch() -> float:
        with quiet():
            ours.append(train_by_node(recipe, epochs=1))
        return ours[-1].seconds

    sizes = [str(len(dataset)) for dataset in (recipe.train_set, recipe.test_set)]
    log = workspace.scratch / "article.log"
    with closing(
        Worker(Path(sys.executable), "tests.benchmarks.peer_article", str(folder), *sizes, log=log)
    ) as article:
        measured = side_by_side(
            {"ours": our_epoch, "article": article.measure},
            rounds=2 if workspace.quick else 7,
            warm_up=not workspace.quick,
        )
        accuracy = article.last["accuracy"]
    our_accuracy = ours[-1].last("test/accuracy")["test/accuracy"]
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
                f"Test accuracy after this one epoch: {our_accuracy:.1%} here, {accuracy:.1%} by the "
                "article's loop, each from first weights of its own.",
            ),
        )
    ]


def unpack(archives: Path, folder: Path) -> None:
    """Unpack the four archives for torchvision, which wants the files that are in them."""
    folder.mkdir(parents=True)
    for archive in archives.glob("*.gz"):
        with gzip.open(archive) as packed, (folder / archive.stem).open("wb") as raw:
            shutil.copyfileobj(packed, raw)
