"""A recipe of the project as a run has it: its parameters, image sets and context, in a copy in scratch."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from kedro.framework.context import KedroContext
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from tests.benchmarks.benchmark import UnavailableError, Workspace
from tests.benchmarks.project import project_copy
from tests.leaking import LEAKING

from image_classification.images.store.statistics import ImageStatistics
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.parameters.root import ModellingOptions, validate_parameters

QUICK_TRAINING_IMAGES, QUICK_TEST_IMAGES = 15_000, 2_500  # of 60,000 and 10,000


@dataclass(frozen=True)
class Recipe:
    """The parameters of `conf/<name>` as Kedro reads them, and MNIST as the nodes are given it."""

    parameters: ModellingOptions
    train_set: ImageTensorDataset
    validation_set: ImageTensorDataset
    test_set: ImageTensorDataset
    statistics: ImageStatistics
    context: KedroContext

    @property
    def mnist_folder(self) -> Path:
        """Where the four archives lie."""
        return self.context.project_path / "data/01_raw/mnist"

    def limited(self) -> "Recipe":
        """The same with a quarter of the images, for a quick look."""
        return replace(
            self,
            train_set=_first(self.train_set, QUICK_TRAINING_IMAGES),
            validation_set=_first(self.validation_set, QUICK_TEST_IMAGES),
            test_set=_first(self.test_set, QUICK_TEST_IMAGES),
        )


def _first(images: ImageTensorDataset, count: int) -> ImageTensorDataset:
    return ImageTensorDataset(images.store, images.rows[:count])


def prepare_recipe(workspace: Workspace, environment: str | None = None) -> Recipe:
    """Copy the project, prepare MNIST there by its own pipeline, and open what it made.

    Args:
        workspace: of the benchmark; quick leaves a quarter of the images.
        environment: the folder of the recipe in `conf`; None: `conf/base` alone.

    Raises:
        UnavailableError: the archives are nowhere.
    """
    if workspace.mnist is None:
        raise UnavailableError("MNIST is nowhere (set MNIST_MIRROR, as the README says)")
    project = project_copy(workspace.scratch / (environment or "base"))
    # the code in sys.path is the one that is measured; the copy's src is empty
    variables = {name: value for name, value in os.environ.items() if name not in LEAKING}
    variables["MNIST_MIRROR"] = workspace.mnist
    with mock.patch.dict(os.environ, variables, clear=True), quiet():
        bootstrap_project(project)
        extra = {"mnist": {"offline_fallback": "none"}}
        with KedroSession.create(project, env=environment, runtime_params=extra) as session:
            session.run(pipeline_name="mnist")
            context = session.load_context()
        catalog = context.catalog
        recipe = Recipe(
            validate_parameters(context.params).modelling,
            *(catalog.load(f"mnist.{split}_set") for split in ("train", "validation", "test")),
            catalog.load("mnist.image_statistics"),
            context,
        )
    return recipe.limited() if workspace.quick else recipe


@contextmanager
def quiet() -> Iterator[None]:
    """Send what a command says to a person nowhere."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield
        sys.stdout.flush()
