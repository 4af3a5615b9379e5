"""A copy of the project, to run its commands in without touching anybody's data and records."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

from tests.benchmarks.benchmark import ROOT, Workspace
from tests.leaking import LEAKING


def project_copy(folder: Path) -> Path:
    """Copy the configuration, a person's own apart, beside empty data folders; the code stays where it is."""
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "conf", folder / "conf", ignore=shutil.ignore_patterns("local"))
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "src").mkdir()
    for layer in sorted((ROOT / "data").iterdir()):
        if layer.is_dir():
            (folder / "data" / layer.name).mkdir(parents=True)
    return folder


def environment(workspace: Workspace, **variables: str) -> Mapping[str, str]:
    """The environment for a command in a copy: this project's code, the workspace's MNIST, nothing else."""
    kept = {name: value for name, value in os.environ.items() if name not in LEAKING}
    mirror = {"MNIST_MIRROR": workspace.mnist} if workspace.mnist else {}
    return kept | mirror | {"PYTHONPATH": str(ROOT / "src")} | variables


def run_kedro(project: Path, workspace: Workspace, *arguments: str, **variables: str) -> float:
    """Run `kedro <arguments>` in a copy and return its seconds, from start to exit.

    Raises:
        RuntimeError: it failed; with the end of what it printed.
    """
    seconds, _ = timed(workspace, project, ["-m", "kedro", *arguments], **variables)
    return seconds


def timed(
    workspace: Workspace, folder: Path, command: Sequence[str | Path], **variables: str
) -> "tuple[float, subprocess.CompletedProcess[str]]":
    """Run `python <command>` in a folder, with the project's code at hand.

    Raises:
        RuntimeError: it failed; with the end of what it printed.
    """
    started = perf_counter()
    finished = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env=environment(workspace, **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = perf_counter() - started
    if finished.returncode:
        said = (finished.stdout + finished.stderr)[-2000:]
        what = " ".join(map(str, command))
        raise RuntimeError(f"python {what} failed ({finished.returncode}):\n{said}")
    return seconds, finished
