"""Nodes of the comparison pipeline: from the runs in MLflow to a leaderboard."""

import logging

import pandas as pd
from plotly.graph_objects import Figure

from image_classification.comparison import ranking as core
from image_classification.comparison.configurations import describe_runs
from image_classification.comparison.figures import (
    compared_curves_figure,
    parallel_coordinates_figure,
)
from image_classification.comparison.options import ComparisonOptions
from image_classification.comparison.significance import compare_best_two as compare
from image_classification.errors import UserError
from image_classification.words import did_you_mean, nearest_names

CURVES = ("train/loss", "train/accuracy", "validation/loss", "validation/accuracy")

logger = logging.getLogger(__name__)


def read_runs(comparison: ComparisonOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read from MLflow the runs to compare, and what was measured in each of their epochs.

    Each run is told by its data, its configuration and its repetition. A run without the metric is left out.
    """
    # imports MLflow, which takes more than a second: kedro-viz and the other pipelines need not wait for it
    from image_classification.tracking.store.past_runs import RecordedRuns  # noqa: PLC0415

    recorded = RecordedRuns(comparison.experiment)
    found = recorded.table(comparison.filter, comparison.status, comparison.most)
    measured = _with_metric(found, comparison, recorded.experiment.name)
    runs = describe_runs(measured, comparison.repeated_over)
    counts = runs["data"].value_counts()
    if len(counts) > 1:
        logger.warning(
            "These runs were trained on %d different data, so they are ranked apart: %s.",
            len(counts),
            ", ".join(f"{name} ({count} run{'' if count == 1 else 's'})" for name, count in counts.items()),
        )
    if several := core.data_of_several_losses(runs, comparison.metric):
        logger.warning(
            "The runs on %s minimised different losses (loss.*), and %s is the value of each one's own: they "
            "cannot be ranked by it. Rank by comparison.metric=test/log_loss or test/accuracy.",
            ", ".join(several),
            comparison.metric,
        )
    return runs, recorded.curves(runs, CURVES)


def rank_configurations(
    compared_runs: pd.DataFrame, comparison: ComparisonOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rank the configurations of each data by the mean over runs that differ in the seed only.

    With standard deviation and 95 % confidence interval of the mean after Student's t. The table is made
    twice: once to be read by programs, once by spreadsheets.
    """
    leaderboard = core.rank_configurations(
        compared_runs, comparison.metric, lowest_is_best=comparison.lowest_is_best
    )
    return leaderboard, leaderboard


def compare_best_two(leaderboard: pd.DataFrame, comparison: ComparisonOptions) -> pd.DataFrame:
    """Test whether the two best configurations differ on the same test images (McNemar, mid-p).

    Of each configuration the run with the median result stands for all of its runs.
    """
    from image_classification.tracking.store.past_runs import RecordedRuns  # noqa: PLC0415

    return compare(leaderboard, RecordedRuns(comparison.experiment).predictions)


def plot_parameters(compared_runs: pd.DataFrame, comparison: ComparisonOptions) -> Figure:
    """Draw each run as a line through its parameters and its result."""
    return parallel_coordinates_figure(
        compared_runs,
        comparison.metric or str(core.usual_metric(compared_runs).mode().iloc[0]),
        comparison.repeated_over,
        lowest_is_best=comparison.lowest_is_best,
    )


def plot_curves(
    compared_curves: pd.DataFrame, compared_runs: pd.DataFrame, leaderboard: pd.DataFrame
) -> Figure:
    """Lay the learning curves of all runs over each other, a colour per configuration."""
    return compared_curves_figure(compared_curves, compared_runs, leaderboard)


def _with_metric(found: pd.DataFrame, comparison: ComparisonOptions, experiment: str) -> pd.DataFrame:
    which = f" with status {' or '.join(comparison.status)}" if comparison.status else ""
    which += f" and {comparison.filter}" if comparison.filter.strip() else ""
    if found.empty:
        raise UserError(
            f"There is no run to compare: the experiment '{experiment}' has none{which}.\n"
            "Train first (kedro run --pipeline training), or set comparison.status, comparison.filter or "
            "comparison.experiment to find others."
        )
    wanted = [comparison.metric] if comparison.metric else [core.VALIDATION, core.TEST]
    columns = [f"{core.METRIC}{name}" for name in wanted if f"{core.METRIC}{name}" in found]
    measured = found[found[columns].notna().any(axis=1)]
    shown = " or ".join(wanted)
    if measured.empty:
        names = [str(name).removeprefix(core.METRIC) for name in found if str(name).startswith(core.METRIC)]
        known = [name for name in names if not name.startswith("system/")]
        raise UserError(
            f"comparison.metric is '{shown}', and none of the {len(found)} runs of the "
            f"experiment '{experiment}'{which} has it"
            f"{did_you_mean(nearest_names(wanted[-1], known))}\n"
            f"They have: {', '.join(known) or 'no metrics at all'}."
        )
    if len(measured) < len(found):
        logger.info(
            "%d of %d runs have no %s and are left out.",
            len(found) - len(measured),
            len(found),
            shown,
        )
    if len(found) == comparison.most:
        logger.info("Only the latest %d runs were read (comparison.most).", comparison.most)
    return measured.dropna(axis="columns", how="all").reset_index(drop=True)
