"""The network of `feed_forward` trained for an epoch by this project and by other libraries, each in turn.

All have the images in memory, batches of 64 in the order of the data, SGD with rate 0.01 and weight decay
1e-6, dropout 0.2, float32. Every side is a process of its own (`peer_<name>.py`) that trains one network on
and on: an epoch per measurement. Evaluating is no part of what is measured.
"""

import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.benchmarks.benchmark import Row, UnavailableError, Workspace, compared, not_measured, side_by_side
from tests.benchmarks.recipe import prepare_recipe
from tests.benchmarks.worker import Worker

WHAT = "`feed_forward`, an epoch of training"
OURS = "this_project"
# A side that gets fewer of the test images right after all its epochs has not learnt: its time means nothing.
LEARNT, LEARNT_QUICK = 0.9, 0.6


@dataclass(frozen=True)
class Peer:
    """What another library does, and how many times faster this project should be at least."""

    against: str
    at_least: float | None = None


PEERS = {
    "lightning": Peer("Lightning, `Trainer` over a `TensorDataset`", at_least=2.0),
    "skorch": Peer("skorch, `NeuralNetClassifier` on arrays", at_least=1.7),
    "sklearn": Peer("scikit-learn, `MLPClassifier` on arrays (no dropout)", at_least=1.0),
    "jax": Peer("JAX, the whole epoch one jitted `scan`", at_least=0.85),
}


def run(workspace: Workspace) -> list[Row]:
    """Measure this project and all peers that are installed, alternately."""
    arrays = workspace.scratch / "arrays"
    write_arrays(workspace, arrays)
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        workers = {OURS: stack.enter_context(closing(start_this_project(workspace)))}
        for name in PEERS:
            try:
                workers[name] = stack.enter_context(closing(start_peer(name, arrays, workspace.scratch)))
            except UnavailableError as reason:
                absent[name] = str(reason)
        measured = side_by_side(
            {name: worker.measure for name, worker in workers.items()},
            rounds=3 if workspace.quick else 7,
            warm_up=True,
        )
        accuracies = {name: worker.last["accuracy"] for name, worker in workers.items()}
    check_all_learnt(accuracies, LEARNT_QUICK if workspace.quick else LEARNT)
    epochs = len(measured[OURS]) + 1
    note = f"Peers: test accuracy after {epochs} epochs " + ", ".join(
        f"{name.replace('_', ' ')} {accuracy:.1%}" for name, accuracy in accuracies.items()
    )
    return [
        not_measured("peers", f"{peer.against}: {absent[name]}", WHAT, peer.against)
        if name in absent
        else compared(
            "peers",
            WHAT,
            peer.against,
            "s",
            measured[OURS],
            measured[name],
            at_least=peer.at_least,
            notes=(f"{note}.",),
        )
        for name, peer in PEERS.items()
    ]


def check_all_learnt(accuracies: dict[str, float], least: float) -> None:
    """Refuse to compare a side that did not do its work.

    Raises:
        RuntimeError: naming the sides.
    """
    if lazy := {name: f"{accuracy:.1%}" for name, accuracy in accuracies.items() if not accuracy >= least}:
        raise RuntimeError(f"These have not learnt (test accuracy below {least:.0%}): {lazy}")


def start_this_project(workspace: Workspace) -> Worker:
    """Start the process that trains with this project; a peer's environment has no part in it."""
    arguments = [str(workspace.scratch / OURS), workspace.mnist or "", "quick" if workspace.quick else ""]
    return Worker(
        Path(sys.executable),
        f"tests.benchmarks.peer_{OURS}",
        *arguments,
        log=workspace.scratch / f"{OURS}.log",
    )


def start_peer(name: str, arrays: Path, scratch: Path) -> Worker:
    """Start the process of a peer, in the environment that `make bench` makes for them if it is there."""
    own = Path(sys.prefix) / "bench/bin/python"
    python = own if own.exists() else Path(sys.executable)
    return Worker(python, f"tests.benchmarks.peer_{name}", str(arrays), log=scratch / f"{name}.log")


def write_arrays(workspace: Workspace, folder: Path) -> None:
    """Write what the peers learn from: normalised pixels (N, 784) float32, labels (N,) int64; per split."""
    recipe = prepare_recipe(workspace, "feed_forward")
    folder.mkdir()
    for split, dataset in {"train": recipe.train_set, "test": recipe.test_set}.items():
        images, labels = dataset.tensors
        pixels = (images.flatten(1).float() / 255 - 0.1307) / 0.3081
        np.save(folder / f"{split}_pixels.npy", pixels.numpy())
        np.save(folder / f"{split}_labels.npy", labels.numpy())
