"""Too few validation images are refused with the number that is needed, or said, as was asked for."""

import pytest

from image_classification.errors import UserError
from image_classification.networks.answers.fitting import fit_calibration, images_needed, is_possible
from image_classification.networks.answers.options import CalibrationOptions

PROMISES = [{}, {"coverage": 0.99}, {"right": 0.99, "confidence": 0.95}, {"right": 0.5, "coverage": 0.5}]


@pytest.mark.parametrize("promises", PROMISES)
def test_so_many_are_needed(promises, outputs, looks):
    options = CalibrationOptions(**promises)
    needed = images_needed(options)

    assert is_possible(options, needed, 10)
    assert not is_possible(options, needed - 1, 10)
    assert fit_calibration(*outputs(needed), looks(needed), options).images == needed


@pytest.mark.parametrize("images", [0, 1, 44])
def test_where_it_is_asked_for_fewer_are_refused(images):
    with pytest.raises(UserError) as refused:
        is_possible(CalibrationOptions(enabled=True), images, 10)

    first = str(refused.value).splitlines()[0]
    assert f"{images} validation image" in first
    assert "45 are needed" in first
    assert "CalibrationOptions.enabled is true" in first


def test_one_class_is_nothing_to_be_sure_of():
    assert not is_possible(CalibrationOptions(), 1000, 1)
    with pytest.raises(UserError, match="one class"):
        is_possible(CalibrationOptions(enabled=True), 1000, 1)


@pytest.mark.parametrize("images", [0, 10, 1000])
def test_off_is_off(images):
    assert not is_possible(CalibrationOptions(enabled=False), images, 10)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_outputs_that_are_no_numbers(outputs, looks, bad):
    logits, labels = outputs(100)
    logits[7, 3] = bad

    assert fit_calibration(logits, labels, looks(100), CalibrationOptions()) is None
