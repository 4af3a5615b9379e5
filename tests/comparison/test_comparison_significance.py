"""Two networks are compared on the same test images, image by image."""

import numpy as np
import pandas as pd
import pytest

from image_classification.comparison.significance import compare_best_two, mcnemar, median_run


def answers(both, only_first, only_second, neither):
    """Which images each of two networks has right, from the four counts."""
    counts = (both, only_first, only_second, neither)
    first = np.repeat([True, True, False, False], counts)
    second = np.repeat([True, False, True, False], counts)
    return pd.Series(first), pd.Series(second)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p_exact", "p_mid"),
    [
        # Fagerland, Lydersen, Laake 2013, table 1: airway hyper-responsiveness
        (1, 7, 0.0703125, 0.0390625),
        # two-sided binomial by hand: 2 (1 + 5) / 2⁵, less the probability of one in five
        (4, 1, 0.375, 0.21875),
        (0, 0, 1.0, 1.0),
    ],
)
def test_p_values_known_from_elsewhere(only_first, only_second, p_exact, p_mid):
    result = mcnemar(*answers(20, only_first, only_second, 5))
    assert (result.only_first_right, result.only_second_right) == (only_first, only_second)
    assert result.images == 25 + only_first + only_second
    assert result.p_exact == pytest.approx(p_exact)
    assert result.p_value == pytest.approx(p_mid)


def test_as_many_either_way_is_no_difference():
    result = mcnemar(*answers(10, 2, 2, 1))
    assert result.p_exact == 1.0
    assert result.p_value == pytest.approx(1 - 0.375 / 2)


def test_agreement_alone_says_nothing():
    assert mcnemar(*answers(5, 2, 9, 0)).p_value == mcnemar(*answers(5000, 2, 9, 70)).p_value


@pytest.mark.parametrize(("run_ids", "middle"), [("a", "a"), ("a,b", "a"), ("a,b,c", "b"), ("a,b,c,d", "b")])
def test_the_median_run(run_ids, middle):
    assert median_run(run_ids) == middle


def predictions(correct, names=None, labels=None):
    names = names or [f"{number}.png" for number in range(len(correct))]
    return pd.DataFrame({"name": names, "label": labels or ["cat"] * len(correct), "correct": correct})


LEADERBOARD = pd.DataFrame(
    {
        "data": ["mnist", "mnist", "mnist", "digits"],
        "rank": [1, 2, 3, 1],
        "configuration": ["a", "b", "c", "a"],
        "run_ids": ["a1,a2,a3", "b1", "c1", "d1"],
    }
)


def test_the_best_two_of_each_data_are_compared():
    stored = {
        "a2": predictions([True] * 12),
        # in another order, as another source may have it
        "b1": predictions([False] * 9 + [True] * 3, names=[f"{number}.png" for number in range(12)][::-1]),
    }
    (row,) = compare_best_two(LEADERBOARD, stored.get).to_dict("records")
    assert (row["data"], row["first"], row["second"]) == ("mnist", "a", "b")
    assert (row["first_run"], row["second_run"]) == ("a2", "b1")
    assert (row["images"], row["only_first_right"], row["only_second_right"]) == (12, 9, 0)
    assert row["significant"] is True
    assert row["note"] == ""


@pytest.mark.parametrize(
    ("second", "note"),
    [
        (None, "a run has recorded no predictions"),
        (predictions([True, True]), "different images"),
        (predictions([True] * 3, names=["0.png", "1.png", "x.png"]), "different images"),
        (predictions([True] * 3, labels=["cat", "cat", "dog"]), "other labels"),
    ],
)
def test_what_cannot_be_compared_is_said(second, note):
    stored = {"a2": predictions([True, True, False]), "b1": second}
    (row,) = compare_best_two(LEADERBOARD, stored.get).to_dict("records")
    assert note in row["note"]
    assert pd.isna(row["p_value"])
    assert pd.isna(row["significant"])


def test_with_one_configuration_there_is_nothing_to_compare():
    table = compare_best_two(LEADERBOARD[LEADERBOARD["data"] == "digits"], {}.get)
    assert table.empty
    assert "p_value" in table
