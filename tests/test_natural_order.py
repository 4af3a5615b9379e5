"""Names are sorted as people count."""

from image_classification.words import natural_key


def test_numbers_count():
    assert sorted(["10", "2", "1", "a10b", "a9b", "a"], key=natural_key) == [
        "1",
        "2",
        "10",
        "a",
        "a9b",
        "a10b",
    ]


def test_case_and_leading_zeros_only_break_ties():
    assert sorted(["b", "B", "a", "01", "1"], key=natural_key) == ["01", "1", "a", "B", "b"]


def test_other_digits_are_letters():
    assert sorted(["x²", "x10", "x9"], key=natural_key) == ["x9", "x10", "x²"]
