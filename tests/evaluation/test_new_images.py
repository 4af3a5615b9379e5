"""Each file gets the class that the network finds, with the probabilities asked for, or its reason."""

import numpy as np
import pytest
import torch

from image_classification.evaluation.new_images import classify, describe
from image_classification.networks.answers.calibration import Calibration

CLASSES = ("cat", "dog", "bird")


def network(images):
    """The logit of each class is the pixel of its number."""
    return images.flatten(1)[:, :3].float()


def batches():
    images = torch.tensor([[3, 1, 0, 0], [0, 9, 2, 0]], dtype=torch.uint8).reshape(2, 1, 2, 2)
    none = torch.empty((0, 1, 2, 2), dtype=torch.uint8)
    return [(["a", "b"], ["", "empty"], images[:1]), (["c"], ["gone"], none), (["d"], [""], images[1:])]


def run(probabilities, given=None):
    return classify(
        network, CLASSES, batches() if given is None else given, probabilities, torch.device("cpu")
    )


def test_a_row_per_file():
    table = run("best")

    assert list(table.columns) == ["file", "label", "probability", "answer", "set", "reason"]
    assert table["file"].tolist() == ["a", "b", "c", "d"]
    assert table["label"].tolist() == ["cat", "", "", "dog"]
    assert table["reason"].tolist() == ["", "empty", "gone", ""]
    expected = [torch.tensor(logits).softmax(0).max().item() for logits in ([3.0, 1, 0], [0, 9.0, 2])]
    assert table["probability"].tolist() == pytest.approx(
        [expected[0], np.nan, np.nan, expected[1]], nan_ok=True
    )


def test_all_probabilities():
    best, table = run("best"), run("all")

    assert list(table.columns) == [*best.columns, *(f"probability: {name}" for name in CLASSES)]
    assert table[best.columns].equals(best)
    every = table.drop(columns=best.columns)
    expected = torch.tensor([[3.0, 1, 0], [0, 9, 2]]).softmax(1)
    torch.testing.assert_close(torch.tensor(every.to_numpy()[[0, 3]]), expected)
    assert every.loc[[1, 2]].isna().all(axis=None)


@pytest.mark.parametrize("probabilities", ["best", "all"])
@pytest.mark.parametrize("given", [batches()[1:2], []])
def test_no_image_at_all(probabilities, given):
    table = run(probabilities, given)

    assert len(table) == len(given)
    assert (table["label"] == "").all()
    assert table["probability"].isna().all()


def test_a_sentence():
    table = run("best")

    assert describe(table, "new") == (
        "Classified 2 of 4 files in new: 1 cat, 1 dog; 2 could not be read (column reason): 1 empty, 1 gone."
    )
    assert describe(table[:1], "new") == "Classified 1 of 1 file in new: 1 cat."
    assert describe(table[1:3], "x") == (
        "None of the 2 files in x could be read (column reason): 1 empty, 1 gone."
    )


CALIBRATION = Calibration(
    temperature=2.0,
    images=100,
    coverage=0.9,
    set_least=0.15,
    right=0.9,
    confidence=0.9,
    answer_above=0.7,
    strangers=0.0,
    answered=0.5,
    answered_right=1.0,
)


def test_a_calibrated_network_knows_its_limits():
    table = classify(network, CLASSES, batches(), "all", torch.device("cpu"), CALIBRATION)

    expected = torch.tensor([[1.5, 0.5, 0], [0, 4.5, 1]]).softmax(1)
    assert table["probability"].tolist()[::3] == pytest.approx(expected.max(1).values.tolist())
    torch.testing.assert_close(torch.tensor(table.to_numpy()[[0, 3], -3:].astype("float32")), expected)
    assert table["label"].tolist() == ["cat", "", "", "dog"]
    assert table["answer"].tolist() == ["unsure", "", "", "dog"]
    assert table["set"].tolist() == ['["cat", "dog"]', "", "", '["dog"]']
    assert describe(table, "new") == (
        "Classified 2 of 4 files in new: 1 cat, 1 dog; of 1 it is unsure (column answer); "
        "2 could not be read (column reason): 1 empty, 1 gone."
    )


def test_without_a_calibration_there_are_no_answers():
    table = run("best")

    assert set(table["answer"]) == set(table["set"]) == {""}
