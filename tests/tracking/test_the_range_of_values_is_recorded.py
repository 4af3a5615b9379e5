"""A run says which numbers became black and white where its images have more than 8 bits, and only there."""

import pytest

from image_classification.tracking.training import record_data
from image_classification.value_range import ValueRange


class Run:
    """Keeps the parameters that it is told; there is no store behind it."""

    def __init__(self):
        self.parameters = {}

    def log_parameters(self, parameters):
        self.parameters |= parameters

    def set_tags(self, tags):
        pass

    def read(self):
        return None


@pytest.mark.parametrize(
    ("value_range", "recorded"),
    [
        (None, None),
        (ValueRange(integers=(0, 4095)), "whole numbers 0…4095"),
        (ValueRange(integers=(-1000, 3000), floats=(0, 0.5)), "whole numbers -1000…3000, floats 0…0.5"),
        (ValueRange(), "all that the type in the file holds, floats 0…1"),
    ],
)
def test_it_is_a_parameter_of_the_run(value_range, recorded):
    statistics = {
        "data_name": "made up",
        "class_names": ["a", "b"],
        "image_shape": [1, 8, 8],
        "resize": "stretch",
        "value_range": value_range.model_dump(mode="json") if value_range else None,
        "counts": {"train": {"a": 1, "b": 1}},
        "mean": [0.5],
        "std": [0.5],
        "index_digest": "0" * 64,
        "images_digest": "1" * 64,
    }
    run = Run()

    record_data(run, statistics)

    assert run.parameters.get("data.value_range") == recorded
