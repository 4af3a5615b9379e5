"""A comparison ends with a short table for each data and a line on how sure it is."""

import pandas as pd
import pytest
from rich.console import Console

from image_classification.hooks.summary.leaderboard import ROW_LIMIT, leaderboard_lines


def row(data, rank, configuration, mean=0.9, runs=3, metric="test/accuracy", test_images=float("nan")):
    several = runs > 1
    return {
        "data": data,
        "rank": rank,
        "configuration": configuration,
        "metric": metric,
        "runs": runs,
        "mean": mean,
        "std": 0.01 if several else float("nan"),
        "ci95_lower": mean - 0.02 if several else float("nan"),
        "ci95_upper": mean + 0.02 if several else float("nan"),
        "test_mean": mean - 0.1,
        "test_std": 0.02 if several else float("nan"),
        "test_images": test_images,
    }


@pytest.fixture
def printed(capsys):
    """The lines that are printed, without the frames of the tables."""

    def show(rows, tested=None):
        console = Console(width=100)
        significance = None if tested is None else pd.DataFrame(tested)
        for line in leaderboard_lines(pd.DataFrame(rows), significance):
            console.print(line, highlight=False, markup=False, soft_wrap=isinstance(line, str))
        lines = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
        return [" ".join(words) for words in lines if words and words[0][0] not in "┏┡└"]

    return show


def test_a_table_for_each_data(printed):
    lines = printed([row("mnist", 1, "convnet, network.widths=[16]"), row("digits", 1, "convnet", runs=1)])
    assert lines == [
        "test/accuracy on mnist",
        "┃ ┃ configuration ┃ mean ± std ┃ 95 % interval ┃ runs ┃",
        "1 convnet, network.widths=[16] 0.9000 ± 0.0100 0.8800 … 0.9200 3",
        "test/accuracy on digits",
        "┃ ┃ configuration ┃ mean ± std ┃ 95 % interval ┃ runs ┃",
        "1 convnet 0.9000 1",
    ]


@pytest.mark.parametrize(
    ("counts", "significant", "verdict"),
    [
        ((30, 12), True, "Of the best two the first is right on more test images"),
        # ranked by something else than the accuracy
        ((12, 30), True, "Of the best two the second is right on more test images"),
        ((13, 12), False, "The best two do not differ clearly in the test images that they are right on"),
    ],
)
def test_how_sure_it_is(printed, counts, significant, verdict):
    tested = {
        "data": ["mnist"],
        "significant": [significant],
        "p_value": [0.0123],
        "images": [10000],
        "only_first_right": [counts[0]],
        "only_second_right": [counts[1]],
        "note": [""],
    }
    lines = printed([row("mnist", 1, "a"), row("mnist", 2, "b")], tested)
    assert lines[-1] == (
        f"{verdict}: p = 0.012 (McNemar, mid-p, median runs). Of 10,000 images {counts[0]} are right only "
        f"with the first and {counts[1]} only with the second."
    )


def test_why_it_is_not_known(printed):
    tested = {"data": ["mnist"], "note": ["not tested: a run has recorded no predictions"]}
    assert printed([row("mnist", 1, "a")], tested)[-1] == (
        "The best two: not tested: a run has recorded no predictions."
    )


def test_a_long_list_is_cut(printed):
    rows = [row("mnist", rank, f"number {rank}") for rank in range(1, ROW_LIMIT + 3)]
    lines = printed(rows)
    assert "and 2 more in data/08_reporting/leaderboard.csv" in lines[-2]
    assert sum("number" in line for line in lines) == ROW_LIMIT


def test_beside_a_ranking_by_validation_stands_the_test_accuracy(printed):
    by_validation = {"metric": "weights/validation_accuracy"}

    lines = printed([row("mnist", 1, "a", **by_validation), row("mnist", 2, "b", runs=1, **by_validation)])

    assert lines == [
        "weights/validation_accuracy on mnist",
        "┃ ┃ configuration ┃ mean ± std ┃ 95 % interval ┃ runs ┃ test accuracy ┃",
        "1 a 0.9000 ± 0.0100 0.8800 … 0.9200 3 0.8000 ± 0.0200",
        "2 b 0.9000 1 0.8000",
    ]


@pytest.mark.parametrize(("images", "cost"), [(100, "2.36%"), (10_000, "0.24%")])
def test_what_it_costs_to_choose_by_the_test_images_is_said(printed, images, cost):
    rows = [row("mnist", rank, name, test_images=images) for rank, name in enumerate("ab", start=1)]

    (caution,) = [line for line in printed(rows) if line.startswith("They are ranked by the test images")]

    assert f"Of 2 equally good ones the first would look up to {cost} better." in caution


def test_a_single_configuration_was_not_chosen(printed):
    assert not any(
        "ranked by the test images" in line for line in printed([row("mnist", 1, "a", test_images=9)])
    )
