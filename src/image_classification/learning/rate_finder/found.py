"""What becomes of a test of learning rates: the recipe at the rate that was found, and what a record says."""

import pandas as pd

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions
from image_classification.learning.rate_finder.options import MOST_UPDATES, FindLearningRateOptions
from image_classification.learning.rate_finder.suggestion import suggested_rate
from image_classification.learning.recipe import Recipe
from image_classification.words import count_of

# what a checkpoint says of it, beside the rate that was asked for, by which a training is recognised
FOUND_RATE_FACT = "the learning rate that was found"
# the tags of a run, and the first among the parameters of the record of a training
FOUND_RATE, SUGGESTED_RATE = "optimizer.found_lr", "optimizer.suggested_lr"


def at_found_rate(recipe: Recipe, test: pd.DataFrame | None) -> Recipe:
    """Return the recipe with the learning rate that a test has found, where its options ask for that.

    Args:
        recipe: of the training.
        test: a row per update: rate, loss, smoothed; None or no rows: there was none.

    Raises:
        UserError: nothing was tested, or found.
    """
    options = recipe.training.find_learning_rate
    if options.mode != "use":
        return recipe
    if test is None or not len(test):
        raise UserError(
            f"{FindLearningRateOptions.setting(mode='use')}, and no learning rates were tested yet.\n"
            "Begin with the test, the node find_learning_rate, instead of the training."
        )
    rate = suggested_rate(test)
    if rate is None:
        raise UserError(nothing_found(options, test))
    return recipe.at_rate(rate)


def rate_tags(training: TrainingOptions, test: pd.DataFrame | None) -> dict[str, str]:
    """Return what the record of a run says of the rate that was found, by name; nothing if there is none."""
    mode = training.find_learning_rate.mode
    rate = suggested_rate(test) if test is not None and mode != "off" else None
    if rate is None:
        return {}
    return {FOUND_RATE if mode == "use" else SUGGESTED_RATE: f"{rate:g}"}


def what_was_tried(options: FindLearningRateOptions, table: pd.DataFrame) -> str:
    """Say which rates a test tried."""
    if not len(table):
        return "its first losses are no finite numbers"
    last = table["rate"].iloc[-1]
    return f"tried {options.lowest:g} to {last:.2g} in {count_of(len(table), 'update')}"


def nothing_found(options: FindLearningRateOptions, table: pd.DataFrame) -> str:
    """Say that a test found no rate, and what may help."""
    lowest, highest = (FindLearningRateOptions.named(name) for name in ("lowest", "highest"))
    return (
        "No learning rate was found: the loss does not fall more than by chance "
        f"({what_was_tried(options, table)}).\nTry other rates ({lowest}, {highest}) or more updates "
        f"({more_updates(options)}), or train at the optimizer's: "
        f"{FindLearningRateOptions.setting(mode='off')}"
    )


def more_updates(options: FindLearningRateOptions) -> str:
    """Tell how to test with more updates."""
    return FindLearningRateOptions.setting(updates=min(3 * options.updates, MOST_UPDATES))
