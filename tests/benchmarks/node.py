"""The training of a recipe by the project's own node."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import pandas as pd
from tests.benchmarks.recipe import Recipe

from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.networks import Classifier
from image_classification.pipelines.modelling.nodes import build_network, train_network


@dataclass(frozen=True)
class Trained:
    """What a training took in seconds, all of it, and what it came to."""

    seconds: float
    network: Classifier
    history: pd.DataFrame

    def last(self, *columns: str) -> Mapping[str, float]:
        """What was measured after the last epoch."""
        return {column: float(self.history[column].iloc[-1]) for column in columns}


def new_network(recipe: Recipe) -> Classifier:
    """Build the recipe's network with its first weights."""
    parameters = recipe.parameters
    return build_network(parameters.network, parameters.seed, recipe.statistics)


def train_by_node(
    recipe: Recipe,
    epochs: int,
    network: Classifier | None = None,
    checkpoints: CheckpointFolder | None = None,
    **options: object,
) -> Trained:
    """Train a network, or else a new one, for so many epochs; building it is not timed.

    Checkpoints are taken where there is a folder for them. `options` take the place of the recipe's own in
    `modelling.training`.
    """
    parameters, network = recipe.parameters, network or new_network(recipe)
    started = perf_counter()
    trained, history = train_network(
        network,
        recipe.train_set,
        recipe.validation_set,
        recipe.test_set,
        recipe.statistics,
        parameters.seed,
        parameters.loss,
        parameters.optimizer,
        parameters.schedule,
        parameters.augmentation,
        parameters.training.model_copy(update={"epochs": epochs, **options}),
        checkpoints,
    )
    return Trained(perf_counter() - started, trained, history)
