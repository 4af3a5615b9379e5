"""The names that people give to the folders of their splits, and names that only look like them."""

import pytest

from image_classification.images.folder.layout.vocabulary import (
    is_container_name,
    is_no_class_name,
    split_name,
)

WORDS = {
    "train": ["train", "training", "trn"],
    "validation": ["val", "valid", "validation", "dev", "eval", "evaluation"],
    "test": ["test", "testing", "holdout"],
}
PLAIN = [
    "{}",
    "{}_set",
    "{}-set",
    "{}set",
    "{} data",
    "{}data",
    "{}_images",
    "images_{}",
    "{}-images",
    "01_{}",
    "{}2017",
    "{}_1",
    "{} (2)",
    "{}.v2",
    "x_{}",
    "{}_256x256",
    "my {} pictures",
]


@pytest.mark.parametrize("dress", PLAIN)
@pytest.mark.parametrize("split", WORDS)
def test_a_word_of_a_split_in_the_usual_dress(split, dress):
    for word in WORDS[split]:
        for case in (str.lower, str.upper, str.title, str.capitalize):
            name = split_name(case(dress.format(word)))

            assert name is not None, case(dress.format(word))
            assert (name.split, name.dress) == (split, frozenset())


@pytest.mark.parametrize(
    ("name", "split", "dress"),
    [
        ("seg_train", "train", {"seg"}),
        ("xray_val", "validation", {"xray"}),
        ("TrainShoes", "train", {"shoes"}),
        ("training_shoes", "train", {"shoes"}),
        ("käfer_test", "test", {"käfer"}),
    ],
)
def test_other_words_are_kept(name, split, dress):
    found = split_name(name)

    assert (found.split, found.dress) == (split, dress)


@pytest.mark.parametrize(
    "name", ["hold-out", "Hold_Out", "held out", "TestSet", "testSet", "TESTset", "HoldOut"]
)
def test_words_in_one_and_in_two(name):
    assert split_name(name).split == "test"


@pytest.mark.parametrize(
    "name",
    [
        "valve",
        "contest",
        "trained_dog",
        "trains",
        "latest",
        "protest",
        "attest",
        "devil",
        "evaluator",
        "testament",
        "2017",
        "cat",
        "_",
        "intervals",
        "medieval",
        "devs",
        "strain",
        "訓練",
    ],
)
def test_a_word_inside_another_is_none(name):
    assert split_name(name) is None


def test_several_splits_in_one_name():
    assert split_name("train_test_split") is None
    assert split_name("val_test") is None
    for name in ("trainval", "train_val", "train-and-validation"):
        assert split_name(name).split == "train", name
        assert split_name(name).both, name


@pytest.mark.parametrize(
    "name", ["data", "dataset", "Images", "images_jpg", "archive (2)", "my_photos", "DataSet"]
)
def test_names_that_only_hold_something(name):
    assert is_container_name(name)


@pytest.mark.parametrize("name", ["pets", "a", "7", "cat_images", "raw", "new", ""])
def test_names_that_may_be_a_class(name):
    assert not is_container_name(name)


def test_names_that_lie_beside_classes():
    assert is_no_class_name("Examples")
    assert is_no_class_name("sample_images")
    assert not is_no_class_name("cat")
    assert not is_no_class_name("images")
