"""Ranking configurations by what their runs measured."""

from math import sqrt

import pandas as pd

from image_classification.evaluation.metric_names import is_share

METRIC = "metric/"  # before the name of a metric in the name of its column
CONFIDENCE = 0.95
COLUMNS = [
    "data", "rank", "configuration", "metric", "runs", "mean", "std", "ci95_lower", "ci95_upper", "lowest",
    "highest", "num_parameters", "seconds", "run_ids",
]  # fmt: skip


def rank_configurations(runs: pd.DataFrame, metric: str, *, lowest_is_best: bool = False) -> pd.DataFrame:
    """Rank the configurations of each data by the mean of a metric; nothing is ranked across data.

    Args:
        runs: a row per run, as `describe_runs` makes it, the latest first, with a column metric/<metric>.
        metric: the name of the metric.
        lowest_is_best: whether rank 1 has the lowest mean, rather than the highest.

    Returns:
        A row per data and configuration, ordered by data and rank: runs (how many), mean, std (of the sample,
        n - 1), ci95_lower and ci95_upper (95 % confidence interval of the mean after Student's t, which takes
        the runs for a normally distributed sample, and is cut at 0 and 1 for shares such as accuracies;
        missing for a single run, as std), lowest, highest,
        num_parameters, seconds (mean of a run), run_ids (from the lowest value to the highest). Of runs that
        are the same in everything, the seed included, only the latest counts: they repeat one measurement.
    """
    counted = runs.drop_duplicates(["data", "configuration", "repetition"])
    rows = [
        _row(str(data), str(configuration), metric, members)
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
    """Return the 95 % confidence interval of the mean of a sample after Student (1908).

    Not a number where there are fewer than two values: one run says nothing about how far others may lie.
    """
    # takes half a second to import, and few commands compare
    from scipy.stats import t  # noqa: PLC0415

    count = len(values)
    if count < 2:
        return float("nan"), float("nan")
    half_width = float(t.ppf((1 + CONFIDENCE) / 2, count - 1)) * float(values.std()) / sqrt(count)
    mean = float(values.mean())
    return mean - half_width, mean + half_width


def _row(data: str, configuration: str, metric: str, runs: pd.DataFrame) -> dict[str, object]:
    ordered = runs.sort_values(f"{METRIC}{metric}", na_position="last", kind="stable")
    values = ordered[f"{METRIC}{metric}"]
    lower, upper = student_interval(values)
    if is_share(metric):  # the sample cannot be normally distributed beyond them
        lower, upper = max(lower, 0.0), min(upper, 1.0)
    sizes = ordered.get(f"{METRIC}weights/num_parameters", pd.Series(dtype="float64"))
    return {
        "data": data,
        "rank": 0,
        "configuration": configuration,
        "metric": metric,
        "runs": len(values),
        # a run that went out of control is no smaller sample, it is a bad one
        "mean": values.mean(skipna=False),
        "std": values.std(skipna=False),
        "ci95_lower": lower,
        "ci95_upper": upper,
        "lowest": values.min(),
        "highest": values.max(),
        "num_parameters": sizes.max(),
        "seconds": ordered["seconds"].mean(),
        "run_ids": ",".join(ordered["run_id"]),
    }
