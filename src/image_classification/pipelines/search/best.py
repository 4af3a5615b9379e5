"""The node that makes an environment of the best parameters."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from image_classification.console import say
from image_classification.parameters.command_line import recipe_command
from image_classification.parameters.effect import with_values
from image_classification.parameters.root import ModellingOptions
from image_classification.parameters.search_space import read_space
from image_classification.parameters.used import in_use
from image_classification.pipelines.search.nodes import best_of, values_of
from image_classification.trials.options import SearchOptions
from image_classification.trials.search.report import SearchRecord, shown_metric
from image_classification.words import printable

RECIPE = "best"  # as the environment is called in what is said of it


def describe_best(
    table: pd.DataFrame, record: SearchRecord, modelling: Mapping[str, Any], search: SearchOptions
) -> str:
    """Write the parameters of the best training as a file that Kedro reads in a folder conf/<name>."""
    options = ModellingOptions.model_validate(modelling)
    space = read_space(search.space, options)
    best = best_of(table, record["direction"])
    values = values_of({name: best[name] for name in space if not pd.isna(best[name])}, space)
    full = with_values(options.model_dump(mode="json"), values)
    text = yaml.safe_dump({"modelling": in_use(full, ModellingOptions)}, sort_keys=False, allow_unicode=True)
    value = shown_metric(record["metric"], record["best_value"])
    say(f"Training {record['best_trial']} is the best: {record['metric']} {value}. This trains like it:")
    say(record["use"])
    said = ", ".join(f"{name}: {each}" for name, each in record["best"].items())
    command, env = recipe_command(record["use"], RECIPE, "modelling")
    copied = f", and what conf/{env} has beside modelling to conf/{RECIPE}" if env else ""
    return (
        f"# The best of {len(table)} trainings of a search: {record['metric']} {value}.\n"
        f"# What was drawn for it: {said}\n"
        f"# As a recipe: copy this file to conf/{RECIPE}/parameters_modelling.yml{printable(copied)}, then\n"
        f"#   {printable(command)}\n"
        f"{text}"
    )
