"""What was corrected in the labels is recorded, with the data that these would be without it."""

import pytest

from image_classification.tracking.training import record_data

COUNTS = {"relabelled": 2, "left_out": 1, "confirmed": 4, "of_test": 0}


class Run:
    """A run that keeps the parameters that it is given, and has nothing recorded."""

    def __init__(self) -> None:
        self.parameters: dict[str, str] = {}

    def log_parameters(self, parameters) -> None:
        self.parameters |= parameters

    def set_tags(self, tags) -> None: ...

    def read(self) -> None: ...


@pytest.mark.parametrize(
    ("counts", "said", "is_same_test"),
    [
        (None, None, False),
        ({}, "2 labels changed, 1 image left out (0a0a0a0a)", True),
        ({"left_out": 0, "relabelled": 1}, "1 label changed (0a0a0a0a)", True),
        ({"left_out": 0, "relabelled": 0}, None, True),
        ({"of_test": 1}, "2 labels changed, 1 image left out, 1 test image among them (0a0a0a0a)", False),
    ],
)
def test_they_are_parameters_of_the_run(counts, said, is_same_test):
    run = Run()
    statistics = {
        "data_name": "clothing",
        "class_names": ["cat", "dog"],
        "image_shape": [3, 8, 8],
        "counts": {split: {"cat": 1, "dog": 1} for split in ("train", "validation", "test")},
        "index_digest": "b" * 64,
    }
    if counts is not None:
        digests = {"digest": "0a" * 32, "uncorrected_digest": "a" * 64}
        statistics["corrections"] = COUNTS | counts | digests

    record_data(run, statistics)

    assert run.parameters.get("data.corrections") == said
    assert run.parameters.get("data.uncorrected_digest") == ("a" * 64 if is_same_test else None)
