"""What a search has found, drawn by Optuna: its history, what counts, and which values were good."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import optuna
import pandas as pd
from optuna import Study
from optuna.trial import FrozenTrial, TrialState, create_trial
from plotly.graph_objects import Figure

from image_classification.evaluation.figures.style import TEMPLATE, finish, load_plotly, new_figure
from image_classification.trials.search.dimensions import Space
from image_classification.trials.search.looks import by_value, from_one, in_percent, of_parameters, shaded
from image_classification.trials.storage import without_its_warnings

_STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED}
# a search has to have so many results before it can be said what counts
_LEAST = 2
logger = logging.getLogger(__name__)


def study_of(table: pd.DataFrame, space: Space, direction: Literal["minimize", "maximize"]) -> Study:
    """Return a study in memory with the trainings of a table that came to a result.

    Args:
        table: a row per training: state, value, and a column for each parameter, empty where none was drawn.
        space: what was tried.
        direction: which values are better.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction=direction)
    study.add_trials([_trial_of(row, space) for row in table.to_dict("records") if row["state"] in _STATES])
    return study


def _trial_of(row: Mapping[Any, Any], space: Space) -> FrozenTrial:
    drawn = {name: each for name, each in space.items() if not pd.isna(row[name])}
    return create_trial(
        state=_STATES[row["state"]],
        value=float(row["value"]),
        params={name: each.label(row[name]) for name, each in drawn.items()},
        distributions={name: each.distribution() for name, each in drawn.items()},
    )


def names_of_trainings(table: pd.DataFrame, space: Iterable[str], *, lowest_first: bool) -> dict[int, str]:
    """Return what was drawn for each training beside its seed, the best trainings first.

    Args:
        table: a row per training: trial, value, and a column for each parameter, empty where none was drawn.
        space: the parameters.
        lowest_first: whether low values are the best.
    """
    tried = [name for name in space if name != "seed"]
    ranked = table.sort_values("value", ascending=lowest_first, na_position="last", kind="stable")
    names: dict[int, str] = {}
    for row in ranked.to_dict("records"):
        drawn = {name: _short(row[name]) for name in tried if not pd.isna(row[name])}
        shown = drawn.values() if len(tried) == 1 else [f"{name}={value}" for name, value in drawn.items()]
        names[int(row["trial"])] = ", ".join(shown) or "all"
    return names


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def search_figures(study: Study, metric: str, subtitle: str) -> dict[str, Figure]:
    """Draw a search: history, importances, slices, parallel_coordinates.

    Args:
        study: in memory.
        metric: what was measured.
        subtitle: what was trained on which data.
    """
    # draws with plotly and scikit-learn, which take seconds to import
    from optuna import visualization  # noqa: PLC0415
    from optuna.importance import FanovaImportanceEvaluator  # noqa: PLC0415

    load_plotly()
    complete = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    parameters = len({name for trial in study.get_trials(deepcopy=False) for name in trial.params})
    draws: dict[str, tuple[str, Callable[[], Figure], int]] = {
        "history": (
            "Each training, and the best so far",
            lambda: in_percent(
                from_one(visualization.plot_optimization_history(study, target_name=metric)), metric
            ),
            460,
        ),
        "importances": (
            "How much each parameter counts",
            lambda: of_parameters(
                visualization.plot_param_importances(
                    study, evaluator=FanovaImportanceEvaluator(seed=0), target_name=metric
                )
            ),
            160 + 40 * parameters,
        ),
        "slices": (
            "Each parameter by itself",
            lambda: in_percent(by_value(visualization.plot_slice(study, target_name=metric)), metric),
            460,
        ),
        "parallel_coordinates": (
            "All parameters together",
            lambda: shaded(visualization.plot_parallel_coordinate(study, target_name=metric)),
            520,
        ),
    }
    return {
        name: finish(
            _drawn(draw) if complete >= _LEAST else new_figure(),
            title,
            subtitle,
            height=height,
            least_width=200 * parameters if name == "slices" else 0,
        )
        for name, (title, draw, height) in draws.items()
    }


def _drawn(draw: Callable[[], Figure]) -> Figure:
    """Draw, or leave empty what these few results do not suffice for."""
    try:
        with without_its_warnings():
            figure = draw()
            figure.layout.template = TEMPLATE
            return figure
    except (ValueError, RuntimeError) as error:
        logger.info("A figure of the search stays empty: %s", error)
        return new_figure()
