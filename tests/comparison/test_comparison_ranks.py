"""Configurations are ranked by the mean over their runs, apart for each data."""

import math

import pandas as pd
import pytest
from scipy import stats

from image_classification.comparison.ranking import (
    COLUMNS,
    cost_of_choosing,
    data_of_several_losses,
    rank_configurations,
    student_interval,
)


def runs(*rows):
    """A table of runs from (data, configuration, seed, accuracy), the latest first."""
    table = pd.DataFrame(rows, columns=["data", "configuration", "repetition", "metric/test/accuracy"])
    table.insert(0, "run_id", [f"run{number}" for number in range(len(table))])
    table["run_seconds"] = 2.0
    return table


def test_the_interval_is_that_of_scipy():
    values = pd.Series([0.91, 0.93, 0.95, 0.92])
    expected = stats.t.interval(0.95, 3, loc=values.mean(), scale=stats.sem(values))
    assert student_interval(values) == pytest.approx(expected)


def test_one_run_has_a_mean_and_nothing_more():
    leaderboard = rank_configurations(runs(("mnist", "convnet", "1", 0.9)), "test/accuracy")
    row = leaderboard.iloc[0]
    assert (row["mean"], row["runs"]) == (0.9, 1)
    assert all(math.isnan(row[name]) for name in ("std", "ci95_lower", "ci95_upper"))


def test_the_highest_mean_is_first():
    table = runs(
        ("mnist", "a", "1", 0.99),
        ("mnist", "a", "2", 0.81),
        ("mnist", "b", "1", 0.92),
        ("mnist", "b", "2", 0.94),
    )
    leaderboard = rank_configurations(table, "test/accuracy")
    assert list(leaderboard.columns) == COLUMNS
    assert leaderboard[["rank", "configuration", "runs"]].values.tolist() == [[1, "b", 2], [2, "a", 2]]
    assert leaderboard["mean"].tolist() == pytest.approx([0.93, 0.90])
    assert leaderboard["std"].tolist() == pytest.approx([0.01 * math.sqrt(2), 0.09 * math.sqrt(2)])
    assert leaderboard["run_ids"].tolist() == ["run2,run3", "run1,run0"]


def test_or_the_lowest():
    table = runs(("mnist", "a", "1", 0.3), ("mnist", "b", "1", 0.2))
    leaderboard = rank_configurations(table, "test/accuracy", lowest_is_best=True)
    assert leaderboard["configuration"].tolist() == ["b", "a"]


def test_equals_share_a_rank():
    table = runs(("mnist", "a", "1", 0.9), ("mnist", "b", "1", 0.9), ("mnist", "c", "1", 0.8))
    assert rank_configurations(table, "test/accuracy")["rank"].tolist() == [1, 1, 3]


def test_different_data_are_ranked_apart():
    table = runs(("mnist", "a", "1", 0.9), ("digits", "a", "1", 0.99), ("mnist", "b", "1", 0.95))
    leaderboard = rank_configurations(table, "test/accuracy")
    assert leaderboard[["data", "rank", "configuration"]].values.tolist() == [
        ["digits", 1, "a"],
        ["mnist", 1, "b"],
        ["mnist", 2, "a"],
    ]


def test_a_repeated_seed_is_one_measurement_the_latest():
    table = runs(("mnist", "a", "1", 0.9), ("mnist", "a", "2", 0.8), ("mnist", "a", "1", 0.1))
    row = rank_configurations(table, "test/accuracy").iloc[0]
    assert row["runs"] == 2
    assert row["mean"] == pytest.approx(0.85)
    assert row["run_ids"] == "run1,run0"


def test_a_run_out_of_control_comes_last():
    table = runs(("mnist", "a", "1", 0.99), ("mnist", "a", "2", float("nan")), ("mnist", "b", "1", 0.1))
    leaderboard = rank_configurations(table, "test/accuracy")
    assert leaderboard["configuration"].tolist() == ["b", "a"]
    assert math.isnan(leaderboard["mean"].iloc[1])


def test_the_size_of_the_network_is_a_whole_number_or_missing():
    table = runs(("mnist", "a", "1", 0.9), ("mnist", "b", "1", 0.8))
    assert rank_configurations(table, "test/accuracy")["num_parameters"].isna().all()
    table["metric/weights/num_parameters"] = [17274.0, None]
    assert rank_configurations(table, "test/accuracy")["num_parameters"].tolist() == [17274, pd.NA]


