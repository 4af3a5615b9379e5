"""The leaderboard that is printed at the end of a comparison."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd
from rich.table import Table

from image_classification.comparison.ranking import cost_of_choosing

ROW_LIMIT = 10
_TEST = "test/accuracy"


def leaderboard_lines(leaderboard: pd.DataFrame, significance: pd.DataFrame | None) -> Iterator[Table | str]:
    """Yield a table of the best ten configurations for each data set that runs were trained on.

    A line after it says whether the best two differ, if that was tested.
    """
    for data, configurations in leaderboard.groupby("data", sort=False):
        yield _table(str(data), configurations)
        if caution := _caution(configurations):
            yield caution
        if significance is not None:
            tested = significance[significance["data"] == data].to_dict("records")
            yield from map(_verdict, tested)


def _caution(configurations: pd.DataFrame) -> str:
    """Warn of choosing among configurations that were ranked by test images; "" if they were not."""
    best = configurations.iloc[0]
    of_tests = str(best["metric"]).startswith("test/")
    if len(configurations) < 2 or not of_tests:
        return ""
    text = (
        "They are ranked by the test images: whoever takes the first one has chosen by them, and what it "
        "scores on them is no longer what it will on new images."
    )
    if best["metric"] == _TEST and best["test_images"] > 0:
        cost = cost_of_choosing(best["test_mean"], int(best["test_images"]), len(configurations))
        text += f" Of {len(configurations)} equally good ones the first would look up to {cost:.2%} better."
    return (
        f"{text} Where no metric is named (comparison.metric), runs with validation images "
        "(split.validation) are ranked by those, unless their labels were corrected differently."
    )


def _table(data: str, configurations: pd.DataFrame) -> Table:
    table = Table(title=f"{configurations['metric'].iloc[0]} on {data}", title_justify="left")
    table.add_column("", justify="right")
    table.add_column("configuration", overflow="fold")
    beside = _tested_beside(configurations)
    headings = ("mean ± std", "95 % interval", "runs", *(["test accuracy"] if beside else []))
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in configurations.head(ROW_LIMIT).to_dict("records"):
        several = row["runs"] > 1
        table.add_row(
            str(row["rank"]),
            row["configuration"],
            _mean(row["mean"], row["std"], several),
            f"{row['ci95_lower']:.4f} … {row['ci95_upper']:.4f}" if several else "",
            str(row["runs"]),
            *([_mean(row["test_mean"], row["test_std"], several)] if beside else []),
        )
    if len(configurations) > ROW_LIMIT:
        table.caption = f"and {len(configurations) - ROW_LIMIT} more in data/08_reporting/leaderboard.csv"
    return table


def _mean(mean: float, std: float, several: bool) -> str:
    return f"{mean:.4f} ± {std:.4f}" if several else f"{mean:.4f}"


def _tested_beside(configurations: pd.DataFrame) -> bool:
    """Whether the test accuracy is shown beside the metric of the ranking."""
    return configurations["metric"].iloc[0] != _TEST and bool(configurations["test_mean"].notna().any())


def _verdict(tested: Mapping[Hashable, Any]) -> str:
    if tested["note"]:
        return f"The best two: {tested['note']}."
    first, second = tested["only_first_right"], tested["only_second_right"]
    better = "first" if first > second else "second"
    verdict = (
        f"Of the best two the {better} is right on more test images"
        if tested["significant"]
        else "The best two do not differ clearly in the test images that they are right on"
    )
    return (
        f"{verdict}: p = {tested['p_value']:.2g} (McNemar, mid-p, median runs). Of {tested['images']:,} "
        f"images {first} are right only with the first and {second} only with the second."
    )
