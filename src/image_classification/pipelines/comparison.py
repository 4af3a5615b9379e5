"""The pipeline `comparison`: from the runs in MLflow to a leaderboard, and how sure that is."""

import logging

import pandas as pd
from kedro.pipeline import Node, Pipeline
from plotly.graph_objects import Figure

from image_classification.comparison import ranking as core
from image_classification.comparison.configurations import PARAMETER, describe_runs
from image_classification.comparison.figures import compared_curves_figure, parallel_coordinates_figure
from image_classification.comparison.ranking import ComparisonOptions
from image_classification.comparison.significance import compare_best_two as compare
from image_classification.errors import UserError
from image_classification.origins.declared import depends_on
from image_classification.words import agreeing, count_of, did_you_mean, nearest_names

CURVES = ("train/loss", "train/accuracy", "validation/loss", "validation/accuracy")

logger = logging.getLogger(__name__)


@depends_on(outside=lambda _: None)  # whatever runs there are by now
def read_runs(comparison: ComparisonOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read from MLflow the runs to compare, and what was measured in each of their epochs.

    Each run is described by its data, configuration and repetition. Runs without the metric are left out.
    """
    # imports MLflow, which takes more than a second: kedro-viz and the other pipelines need not wait for it
    from image_classification.tracking.store.past_runs import RecordedRuns  # noqa: PLC0415

    recorded = RecordedRuns(comparison.experiment)
    found = recorded.table(comparison.filter, comparison.status, comparison.most)
    measured = _with_metric(found, comparison, recorded.experiment.name)
    _check_repeated_over(measured, comparison)
    runs = describe_runs(measured, comparison.repeated_over)
    counts = runs["data"].value_counts()
    if len(counts) > 1:
        logger.warning(
            "These runs were trained on %d different data sets, so they are ranked separately: %s.",
            len(counts),
            ", ".join(f"{name} ({count_of(count, 'run')})" for name, count in counts.items()),
        )
    if several := core.data_of_several_losses(runs, comparison.metric):
        logger.warning(
            "The runs on %s minimised different losses (loss.*), and %s is the value of each run's own: it "
            "cannot rank them. Rank by %s=test/log_loss or test/accuracy.",
            ", ".join(several),
            comparison.metric,
            ComparisonOptions.named("metric"),
        )
    return runs, recorded.curves(runs, CURVES)


def rank_configurations(
    compared_runs: pd.DataFrame, comparison: ComparisonOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rank the configurations on each data by the mean over runs that differ only in the seed.

    With standard deviation and 95 % confidence interval of the mean by Student's t. The table is returned
    twice: once for programs, once for spreadsheets.
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


def _check_repeated_over(found: pd.DataFrame, comparison: ComparisonOptions) -> None:
    known = [name.removeprefix(PARAMETER) for name in map(str, found) if name.startswith(PARAMETER)]
    for name in comparison.repeated_over:
        if name not in known and name != "seed":  # an old run may have recorded none
            raise UserError(
                f"{ComparisonOptions.named('repeated_over')} names {name!r}, which is not a parameter of "
                f"these runs{did_you_mean(nearest_names(name, known))}\nThey have: {', '.join(known)}."
            )


def _with_metric(found: pd.DataFrame, comparison: ComparisonOptions, experiment: str) -> pd.DataFrame:
    which = f" with status {' or '.join(comparison.status)}" if comparison.status else ""
    which += f" and {comparison.filter}" if comparison.filter.strip() else ""
    if found.empty:
        raise UserError(
            f"There is no run to compare: the experiment '{experiment}' has none{which}.\n"
            f"Train first (kedro run --pipeline training), or set {ComparisonOptions.named('status')}, "
            f"{ComparisonOptions.named('filter')} or {ComparisonOptions.named('experiment')} to find others."
        )
    wanted = [comparison.metric] if comparison.metric else [core.VALIDATION, core.TEST]
    columns = [f"{core.METRIC}{name}" for name in wanted if f"{core.METRIC}{name}" in found]
    measured = found[found[columns].notna().any(axis=1)]
    shown = " or ".join(wanted)
    if measured.empty:
        names = [str(name).removeprefix(core.METRIC) for name in found if str(name).startswith(core.METRIC)]
        known = [name for name in names if not name.startswith("system/")]
        raise UserError(
            f"{ComparisonOptions.named('metric')} is '{shown}', and none of the {len(found)} runs of the "
            f"experiment '{experiment}'{which} has it"
            f"{did_you_mean(nearest_names(wanted[-1], known))}\n"
            f"They have: {', '.join(known) or 'no metrics at all'}."
        )
    if len(measured) < len(found):
        left_out = len(found) - len(measured)
        verb, are = agreeing(left_out, "has", "have"), agreeing(left_out, "is", "are")
        logger.info(
            "%d of %s %s no %s and %s left out.", left_out, count_of(len(found), "run"), verb, shown, are
        )
    if len(found) == comparison.most:
        logger.info("Only the latest %d runs were read (%s).", len(found), ComparisonOptions.named("most"))
    return measured.dropna(axis="columns", how="all").reset_index(drop=True)


def create_pipeline() -> Pipeline:
    """Compare the recorded runs; nothing but them is read, and no run is recorded."""
    options = "params:comparison"
    return Pipeline(
        [
            Node(read_runs, options, ["compared_runs", "compared_curves"], name="read_runs"),
            Node(
                rank_configurations,
                ["compared_runs", options],
                ["leaderboard", "leaderboard_csv"],
                name="rank_configurations",
            ),
            Node(compare_best_two, ["leaderboard", options], "significance", name="compare_best_two"),
            Node(
                plot_parameters,
                ["compared_runs", options],
                "parallel_coordinates_figure",
                name="plot_parameters",
            ),
            Node(
                compared_curves_figure,
                ["compared_curves", "compared_runs", "leaderboard"],
                "compared_learning_curves_figure",
                name="plot_curves",
            ),
        ],
        namespace="comparison",
        prefix_datasets_with_namespace=False,
    )
