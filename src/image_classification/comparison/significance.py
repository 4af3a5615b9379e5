"""Whether two networks really differ, judged on the same test images."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

SIGNIFICANT = 0.05
COLUMNS = [
    "data", "first", "second", "first_run", "second_run", "images", "only_first_right", "only_second_right",
    "p_value", "p_exact", "significant", "note",
]  # fmt: skip


@dataclass(frozen=True)
class McNemar:
    """What McNemar's test says about two classifiers on the same images.

    Attributes:
        images: how many.
        only_first_right, only_second_right: images on which one is right and the other wrong.
        p_exact: probability of a difference at least as large if both were equally good; never too small.
        p_value: the mid-p variant, which is less conservative.
    """

    images: int
    only_first_right: int
    only_second_right: int
    p_exact: float
    p_value: float


def mcnemar(first: pd.Series, second: pd.Series) -> McNemar:
    """Test whether two classifiers are equally often right (McNemar 1947; mid-p as in Fagerland 2013).

    Args:
        first, second: whether each is right (bool) on the same images in the same order.
    """
    # takes half a second to import, and few commands compare
    from scipy.stats import binom, binomtest  # noqa: PLC0415

    one, other = first.to_numpy(dtype=bool), second.to_numpy(dtype=bool)
    b, c = int((one & ~other).sum()), int((~one & other).sum())
    if b + c == 0:
        return McNemar(len(first), 0, 0, 1.0, 1.0)
    exact = float(binomtest(b, b + c, 0.5).pvalue)
    point = float(binom.pmf(b, b + c, 0.5))
    return McNemar(len(first), b, c, exact, exact - (point / 2 if b == c else point))


def compare_best_two(
    leaderboard: pd.DataFrame, read_predictions: Callable[[str], pd.DataFrame | None]
) -> pd.DataFrame:
    """Test on each data whether the two best configurations differ.

    The run with the median result stands for each configuration: the best one would flatter it. The test is
    about these two trained networks and these images. How much the seed matters is what the intervals of the
    leaderboard say; and of many configurations some two will differ by chance.

    Args:
        leaderboard: as `rank_configurations` returns it.
        read_predictions: returns the predictions of a run, given its id, or None.

    Returns:
        A row per data with two configurations or more: data, first, second, first_run, second_run, images,
        only_first_right, only_second_right, p_value (McNemar, mid-p), p_exact, significant (p_value below
        0.05), note (why nothing was tested, else empty).
    """
    rows = []
    for data, configurations in leaderboard.groupby("data", sort=False):
        if len(configurations) < 2:
            continue
        best, next_best = configurations.iloc[0], configurations.iloc[1]
        runs = median_run(best["run_ids"]), median_run(next_best["run_ids"])
        row = {
            "data": data,
            "first": best["configuration"],
            "second": next_best["configuration"],
            "first_run": runs[0],
            "second_run": runs[1],
        }
        rows.append(row | _compare(read_predictions(runs[0]), read_predictions(runs[1])))
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        {"images": "Int64", "only_first_right": "Int64", "only_second_right": "Int64",
         "p_value": "float64", "p_exact": "float64", "significant": "boolean", "note": "str"}
    )  # fmt: skip


def median_run(run_ids: str) -> str:
    """Return the middle one of runs that are ordered by their result, the lower one of two."""
    ordered = run_ids.split(",")
    return ordered[(len(ordered) - 1) // 2]


def compared(first: pd.DataFrame, second: pd.DataFrame) -> McNemar | str:
    """Compare the predictions of two runs; return why they cannot be, where they are not of the same images.

    Args:
        first, second: name, label and correct of each image.
    """
    both = first.merge(second, on="name", suffixes=("_first", "_second"), validate="one_to_one")
    if not len(first) == len(second) == len(both):
        return "the runs were evaluated on different images"
    if not (both["label_first"] == both["label_second"]).all():
        return "the images have other labels in one of the runs"
    return mcnemar(both["correct_first"], both["correct_second"])


def _compare(first: pd.DataFrame | None, second: pd.DataFrame | None) -> dict[str, object]:
    if first is None or second is None:
        return {"note": "not tested: a run has recorded no predictions"}
    result = compared(first, second)
    if isinstance(result, str):
        return {"note": f"not tested: {result}"}
    return vars(result) | {"significant": result.p_value < SIGNIFICANT, "note": ""}
