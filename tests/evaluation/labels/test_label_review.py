"""The review lists suspicious labels, conflicts and outliers of the images that are there now."""

import numpy as np
import pandas as pd
import pytest

from image_classification.errors import UserError
from image_classification.evaluation.labels.conflicts import Conflict
from image_classification.evaluation.labels.review import LabelReviewOptions, review_labels, summary

CLASSES = ["cat", "dog", "hen"]
SURE, UNSURE = 0.9, 0.36


def out_of_fold(rows):
    """A row per image of (name, label, prediction, probability of the prediction)."""
    table = pd.DataFrame(rows, columns=["name", "label", "prediction", "confidence"])
    rest = (1 - table["confidence"]) / (len(CLASSES) - 1)
    columns = {
        f"probability/{name}": rest.where(table["prediction"] != name, table["confidence"])
        for name in CLASSES
    }
    return table.assign(**columns, fold=0, repeat=0)


def index_of(table, **others):
    rows = table.drop_duplicates("name")
    index = pd.DataFrame({"name": rows["name"], "class_name": rows["label"], "split": "train"})
    more = pd.DataFrame([(name, *of) for name, of in others.items()], columns=["name", "class_name", "split"])
    return pd.concat([index, more], ignore_index=True)


@pytest.fixture
def table():
    """Ten of each class that are recognised, a dog that is surely a cat, and one that is like nothing."""
    right = [(f"{name} {number}", name, name, SURE) for name in CLASSES for number in range(10)]
    return out_of_fold([*right, ("wrong", "dog", "cat", 0.95), ("odd", "hen", "hen", UNSURE)])


def review(table, index=None, conflicts=(), outliers=0.0):
    index = index_of(table) if index is None else index
    return review_labels(table, index, conflicts, LabelReviewOptions(outliers=outliers))


def test_a_wrong_label_with_what_is_suggested(table):
    [row] = review(table).to_dict("records")

    assert (row["file"], row["kind"], row["given_label"], row["suggested_label"]) == (
        "wrong",
        "label",
        "dog",
        "cat",
    )
    assert row["suggested_probability"] == pytest.approx(0.95)
    assert row["how_sure"] == pytest.approx(0.95 - 0.025)


def test_outliers_are_as_many_as_wanted_and_come_last(table):
    found = review(table, outliers=1 / 32)

    assert found["kind"].tolist() == ["label", "outlier"]
    assert found["file"].tolist() == ["wrong", "odd"]
    assert found["suggested_label"].iloc[1] == "leave_out"
    assert len(review(table, outliers=0.5)) == 16


def test_of_two_copies_the_less_probable_label_is_listed(table):
    found = review(table, conflicts=[Conflict(["cat 1", "dog 1", "dog 2"], 0.97)])
    conflict = found[found["kind"] == "conflict"]

    assert dict(zip(conflict["file"], conflict["suggested_label"], strict=True)) == {"cat 1": "dog"}
    assert conflict["remark"].tolist() == ["the same picture as dog 1 (dog), dog 2 (dog)"]
    assert conflict["how_sure"].tolist() == [0.97]


def test_copies_of_which_nothing_is_known_are_both_listed(table):
    index = index_of(table, a=("cat", ""), b=("dog", ""))
    found = review(table, index, conflicts=[Conflict(["a", "b"], 1.0)])

    assert set(found["file"]) == {"wrong", "a", "b"}
    assert found.set_index("file")["suggested_label"][["a", "b"]].tolist() == ["", ""]
    assert found.set_index("file")["given_probability"][["a", "b"]].isna().all()


def test_an_image_has_one_row(table):
    conflicts = [Conflict(["wrong", "cat 3"], 1.0)]

    found = review(table, conflicts=conflicts, outliers=1.0)

    assert found["file"].is_unique
    assert found.set_index("file")["kind"]["wrong"] == "conflict"


def test_test_images_are_never_listed(table):
    index = index_of(table, tested=("dog", "test"))

    found = review(table, index, conflicts=[Conflict(["tested", "cat 1"], 1.0)])

    assert "tested" not in set(found["file"])


@pytest.mark.parametrize("correction", ["confirmed", "relabelled"])
def test_what_a_person_has_decided_is_not_asked_again(table, correction):
    index = index_of(table)
    index["correction"] = [correction if name == "wrong" else "" for name in index["name"]]

    assert review(table, index).empty
    assert review(table, index, [Conflict(["wrong", "cat 1"], 1.0)])["file"].tolist() == ["wrong"]


def test_the_surest_come_first():
    generator = np.random.default_rng(0)
    right = [(f"{number}", CLASSES[number % 3], CLASSES[number % 3], SURE) for number in range(300)]
    wrong = [(f"wrong {number}", "dog", "cat", generator.uniform(0.9, 1)) for number in range(12)]

    found = review(out_of_fold([*right, *wrong]))

    assert len(found) > 5
    assert found["how_sure"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda index: index[index["name"] != "cat 1"], "1 of 32 are no training or validation images"),
        (lambda index: index.assign(split="test"), "32 of 32 are no training or validation images"),
        (
            lambda index: index.assign(class_name=index["class_name"].replace("hen", "cat")),
            "11 of 32 are labelled otherwise now, such as hen 0",
        ),
    ],
)
def test_probabilities_of_other_images_are_refused(table, change, message):
    with pytest.raises(UserError, match=message):
        review(table, change(index_of(table)))


def test_images_without_probabilities_are_told(table, caplog):
    review(table, index_of(table, new=("cat", "train")))

    assert "1 image was not reviewed, as there are no probabilities of them: new" in caplog.text


def test_probabilities_that_are_no_numbers_are_told(table, caplog):
    table.loc[3, "probability/cat"] = np.nan

    assert len(review(table)) == 1
    assert "is not a number" in caplog.text


def test_nothing_to_review(table):
    assert review(table[:0], index_of(table[:0])).empty
    assert summary(review(table[:0]), table[:0]).startswith("Of 0 images: suspicious labels 0")


def test_it_is_said_how_far_the_networks_can_be_trusted(table):
    assert "agree with 96.9% of all labels." in summary(review(table), table)
    doubtful = table.assign(prediction="cat")
    assert "their mistakes and not yours" in summary(review(table), doubtful)
