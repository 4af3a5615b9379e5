"""All sides of a benchmark are measured in turn, and compared by their medians."""

import pytest
from tests.benchmarks.benchmark import compared, side_by_side


def counting(calls, name):
    def measure():
        calls.append(name)
        return float(len(calls))

    return measure


def test_sides_alternate():
    calls = []
    measured = side_by_side({name: counting(calls, name) for name in "ab"}, rounds=3)
    assert calls == list("ababab")
    assert measured == {"a": (1.0, 3.0, 5.0), "b": (2.0, 4.0, 6.0)}


def test_a_warm_up_is_not_kept():
    calls = []
    measured = side_by_side({name: counting(calls, name) for name in "ab"}, rounds=2, warm_up=True)
    assert calls == list("ababab")
    assert measured == {"a": (3.0, 5.0), "b": (4.0, 6.0)}


@pytest.mark.parametrize(
    ("unit", "target", "ratio", "shown", "reached"),
    [
        ("s", {"at_least": 4.5}, 5.0, "≥ 4.5×", True),
        ("s", {"at_least": 5.5}, 5.0, "≥ 5.5×", False),
        ("s", {"more_than": 5.0}, 5.0, "> 5×", False),
        ("s", {"at_most": 1.1}, 0.2, "≤ 1.10×", True),
        ("images/s", {"at_least": 2.5}, 0.2, "≥ 2.5×", False),
        ("MB", {}, 5.0, "", None),
    ],
)
def test_the_ratio_is_of_the_medians_and_grows_with_what_is_better(unit, target, ratio, shown, reached):
    # medians 2 and 10: the outliers count for nothing
    row = compared("one", "this", "that", unit, (1.0, 2.0, 99.0), (10.0, 0.1, 11.0), **target)
    assert row.ratio == pytest.approx(ratio)
    assert (row.target, row.reached) == (shown, reached)
