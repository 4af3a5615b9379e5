"""The folders that a person names as splits, and the layouts that a person chooses."""

from pathlib import Path

import pytest

from image_classification.errors import UserError
from image_classification.images.folder.layout.decision import LayoutChoice
from image_classification.images.folder.layout.files import read_layout


def labels(content, layout="auto", path=None, **splits):
    named = {split: (names,) if isinstance(names, str) else names for split, names in splits.items()}
    files = read_layout(content, LayoutChoice(layout, named), path).files
    return {file.name: (file.class_name, file.given_split) if file.status == "ok" else None for file in files}


def kept(content, layout="auto", path=None, **splits):
    return {label for label in labels(content, layout, path, **splits).values() if label}


def in_splits(names, *splits):
    return {(name, split) for name in names for split in splits}


@pytest.mark.parametrize("wrapper", ["", "set/", "a/b/"])
@pytest.mark.parametrize("by", ["{name}", "{wrapper}{name}", "./{wrapper}{name}/", "/photos/{wrapper}{name}"])
def test_by_name_or_path(tree, wrapper, by):
    names = {
        split: by.format(name=name, wrapper=wrapper)
        for split, name in (("train", "foo"), ("validation", "bar"), ("test", "baz"))
    }

    found = labels(tree(f"{wrapper}{{foo,bar,baz,rest}}/{{a,b}}"), path=Path("/photos"), **names)

    assert {label for label in found.values() if label} == in_splits("ab", "train", "validation", "test")
    assert [name for name, label in found.items() if not label] == [
        f"{wrapper}rest/a/1.jpg",
        f"{wrapper}rest/b/1.jpg",
    ]


def test_several_folders_of_a_split(tree):
    found = labels(tree("{fold1,fold2,fold3}/{a,b}"), train=["fold1", "fold2"], test="fold3")

    assert found["fold2/a/1.jpg"] == ("a", "train")
    assert found["fold3/b/1.jpg"] == ("b", "test")


def test_against_what_the_names_say(tree):
    assert labels(tree("{train,test}/{a,b}"), train="test", test="train")["train/a/1.jpg"] == ("a", "test")


@pytest.mark.parametrize("between", ["", "/x"])
def test_by_name_inside_classes(tree, between):
    found = labels(tree(f"{{cat,dog}}{between}/{{learn,check,rest}}"), train="learn", test="check")

    assert {label for label in found.values() if label} == in_splits(["cat", "dog"], "train", "test")
    assert found[f"cat{between}/rest/1.jpg"] is None


def test_the_folder_itself_without_the_other_splits(tree):
    found = labels(tree("cat", "dog", "later/{cat,dog}"), train=".", test="later")

    assert found == {
        "cat/1.jpg": ("cat", "train"),
        "dog/1.jpg": ("dog", "train"),
        "later/cat/1.jpg": ("cat", "test"),
        "later/dog/1.jpg": ("dog", "test"),
    }


def test_other_classes_in_a_named_split_are_taken(tree):
    assert ("hen", "test") in kept(tree("foo/{cat,dog}", "bar/{hen,cow}"), train="foo", test="bar")


@pytest.mark.parametrize("name", ["fooo", "x/foo", "Foo", "/elsewhere/foo", "a/foo"])
def test_a_folder_that_is_not_there(tree, name):
    with pytest.raises(UserError, match="there is no such folder") as caught:
        labels(tree("{foo,bar}/{a,b}"), path=Path("/photos"), train=name, test="bar")

    assert f"SplitNames.train = {name}: " in str(caught.value)
    assert "There are: foo, foo/a, foo/b, bar, bar/a, bar/b." in str(caught.value)


def test_a_slip_of_the_pen_is_put_right(tree):
    with pytest.raises(UserError, match="did you mean second"):
        labels(tree("{first,second}/{a,b}"), train="first", test="secnd")


def test_a_folder_for_two_splits(tree):
    with pytest.raises(UserError, match="names foo for two splits, train and test"):
        labels(tree("{foo,bar}/{a,b}"), train="foo", test=["bar", "./foo"])


def test_a_named_folder_for_training_without_classes(tree):
    with pytest.raises(UserError, match="pictures in foo, but no folders of classes"):
        labels(tree("foo", "bar/{a,b}"), train="foo", test="bar")


def test_layout_classes(tree):
    assert kept(tree("{foo,bar}/{a,b}"), "classes") == {("foo", ""), ("bar", "")}
    assert kept(tree("{train,test}"), "classes") == {("train", ""), ("test", "")}
    assert kept(tree("x/{train,test}/{a,b}"), "classes") == {("train", ""), ("test", "")}


def test_layout_splits_takes_every_name_with_a_word_of_one(tree):
    found = labels(tree("{train_station,my_test,car}/{a,b}"), "splits")

    assert {label for label in found.values() if label} == in_splits("ab", "train", "test")
    assert found["car/a/1.jpg"] is None
    assert kept(tree("cat/{train,test}", "{dog,hen,cow}"), "splits") >= in_splits(["cat"], "train", "test")
    assert kept(tree("train/{cat,dog}", "test/{hen,cow}"), "splits") == {
        ("cat", "train"),
        ("dog", "train"),
        ("hen", "test"),
        ("cow", "test"),
    }


def test_layout_splits_without_names_of_splits(tree):
    with pytest.raises(UserError, match="no folder in /photos has a name such as train") as caught:
        labels(tree("{foo,bar}/{a,b}"), "splits", Path("/photos"))

    assert str(caught.value).startswith("ImageFolderOptions.layout = splits, but")
    assert "ImageFolderOptions(splits={'train': 'bar', 'test': 'foo'})" in str(caught.value)
