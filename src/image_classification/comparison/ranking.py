"""Which runs are compared, and ranking their configurations by what they measured."""

from math import sqrt
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from image_classification.comparison.configurations import CORRECTIONS
from image_classification.evaluation import metric_table
from image_classification.images.store.options import PositiveInt
from image_classification.options import Section

Status = Literal["FINISHED", "FAILED", "KILLED", "RUNNING"]
Name = Annotated[str, Field(min_length=1)]


class ComparisonOptions(Section):
    """Which recorded runs are compared, and by what."""

    experiment: Name | None = Field(
        default=None,
        description="the MLflow experiment; null: the one of mlflow.yml, where runs are recorded",
    )
    filter: str = Field(
        default="",
        description="which runs, written as on MLflow's page: params.`network.name` = 'convnet'; empty: all",
    )
    status: list[Status] = Field(
        default=["FINISHED"], description="how the runs ended; an empty list: any way"
    )
    metric: Name | None = Field(
        default=None,
        description="what the runs are ranked by; null: the validation accuracy of the kept weights, or the "
        "test accuracy on data where a run has no validation images",
    )
    best: Literal["auto", "highest", "lowest"] = Field(
        default="auto",
        description="which value of the metric is best; auto: the lowest for losses, errors, the Brier score "
        "and seconds, the highest for everything else",
    )
    most: PositiveInt = Field(default=100, description="limit of the number of runs; the latest are compared")
    repeated_over: list[Name] = Field(
        default=["seed"],
        description="parameters in which runs of one configuration may differ; the mean is taken over them",
    )

    @property
    def lowest_is_best(self) -> bool:
        """Whether a lower value of the metric is better."""
        if self.best != "auto":
            return self.best == "lowest"
        return metric_table.lowest_is_best(self.metric or "")


METRIC = "metric/"  # before the name of a metric in the name of its column
CONFIDENCE = 0.95
# of the weights that were kept: what may be chosen by, and what may not
VALIDATION, TEST = "weights/validation_accuracy", "test/accuracy"
COLUMNS = [
    "data", "rank", "configuration", "metric", "runs", "mean", "std", "ci95_lower", "ci95_upper", "lowest",
    "highest", "test_mean", "test_std", "test_images", "num_parameters", "run_seconds", "run_ids",
]  # fmt: skip


def usual_metric(runs: pd.DataFrame) -> "pd.Series[str]":
    """Return what each run is ranked by if no metric is named: validation accuracy, or else test accuracy.

    The former where all runs on the same data have it. Taking the first of a ranking is choosing by it, and a
    test accuracy that was chosen by is too high. But what corrected labels are worth only the test accuracy
    tells: the validation images may have been corrected too, which makes them another measure.
    """
    absent = pd.Series(float("nan"), index=runs.index)
    validated = runs.get(f"{METRIC}{VALIDATION}", absent).notna().groupby(runs["data"]).transform("all")
    if CORRECTIONS in runs:
        corrections = runs[CORRECTIONS].fillna("").groupby(runs["data"])
        validated &= corrections.transform("nunique") == 1
    return pd.Series(TEST, index=runs.index, dtype="str").where(~validated, VALIDATION)


def data_of_several_losses(runs: pd.DataFrame, metric: str | None) -> list[str]:
    """Return the data on which runs would be ranked by the value of the loss, but minimised different losses.

    A mean squared error of 0.02 is neither better nor worse than a cross entropy of 0.1, and class weights or
    smoothing give the same loss another scale.
    """
    if metric is None or metric.replace("_", "/").rpartition("/")[2] != "loss" or metric.endswith("log_loss"):
        return []
    columns = [name for name in runs.columns if name.startswith("parameter/loss.")]
    several = runs.groupby("data")[columns].nunique(dropna=False).max(axis=1) > 1
    return [str(name) for name in several.index[several]]


