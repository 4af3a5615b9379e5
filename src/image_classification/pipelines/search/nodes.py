"""The node that searches: it draws parameters, trains with them, and keeps what each training came to."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from image_classification.errors import UserError
from image_classification.evaluation.metric_table import lowest_is_best
from image_classification.images.store.statistics import ImageStatistics
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.recipe import Recipe, Sets
from image_classification.origins.declared import depends_on
from image_classification.parameters.command_line import training_command
from image_classification.parameters.grid import trainings_of
from image_classification.parameters.root import ModellingOptions
from image_classification.parameters.search_space import read_space
from image_classification.parameters.several_trainings import require_space, require_validation_images
from image_classification.parameters.used import parameter_text
from image_classification.pipelines.modelling.nodes import new_network
from image_classification.pipelines.trainings.facts import facts_of
from image_classification.pipelines.trainings.record import record_of
from image_classification.pipelines.trainings.seed import HISTORY
from image_classification.tracking.announcement import go_on_in_run_of, live_metrics
from image_classification.trials.options import SearchOptions
from image_classification.trials.search.dimensions import Space
from image_classification.trials.search.report import SearchRecord

if TYPE_CHECKING:
    from image_classification.trials.ledger import Ledger


@depends_on(named_files=True)
def search_parameters(
    train_set: ImageTensorDataset,
    validation_set: ImageTensorDataset,
    image_statistics: ImageStatistics,
    modelling: Mapping[str, Any],
    search: SearchOptions,
    feature_cache: FeatureCache | None = None,
    studies: Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame, SearchRecord]:
    """Train with parameters that are drawn, and measure each training on the validation images.

    Returns:
        A row per training; a row per training and epoch; and the record of the circumstances, with the best
        parameters.

    Raises:
        UserError: there is nothing to search, no validation image to measure, or nothing trains.
    """
    # Optuna and its database come with them: not for commands that search nothing
    from image_classification.pipelines.trainings.trial import (  # noqa: PLC0415
        EACH_EPOCH,
        TrialTask,
        without_images,
    )
    from image_classification.trials.command import Draws, folder_or_temporary, train_all  # noqa: PLC0415
    from image_classification.trials.search.samplers import (  # noqa: PLC0415
        GridSampler,
        SeededSampler,
        make_pruner,
    )
    from image_classification.trials.study import StudyPlan  # noqa: PLC0415

    options = ModellingOptions.model_validate(modelling)
    require_space(search)
    require_validation_images(["validation"] if len(validation_set) else [])
    space = read_space(search.space, options)
    like = new_network(options.network, options.seed, image_statistics)
    live_metrics(image_statistics, weights=like.description.pretrained)
    sets = Sets(train_set, validation_set, without_images(train_set), image_statistics)
    direction: Literal["minimize", "maximize"] = "minimize" if lowest_is_best(search.metric) else "maximize"
    prunes = search.pruning and search.metric in EACH_EPOCH and "training.epochs" not in space
    grid = trainings_of(search, space, options)
    total = search.trials if grid is None else len(grid)
    task = TrialTask(sets, options, space, search.metric, total, prunes, feature_cache)
    recipe = Recipe(
        options.seed,
        options.loss,
        options.optimizer,
        options.schedule,
        options.augmentation,
        options.training,
    )
    drawn_by = search.model_dump(mode="json", include={"space", "metric", "sampler", "seed"})
    facts = {
        **facts_of(recipe, like, image_statistics, TrialTask),
        "the evaluation": options.evaluation.model_dump_json(),
        "the pruning": f"{prunes}",
        **{f"search.{name}": parameter_text(value) for name, value in drawn_by.items()},
    }
    seconds = None if search.minutes is None else search.minutes * 60
    sampler = SeededSampler(search.sampler, search.seed) if grid is None else GridSampler(grid)
    draws = Draws(sampler, make_pruner(options.training.epochs, is_on=prunes), seconds)
    plan = StudyPlan("search", facts, direction)
    with folder_or_temporary(studies) as folder:
        ledger, place = train_all(folder, plan, search, task, total, draws, go_on_in_run_of)
        table, history = _table_of(ledger, space, total), _history_of(ledger, total)
    best = best_of(table, direction)
    drawn = {name: best[name] for name in space if not pd.isna(best[name])}
    values = values_of(drawn, space)
    record: SearchRecord = {
        **record_of(like, options, place),
        "metric": search.metric,
        "direction": direction,
        "space": {name: parameter_text(search.space[name]) for name in space},
        "best": {name: parameter_text(value) for name, value in values.items()},
        "best_value": float(best["value"]),
        "best_trial": int(best["trial"]),
        "use": training_command(sys.argv, {f"modelling.{name}": value for name, value in values.items()}),
    }
    return table, history, record


def _table_of(ledger: "Ledger", space: Space, total: int) -> pd.DataFrame:
    """Return a row per training: trial, state, value, epochs, seconds, what was drawn, and why it failed."""
    rows = []
    for index, trial in ledger.settled(total).items():
        error, numbers = ledger.error_of(trial), ledger.numbers_of(trial)
        rows.append(
            {
                "trial": index + 1,
                "state": "failed" if error else trial.state.name.lower(),
                "value": numbers.get("value", float("nan")),
                "epochs": numbers.get("epochs", 0),
                "seconds": numbers.get("seconds", float("nan")),
                **{name: trial.params.get(name) for name in space},
                "why": error.partition("\n")[0],
            }
        )
    columns = ["trial", "state", "value", "epochs", "seconds", *space, "why"]
    return pd.DataFrame(rows, columns=columns)


def _history_of(ledger: "Ledger", total: int) -> pd.DataFrame:
    """Return a row per training and epoch: trial, and what was measured, where anything was."""
    found = [
        outcome.tables[HISTORY].assign(trial=index + 1) for index, outcome in ledger.outcomes(total).items()
    ]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["epoch", "trial"])


def best_of(table: pd.DataFrame, direction: str) -> "pd.Series[Any]":
    """Return the row of the best training that was not ended early, of equals the first.

    Raises:
        UserError: there is none.
    """
    complete = table[table["state"] == "complete"]
    if not len(complete):
        failed = table[table["state"] == "failed"]
        reason = f" The first: {failed['why'].iloc[0]}" if len(failed) else ""
        raise UserError(f"None of {len(table)} trainings came to a result.{reason}")
    values = complete["value"].to_numpy()
    return complete.iloc[int(values.argmin() if direction == "minimize" else values.argmax())]


def values_of(drawn: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return what stands in a table as the values of the parameters."""
    return {name: space[name].value(shown) for name, shown in drawn.items()}
