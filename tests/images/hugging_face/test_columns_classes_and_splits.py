"""Columns and splits are as the data set says, or as a person does; what is left out is told."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.images.hugging_face.conftest import pictures

from image_classification.errors import UserError
from image_classification.images.hugging_face.columns import choose_columns
from image_classification.images.hugging_face.hugging_face import plan_hugging_face
from image_classification.images.hugging_face.options import HuggingFaceOptions
from image_classification.images.hugging_face.splits import split_meanings
from image_classification.parameters.command_line import speak_of_parameters

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def plan(path, **options):
    return plan_hugging_face(HuggingFaceOptions(path=str(path), **options))


def schema(**columns):
    return pa.schema([("picture", IMAGE), *columns.items()])


@pytest.mark.parametrize(
    ("columns", "label"),
    [
        ({"label": pa.string()}, "label"),
        ({"width": pa.int64(), "Category": pa.string()}, "Category"),
        ({"cultivar": pa.string()}, "cultivar"),
        ({"score": pa.float32(), "boxes": pa.list_(pa.int32()), "animal": pa.bool_()}, "animal"),
    ],
)
def test_the_only_column_that_can_be_meant(columns, label):
    assert choose_columns(schema(**columns), HuggingFaceOptions(), "set")[:2] == ("picture", label)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ({"label": pa.string(), "class": pa.string()}, "label='class'"),
        ({"breed": pa.string(), "owner": pa.string()}, "label='owner'"),
        ({"label": pa.string(), "thumbnail": IMAGE}, "image='thumbnail'"),
        ({"score": pa.float32()}, "label='<column>'"),
    ],
)
def test_a_question_where_several_or_none_may_be(columns, named):
    with pytest.raises(UserError) as caught:
        choose_columns(schema(**columns), HuggingFaceOptions(), "set")

    assert f"HuggingFaceOptions({named})" in str(caught.value)


def test_columns_that_are_named():
    columns = schema(label=pa.string(), breed=pa.string(), tags=pa.list_(pa.string()))

    assert choose_columns(columns, HuggingFaceOptions(label="breed"), "set").label == "breed"
    with pytest.raises(UserError, match=r"no column 'bread' .*; did you mean breed\?"):
        choose_columns(columns, HuggingFaceOptions(label="bread"), "set")
    with pytest.raises(UserError, match="several labels of one image"):
        choose_columns(columns, HuggingFaceOptions(label="tags"), "set")


def test_the_column_of_classes_comes_before_other_names(datasets, write):
    made = datasets.Dataset.from_dict({"img": pictures(4), "label": list("wxyz"), "fine": [0, 1, 0, 1]})
    made = made.cast_column("img", datasets.Image())
    made = made.cast_column("fine", datasets.ClassLabel(names=["ant", "bee"]))

    assert plan(write({"train": made})).class_names == ["ant", "bee"]


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["10", "9", "10", "9"], ["9", "10"]),
        ([3, 11, 3, 11], ["3", "11"]),
        ([True, False, True, False], ["False", "True"]),
        (["a b", " a  b", "c", None], ["a b", "c"]),
    ],
)
def test_labels_that_are_no_classes_of_the_library(make, write, labels, classes):
    assert plan(write({"train": make(labels, names=None)})).class_names == classes


def test_classes_without_images_are_left_out_and_the_order_stays(make, write):
    made = plan(write({"train": make([2, 0, 2, 0], names=["zebra", "ant", "bee"])}), test=0.0)

    assert made.class_names == ["zebra", "bee"]
    assert made.labels.tolist() == [1, 0, 1, 0]


def test_images_without_a_label_are_left_out_and_counted(make, write, caplog):
    path = write({"train": make([0, -1, 1, -1]), "test": make([-1, -1])})

    with caplog.at_level("INFO"):
        made = plan(path, test=0.0)

    assert made.names == ["train/00000", "train/00002"]
    assert "set: 2 images without a label in train: left out." in caplog.text
    assert "set: 2 images without a label in test: left out." in caplog.text


def test_one_class_is_refused(make, write):
    speak_of_parameters()
    with pytest.raises(UserError, match=r"have 1 class by its column 'label'") as caught:
        plan(write({"train": make([0, 0, -1])}))
    assert "hugging_face.label=" in str(caught.value)


def test_a_class_beyond_the_names_is_damage(make, write):
    path = write({"train": make([0, 7], names=[*"abcdefgh"])}, "plain") / "train.parquet"
    table = pq.read_table(path)
    noted = table.schema.metadata[b"huggingface"].replace(b', "h"', b"")
    pq.write_table(table.replace_schema_metadata({b"huggingface": noted}), path)

    with pytest.raises(UserError, match="has the class 7 in its column 'label', and 7 names of classes"):
        plan(path)


@pytest.mark.parametrize(
    ("names", "what"), [(["dog", "cat"], "names of classes"), (None, "names of classes")]
)
def test_files_that_name_the_classes_differently(make, write, names, what):
    path = write({"train": make([0, 1]), "test": make([0, 1], names=names)})

    with pytest.raises(UserError, match=f"have different {what}"):
        plan(path)


@pytest.mark.parametrize(
    ("names", "meaning"),
    [
        (["train", "validation", "test"], ["train", "validation", "test"]),
        (["Training", "dev", "TEST"], ["train", "validation", "test"]),
        (["train", "val"], ["train", "validation"]),
        (["train_clean", "test.other", "unsupervised"], ["train", "test", "none"]),
        (["train", "extra", "train_test"], ["train", "none", "none"]),
        (["full"], ["train"]),
        ([""], ["train"]),
    ],
)
def test_what_splits_are_for(names, meaning):
    assert list(split_meanings(names, HuggingFaceOptions(), "set").values()) == meaning


def test_splits_that_a_person_explains():
    options = HuggingFaceOptions(splits={"extra": "train", "test": "none"})

    assert split_meanings(["train", "extra", "test"], options, "set") == {
        "train": "train",
        "extra": "train",
        "test": "none",
    }
    with pytest.raises(UserError, match=r"names tset, which set does not have"):
        split_meanings(["train", "test"], HuggingFaceOptions(splits={"tset": "test"}), "set")
    with pytest.raises(UserError, match="has no split for training"):
        split_meanings(["test", "other"], HuggingFaceOptions(), "set")


def test_splits_that_are_not_used_are_told(make, write, caplog):
    speak_of_parameters()
    path = write({"train": make([0, 1] * 2), "test": make([0, 1]), "unsupervised": make([-1, -1])}, "saved")

    with caplog.at_level("INFO"):
        made = plan(path)

    assert set(made.given_splits) == {"train", "test"}
    assert "not used are the splits unsupervised" in caplog.text
    assert "hugging_face.splits" in caplog.text
    assert "splits: test, train" in caplog.text


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_test_set_is_drawn_of_each_class_alike(make, write, share, caplog):
    path = write({"train": make([0] * 40 + [1] * 20)})
    with caplog.at_level("INFO"):
        made = plan(path, test=share)
        again = plan(path, test=share)
        other = plan(path, test=share, split={"seed": 1})

    drawn = np.array(made.given_splits) == "test"
    assert np.bincount(made.labels[drawn]).tolist() == [round(40 * share), round(20 * share)]
    assert again.given_splits == made.given_splits != other.given_splits
    assert "no test set with labels is given" in caplog.text


@pytest.mark.parametrize("share", [0.0, 0.9])
def test_training_images_of_every_class_remain(make, write, share):
    made = plan(write({"train": make([0, 1, 1])}), test=share)

    left = {
        int(label) for label, split in zip(made.labels, made.given_splits, strict=True) if split == "train"
    }
    assert left == {0, 1}


def test_one_of_several_configurations(make, write, tmp_path):
    for name in ("small", "large"):
        folder = tmp_path / "set" / name
        folder.mkdir(parents=True)
        make([0, 1, 1] if name == "small" else [0, 1] * 4).to_parquet(folder / "train-0.parquet")

    with pytest.raises(UserError, match="the data set has large, small"):
        plan(tmp_path / "set")
    with pytest.raises(UserError, match="config = huge"):
        plan(tmp_path / "set", config="huge")
    assert len(plan(tmp_path / "set", config="small").names) == 3
