"""What the training node costs beside the barest loop that does the same mathematics.

The node draws its progress bar as on a terminal, records every epoch in MLflow, in SQLite, and keeps a copy
of the best weights where validation images tell them; all of that is in its time, divided by its epochs.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from unittest import mock

from tests.benchmarks.bare_loop import BareTraining, bare_convnet, bare_feed_forward
from tests.benchmarks.benchmark import Row, Workspace, compared, side_by_side
from tests.benchmarks.node import Trained, new_network, train_by_node
from tests.benchmarks.recipe import Recipe, prepare_recipe, quiet
from tests.leaking import LEAKING
from torch import nn

from image_classification.tracking.announcement import announced_run
from image_classification.tracking.hook import TrackingHook

AT_MOST, AT_MOST_OF_LONGER_UPDATES = 1.1, 1.05


def run(workspace: Workspace) -> list[Row]:
    """Measure the simplest recipe, whose updates are the shortest, and, with time for it, the default one."""
    rows = [measure(workspace, "feed_forward", "`feed_forward`", bare_feed_forward, epochs=5, rounds=5)]
    if not workspace.quick:
        rows.append(measure(workspace, None, "the default recipe", bare_convnet, epochs=2, rounds=3))
    return rows


def measure(
    workspace: Workspace,
    environment: str | None,
    name: str,
    bare: Callable[[Recipe, nn.Module, int], BareTraining],
    *,
    epochs: int,
    rounds: int,
) -> Row:
    """Measure one recipe: the node as in a run, the node alone, and the bare loop, in turn."""
    recipe = prepare_recipe(workspace, environment)
    keep = "best" if len(recipe.validation_set) else "last"
    if workspace.quick:
        epochs, rounds = 2, 2
    last: dict[str, Trained | BareTraining] = {}

    def as_in_a_run() -> float:
        with recorded(recipe), on_a_terminal():
            last["node"] = train_by_node(recipe, epochs, keep=keep)
        return last["node"].seconds / epochs

    def node_alone() -> float:
        with quiet():
            return train_by_node(recipe, epochs).seconds / epochs

    def bare_loop() -> float:
        last["bare"] = bare(recipe, new_network(recipe), epochs)
        return last["bare"].seconds / epochs

    # the first of each imports what it needs, and creates the record
    measured = side_by_side(
        {"node": as_in_a_run, "alone": node_alone, "bare": bare_loop}, rounds, warm_up=True
    )
    beside = (
        "progress bar, MLflow and a copy of the best weights" if keep == "best" else "progress bar and MLflow"
    )
    node, alone, loop = (median(measured[side]) for side in ("node", "alone", "bare"))
    return compared(
        "overhead",
        f"{name}, an epoch of the training node, with {beside}",
        "a bare loop over tensors with the same network",
        "s",
        measured["node"],
        measured["bare"],
        at_most=AT_MOST if environment == "feed_forward" else AT_MOST_OF_LONGER_UPDATES,
        notes=(
            f"Overhead, {name}: {1000 * (node - loop):+.0f} ms an epoch, of which the bar and MLflow "
            f"{1000 * (node - alone):+.0f} ms ({epochs} epochs share what opens the record) and the loop "
            f"itself {1000 * (alone - loop):+.0f} ms. {same_results(last['node'], last['bare'])}",
        ),
    )


def same_results(node: Trained, bare: BareTraining) -> str:
    """Say what both came to: the same, as long as they draw and compute the same."""
    columns = ("train/loss", "train/accuracy")
    ours = node.last(*columns)
    return (
        f"Training loss at the end: {ours['train/loss']:.4f} by the node, {bare.loss:.4f} by the bare loop; "
        f"accuracy {ours['train/accuracy']:.2%} and {bare.accuracy:.2%}."
    )


@contextmanager
def recorded(recipe: Recipe) -> Iterator[None]:
    """Open a run in MLflow as `kedro run` does, and close it."""
    from kedro.framework.project import pipelines  # noqa: PLC0415  known once the project is

    hook, context = TrackingHook(), recipe.context
    with mock.patch.dict(os.environ):
        for name in LEAKING:  # nobody's own server gets these runs
            os.environ.pop(name, None)
        hook.after_context_created(context)
        with quiet():
            hook.before_pipeline_run(
                {"pipeline_names": ["modelling"]}, pipelines["modelling"], context.catalog
            )
        if announced_run() is None:
            raise RuntimeError("no run is open in MLflow: there is nothing to measure")
        try:
            yield
        finally:
            with quiet():
                hook.on_pipeline_error(RuntimeError("only the training was measured"))


@contextmanager
def on_a_terminal() -> Iterator[None]:
    """Let the progress bar be drawn, to where nobody sees it."""
    with mock.patch.dict(os.environ, {"TTY_COMPATIBLE": "1", "TERM": "xterm-256color"}), quiet():
        yield