def rank_configurations(
    runs: pd.DataFrame, metric: str | None = None, *, lowest_is_best: bool = False
) -> pd.DataFrame:
    """Rank the configurations on each data by the mean of a metric; nothing is ranked across data.

    Args:
        runs: a row per run, as `describe_runs` returns it, the latest first, with a column metric/<metric>.
        metric: the name of the metric; None: `usual_metric`.
        lowest_is_best: whether rank 1 has the lowest mean, rather than the highest.

    Returns:
        A row per data and configuration, ordered by data and rank: runs (how many), mean, std (of the sample,
        n - 1), ci95_lower and ci95_upper (95 % confidence interval of the mean by Student's t, which assumes
        a normal distribution; cut at 0 and 1 for shares such as accuracies; missing for a single run, as std
        is), lowest, highest, test_mean, test_std and test_images (of the test accuracy, whatever the metric;
        missing where a run has none), num_parameters, run_seconds (of the whole command, mean), run_ids (from
        the lowest value to the highest). Of runs that are equal in everything, seed included, only the latest
        counts: they repeat one measurement.
    """
    counted = runs.drop_duplicates(["data", "configuration", "repetition"])
    ranked_by = usual_metric(runs)
    rows = [
        _row(str(data), str(configuration), metric or ranked_by[members.index[0]], members)
        for (data, configuration), members in counted.groupby(["data", "configuration"], sort=False)
    ]
    leaderboard = pd.DataFrame(rows, columns=COLUMNS)
    ranks = leaderboard.groupby("data")["mean"].rank(
        method="min", ascending=lowest_is_best, na_option="bottom"
    )
    leaderboard = leaderboard.assign(
        rank=ranks.astype("int64"), num_parameters=leaderboard["num_parameters"].astype("Int64")
    )
    return leaderboard.sort_values(["data", "rank", "configuration"], ignore_index=True)


def student_interval(values: pd.Series) -> tuple[float, float]:
    """Return the 95 % confidence interval of the mean of a sample (Student 1908).

    Not a number where there are fewer than two values: one run does not tell how far off others may be.
    """
    # the same as t.ppf of scipy.stats, which takes half a second to import; and few commands compare
    from scipy.special import stdtrit  # noqa: PLC0415

    count = len(values)
    if count < 2:
        return float("nan"), float("nan")
    half_width = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * float(values.std()) / sqrt(count)
    mean = float(values.mean())
    return mean - half_width, mean + half_width


def _row(data: str, configuration: str, metric: str, runs: pd.DataFrame) -> dict[str, object]:
    ordered = runs.sort_values(f"{METRIC}{metric}", na_position="last", kind="stable")
    values = ordered[f"{METRIC}{metric}"]
    lower, upper = student_interval(values)
    if metric_table.is_share(metric):  # there is nothing beyond 0 and 1
        lower, upper = max(lower, 0.0), min(upper, 1.0)
    absent = pd.Series(float("nan"), index=ordered.index)
    tested, images, sizes = (
        ordered.get(f"{METRIC}{name}", absent) for name in (TEST, "test/images", "weights/num_parameters")
    )
    return {
        "data": data,
        "rank": 0,
        "configuration": configuration,
        "metric": metric,
        "runs": len(values),
        # a run that diverged does not make the sample smaller, it makes it worse
        "mean": values.mean(skipna=False),
        "std": values.std(skipna=False),
        "ci95_lower": lower,
        "ci95_upper": upper,
        "lowest": values.min(),
        "highest": values.max(),
        "test_mean": tested.mean(skipna=False),
        "test_std": tested.std(skipna=False),
        "test_images": images.max(),
        "num_parameters": sizes.max(),
        "run_seconds": ordered["run_seconds"].mean(),
        "run_ids": ",".join(ordered["run_id"]),
    }


def cost_of_choosing(accuracy: float, images: int, configurations: int) -> float:
    """Return by how much the best of several equally good configurations looks better than it is, on average.

    The standard deviation of an accuracy on so many images, times the expected maximum of so many normal
    numbers (G. Blom, "Statistical Estimates and Transformed Beta-Variables", 1958). Choosing by the test
    images inflates the test accuracy by that much; as configurations err on the same images, it is a bound.
    """
    from scipy.special import ndtri  # noqa: PLC0415

    largest = ndtri((configurations - 0.375) / (configurations + 0.25)) if configurations > 1 else 0.0
    return float(largest) * sqrt(accuracy * (1 - accuracy) / images)
