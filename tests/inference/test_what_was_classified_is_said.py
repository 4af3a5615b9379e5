"""One sentence says what was classified, and of how much of it the network is unsure."""

import pytest

from image_classification.inference.parts import Counts
from image_classification.inference.words import describe, unsure_of


@pytest.mark.parametrize(
    ("read", "unsure", "said"),
    [
        (12, None, ""),  # it does not know its limits
        (12, 0, "; the network is unsure of none (column answer)"),
        (12, 1, "; the network is unsure of 1 of them (column answer)"),
        (1200, 1100, "; the network is unsure of 1,100 of them (column answer)"),
        (12, 12, "; the network is unsure of all of them (column answer)"),
        (1, 1, "; the network is unsure of it (column answer)"),
    ],
)
def test_how_many_it_is_unsure_of(read, unsure, said):
    counts = Counts(files=read + 1, labels={"cat": read}, reasons={"empty": 1}, unsure=unsure)
    assert describe(counts, "here").endswith(
        f" in here: {read} cat{said}; 1 could not be read (column reason): 1 empty."
    )


def test_where_nothing_could_be_read_it_is_unsure_of_nothing():
    counts = Counts(files=1, labels={}, reasons={"empty": 1}, unsure=0)
    assert unsure_of(counts) == ""
    assert describe(counts, "here") == "The file in here could not be read (column reason): 1 empty."
