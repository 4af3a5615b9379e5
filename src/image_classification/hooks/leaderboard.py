"""The leaderboard as it is printed at the end of a comparison."""

from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    # takes half a second to import, and most runs compare nothing
    import pandas as pd

MOST_ROWS = 10


def leaderboard_lines(
    leaderboard: "pd.DataFrame", significance: "pd.DataFrame | None"
) -> Iterator[Table | str]:
    """For each data that runs were trained on, make a table of the best ten configurations.

    After it a line says whether the best two differ, if that was tested.
    """
    for data, configurations in leaderboard.groupby("data", sort=False):
        yield _table(str(data), configurations)
        if significance is not None:
            tested = significance[significance["data"] == data].to_dict("records")
            yield from map(_verdict, tested)


def _table(data: str, configurations: "pd.DataFrame") -> Table:
    table = Table(title=f"{configurations['metric'].iloc[0]} on {data}", title_justify="left")
    table.add_column("", justify="right")
    table.add_column("configuration", overflow="fold")
    for heading in ("mean ± std", "95 % interval", "runs"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in configurations.head(MOST_ROWS).to_dict("records"):
        several = row["runs"] > 1
        table.add_row(
            str(row["rank"]),
            escape(row["configuration"]),
            f"{row['mean']:.4f}" + (f" ± {row['std']:.4f}" if several else ""),
            f"{row['ci95_lower']:.4f} … {row['ci95_upper']:.4f}" if several else "",
            str(row["runs"]),
        )
    if len(configurations) > MOST_ROWS:
        table.caption = f"and {len(configurations) - MOST_ROWS} more in data/08_reporting/leaderboard.csv"
    return table


def _verdict(tested: Mapping[Hashable, Any]) -> str:
    if tested["note"]:
        return f"The best two: {tested['note']}."
    verdict = "differ" if tested["significant"] else "do not differ clearly"
    return (
        f"The best two {verdict}: p = {tested['p_value']:.2g} (McNemar, mid-p, median runs). "
        f"Of {tested['images']:,} images {tested['only_first_right']} are right only with the first and "
        f"{tested['only_second_right']} only with the second."
    )
