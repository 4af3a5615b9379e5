"""What checkpoints cost: trainings by the node with its default of them, and without any.

In processor time: what is to be told from nothing here is less than what other work on a machine adds.
"""

import shutil
from collections.abc import Callable
from statistics import median
from time import process_time

from tests.benchmarks.benchmark import Row, Workspace, compared, side_by_side
from tests.benchmarks.node import train_by_node
from tests.benchmarks.recipe import Recipe, prepare_recipe, quiet

from image_classification.learning.checkpoints import saver
from image_classification.learning.checkpoints.folder import CheckpointFolder

AT_MOST = 1.03


def run(workspace: Workspace) -> list[Row]:
    """Measure the recipe with the shortest epochs for its weights and, with time for it, the default one."""
    rows = [measure(workspace, "feed_forward", "`feed_forward`", epochs=3, rounds=7)]
    if not workspace.quick:
        rows.append(measure(workspace, None, "the default recipe", epochs=2, rounds=3))
    return rows


def measure(workspace: Workspace, environment: str | None, name: str, *, epochs: int, rounds: int) -> Row:
    """Measure one recipe, with and without checkpoints in turn, in one process."""
    recipe = prepare_recipe(workspace, environment)
    if workspace.quick:
        epochs, rounds = 2, 3
    folder = CheckpointFolder(workspace.scratch / f"checkpoints of {environment}")
    measured = side_by_side(
        {
            "with": _seconds_of_an_epoch(recipe, epochs, folder),
            "without": _seconds_of_an_epoch(recipe, epochs, None),
        },
        rounds,
        warm_up=True,
    )
    saved = [path.stat().st_size for path in folder.path.rglob("*.safetensors")]
    shutil.rmtree(folder.path)
    added = median(measured["with"]) - median(measured["without"])
    return compared(
        "checkpoint_cost",
        f"{name}, an epoch of the training node, with checkpoints as by default, processor time",
        "the same without checkpoints",
        "s",
        measured["with"],
        measured["without"],
        at_most=AT_MOST,
        notes=(
            f"Checkpoints, {name}: {1000 * added:+.1f} ms an epoch; the largest has "
            f"{max(saved) / 1e6:.1f} MB; by default at most {saver.LARGEST_SHARE:.0%} of the time goes into "
            "them.",
        ),
    )


def _seconds_of_an_epoch(recipe: Recipe, epochs: int, folder: CheckpointFolder | None) -> Callable[[], float]:
    def train() -> float:
        started = process_time()
        with quiet():
            train_by_node(recipe, epochs, checkpoints=folder)
        return (process_time() - started) / epochs

    return train