@pytest.mark.parametrize(
    ("metric", "values", "expected"),
    [
        ("test/accuracy", (0.99, 0.9), (None, 1.0)),
        ("weights/validation_accuracy", (0.01, 0.12), (0.0, None)),
        ("test/macro_f1", (0.99, 0.9), (None, 1.0)),
        ("test/top_5_accuracy", (0.99, 0.9), (None, 1.0)),
        ("test/loss", (0.01, 0.5), (None, None)),
    ],
)
def test_the_interval_of_a_share_stays_within_0_and_1(metric, values, expected):
    table = runs(*(("mnist", "a", str(seed), value) for seed, value in enumerate(values)))
    table = table.rename(columns={"metric/test/accuracy": f"metric/{metric}"})

    row = rank_configurations(table, metric).iloc[0]

    whole = student_interval(pd.Series(values))
    found = (row["ci95_lower"], row["ci95_upper"])
    assert found == pytest.approx(
        [of_t if cut is None else cut for of_t, cut in zip(whole, expected, strict=True)]
    )
    assert whole[0] < 0 or whole[1] > 1


def test_validation_ranks_where_all_runs_on_the_data_have_it():
    table = runs(
        ("with", "a", "1", 0.80),
        ("with", "b", "1", 0.99),
        ("some", "a", "1", 0.80),
        ("some", "b", "1", 0.99),
    )
    table["metric/weights/validation_accuracy"] = [0.9, 0.7, 0.9, None]
    table["metric/test/images"] = 100.0

    leaderboard = rank_configurations(table)

    assert leaderboard[["data", "rank", "configuration", "metric"]].values.tolist() == [
        ["some", 1, "b", "test/accuracy"],
        ["some", 2, "a", "test/accuracy"],
        ["with", 1, "a", "weights/validation_accuracy"],
        ["with", 2, "b", "weights/validation_accuracy"],
    ]
    assert leaderboard["mean"].tolist() == [0.99, 0.8, 0.9, 0.7]
    assert leaderboard["test_mean"].tolist() == [0.99, 0.8, 0.8, 0.99]
    assert leaderboard["test_images"].tolist() == [100.0] * 4


def test_a_metric_that_is_named_ranks_all_data():
    table = runs(("with", "a", "1", 0.80), ("with", "b", "1", 0.99))
    table["metric/weights/validation_accuracy"] = [0.9, 0.7]

    assert rank_configurations(table, "test/accuracy")["configuration"].tolist() == ["b", "a"]


@pytest.mark.parametrize(("configurations", "largest"), [(2, 0.5642), (10, 1.5388), (100, 2.5076)])
def test_the_best_of_equals_looks_better_by_the_largest_error(configurations, largest):
    # means of the largest of 2, 10 and 100 normal numbers: H. Harter, Biometrika 48, 1961, table 1
    one_error = math.sqrt(0.9 * 0.1 / 1000)
    assert cost_of_choosing(0.9, 1000, configurations) == pytest.approx(largest * one_error, rel=0.05)


def test_one_configuration_costs_nothing():
    assert cost_of_choosing(0.9, 1000, 1) == 0.0


@pytest.mark.parametrize(
    ("metric", "second", "expected"),
    [
        ("test/loss", {"parameter/loss.name": "mean_squared_error"}, ["mnist"]),
        ("weights/validation_loss", {"parameter/loss.label_smoothing": "0.1"}, ["mnist"]),
        ("test/loss", {"parameter/loss.class_weights": "balanced"}, ["mnist"]),
        ("test/loss", {"parameter/optimizer.lr": "0.1"}, []),
        ("test/log_loss", {"parameter/loss.name": "mean_squared_error"}, []),
        ("test/accuracy", {"parameter/loss.name": "mean_squared_error"}, []),
        (None, {"parameter/loss.name": "mean_squared_error"}, []),
    ],
)
def test_values_of_different_losses_are_no_ranking(metric, second, expected):
    first = {"data": "mnist", "parameter/loss.name": "cross_entropy", "parameter/optimizer.lr": "0.01"}
    other = {"data": "digits", "parameter/loss.name": "cosine_distance"}
    assert data_of_several_losses(pd.DataFrame([first, first | second, other]), metric) == expected


@pytest.mark.parametrize(
    ("corrections", "metric"),
    [
        ((None, None), "weights/validation_accuracy"),
        (("3 labels changed", "3 labels changed"), "weights/validation_accuracy"),
        ((None, "3 labels changed"), "test/accuracy"),
    ],
)
def test_what_corrections_are_worth_the_test_images_tell(corrections, metric):
    table = runs(("clothing", "a", "1", 0.8), ("clothing", "b", "1", 0.7)).assign(
        **{"metric/weights/validation_accuracy": [0.6, 0.9], "parameter/data.corrections": corrections}
    )

    assert rank_configurations(table)["metric"].unique().tolist() == [metric]
