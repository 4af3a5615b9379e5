"""Whatever the classes are called, an answer is one of them or unsure, and a set is read back as it was."""

import json

import numpy as np
import pytest

from image_classification.networks.answers.rule import answers, word_for_unsure

RULE = {"answer_above": 0.5, "set_least": 0.25, "outputs": None, "pixels": None}
LOOKS = np.zeros((5, 8))
NAMES = [
    ("cat", "dog", "eel"),
    ("unsure", "sure", "(unsure)"),
    ('a", "b', "a, b", "[a]"),
    ("", " ", "\n"),
    ("猫", "\U0001f600", "é\u0301"),
]
SEEN = np.array([[0.1, 0.6, 0.3], [0.4, 0.3, 0.3], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [1 / 3, 1 / 3, 1 / 3]])


@pytest.mark.parametrize("names", NAMES)
def test_answers_and_sets(names):
    unsure = word_for_unsure(names)
    first, second, third = names

    found, sets = answers(SEEN, LOOKS, RULE, names)

    assert unsure not in names
    # at the threshold it is unsure
    assert found == [second, unsure, unsure, third, unsure]
    expected = [[second, third], [first, second, third], [first, second], [third], [first, second, third]]
    assert [json.loads(each) for each in sets] == expected


def test_the_usual_word():
    assert word_for_unsure(["cat", "dog"]) == "unsure"


def test_the_likeliest_class_is_in_every_set():
    _, sets = answers(SEEN, LOOKS, RULE | {"set_least": 0.9}, NAMES[0])

    assert [json.loads(each) for each in sets] == [["dog"], ["cat"], ["cat"], ["eel"], ["cat"]]


def test_without_a_threshold_all_are_unsure():
    found, sets = answers(SEEN, LOOKS, RULE | {"answer_above": None}, NAMES[0])

    assert set(found) == {"unsure"}
    assert json.loads(sets[0]) == ["dog", "eel"]


def test_no_image():
    assert answers(np.empty((0, 3), dtype=np.float32), LOOKS[:0], RULE, NAMES[0]) == ([], [])
