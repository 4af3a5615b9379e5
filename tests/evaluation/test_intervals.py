"""The interval of a share."""

import pytest

from image_classification.evaluation.scores import wilson_interval


def test_it_is_that_of_the_literature() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


@pytest.mark.parametrize("total", [1, 7, 10_000])
def test_extremes_stay_within_zero_and_one(total: int) -> None:
    lower, upper = wilson_interval(total, total)
    assert 0 < lower < 1
    assert upper == 1.0
    assert wilson_interval(0, total) == pytest.approx((0.0, 1 - lower))


def test_no_images_have_no_interval() -> None:
    with pytest.raises(ValueError, match="0 images"):
        wilson_interval(0, 0)
