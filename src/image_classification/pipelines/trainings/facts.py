"""What the result of a training depends on, so that one of just the same is known again."""

from collections.abc import Callable
from typing import Any

from image_classification.images.store.statistics import ImageStatistics
from image_classification.learning.checkpoints.facts import data_facts, version_facts
from image_classification.learning.recipe import Recipe, starting_facts
from image_classification.networks import Classifier
from image_classification.origins.training_code import training_code
from image_classification.parameters.root import Parameters
from image_classification.parameters.used import training_facts


def facts_of(
    recipe: Recipe, network: Classifier, statistics: ImageStatistics, *also: Callable[..., Any]
) -> dict[str, str]:
    """Return data, options, first weights, device, versions and code of a training, as checkpoints do.

    Args:
        recipe: its options.
        network: as it begins.
        statistics: of the images.
        also: functions that work on what it comes to.
    """
    description = network.description
    return {
        **training_facts(recipe.dump(), description.network, description.options, Parameters),
        **data_facts(statistics),
        **version_facts(),
        **starting_facts(recipe, network, recipe.build_loss(statistics)),
        **training_code(*also),
    }
