"""Running benchmarks one after the other, each in a process of its own, so that none disturbs the next."""

import importlib
import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.benchmarks.benchmark import ROOT, Row, UnavailableError, Workspace, not_measured

SHARED = ROOT.parent / "shared"  # where the data lies beside some checkouts
OWN_PACKAGES = ("image_classification", "tests")  # what is missing there is a mistake, not an absent peer


@dataclass(frozen=True)
class Outcome:
    """The rows of one benchmark, and why it failed if it did."""

    rows: list[Row]
    failure: str | None = None


def run_benchmark(name: str, module: str, *, quick: bool) -> Outcome:
    """Run one benchmark in a fresh process; whatever goes wrong in there becomes a row that says so."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as scratch:
        workspace = Workspace(Path(scratch), mnist_address(os.environ), photos_folder(os.environ), quick)
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
            try:
                return Outcome(process.submit(_measure, module, workspace).result())
            except UnavailableError as reason:
                return Outcome([not_measured(name, f"{name} cannot run: {reason}")])
            except Exception as error:
                cause = f"{type(error).__name__}: {error}".splitlines()[0]
                # the traceback of the process, where there is one, says where
                where = str(error.__cause__ or "")
                return Outcome([not_measured(name, f"{name} failed: {cause}")], failure=where or cause)


def _measure(module: str, workspace: Workspace) -> list[Row]:
    try:
        rows: list[Row] = importlib.import_module(module).run(workspace)
    except ModuleNotFoundError as error:
        if error.name == module:
            raise UnavailableError("not available, there is no such module") from None
        if (error.name or "").partition(".")[0] in OWN_PACKAGES:
            raise
        raise UnavailableError(f"{error}; `make bench` installs all that is needed") from error
    return rows


def mnist_address(environment: Mapping[str, str], shared: Path = SHARED) -> str | None:
    """Where the archives of MNIST are: MNIST_MIRROR, else the folder beside the project, if it is there."""
    folder = shared / "mnist"
    return environment.get("MNIST_MIRROR") or (folder.as_uri() if folder.is_dir() else None)


def photos_folder(environment: Mapping[str, str], shared: Path = SHARED) -> Path | None:
    """A folder of photographs: BENCH_PHOTOS, else the one beside the project, if it is there."""
    if named := environment.get("BENCH_PHOTOS"):
        return Path(named)
    folder = shared / "clothing"
    return folder if folder.is_dir() else None
