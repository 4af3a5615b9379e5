"""Whole commands side by side: what both kinds of them need, and how their seconds are taken."""

from pathlib import Path

from tests.benchmarks.article_epoch import unpack
from tests.benchmarks.benchmark import UnavailableError, Workspace
from tests.benchmarks.project import project_copy, run_kedro, timed


def prepared_project(workspace: Workspace, *arguments: str) -> Path:
    """Copy the project and run the command there once, so that data and bytecode are where they stay.

    Raises:
        UnavailableError: MNIST is nowhere.
    """
    if workspace.mnist is None:
        raise UnavailableError("MNIST is nowhere (set MNIST_MIRROR, as the README says)")
    project = project_copy(workspace.scratch / "project")
    run_kedro(project, workspace, *arguments)
    return project


def unpacked(workspace: Workspace, project: Path) -> Path:
    """The files in the archives that a project has downloaded, where torchvision looks for them."""
    folder = workspace.scratch / "torchvision"
    unpack(project / "data/01_raw/mnist", folder / "MNIST/raw")
    return folder


def timed_script(workspace: Workspace, script: str, *arguments: str) -> tuple[float, str]:
    """Run a script of this folder; return its seconds from start to exit, and what it printed.

    Raises:
        RuntimeError: it failed; with the end of what it printed.
    """
    seconds, finished = timed(workspace, workspace.scratch, [Path(__file__).with_name(script), *arguments])
    return seconds, finished.stdout
