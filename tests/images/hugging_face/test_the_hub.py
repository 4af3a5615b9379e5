"""A name on the hub is loaded by the library; without it, or the network, a message says what to do."""

import sys

import pytest

from image_classification.errors import UserError
from image_classification.images.hugging_face.hub import is_name, shards_of
from image_classification.images.hugging_face.hugging_face import plan_hugging_face
from image_classification.images.hugging_face.options import HuggingFaceOptions
from image_classification.images.hugging_face.shards import rows_of
from image_classification.parameters.command_line import speak_of_parameters


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("mnist", True), ("ylecun/mnist", True), ("a-b.c/d_e", True), ("/data/mnist", False), ("", False),
        ("a/b/c", False), ("./mnist", False), ("~/mnist", False), ("two words", False), ("photos.zip", False),
    ],
)  # fmt: skip
def test_what_may_be_a_name(text, is_one):
    assert is_name(text) == is_one


def test_the_library_is_not_installed(monkeypatch):
    speak_of_parameters()
    monkeypatch.setitem(sys.modules, "datasets", None)

    with pytest.raises(UserError) as caught:
        plan_hugging_face(HuggingFaceOptions(path="ylecun/mnist"))

    first, second = str(caught.value).splitlines()
    assert first.endswith("is not installed: pip install -e '.[hugging-face]'")
    assert "folder that holds a copy" in second


@pytest.mark.parametrize("config", ["", "small"])
def test_no_network(datasets, config):
    speak_of_parameters()
    with pytest.raises(UserError) as caught:
        plan_hugging_face(HuggingFaceOptions(path="nobody/nothing", config=config))

    first, second = str(caught.value).splitlines()
    assert "nobody/nothing" in first
    assert first.endswith("is not on this machine, and HF_HUB_OFFLINE is set.")
    assert "hugging_face.path=<folder>" in second


def test_what_the_library_has_loaded_is_read_from_its_own_files(datasets, make, write, opened):
    path = write({"train": make([0, 1, 1], seed=1), "test": make([1], seed=2)})
    files = {name: str(path / f"data/{name}-00000-of-00001.parquet") for name in ("train", "test")}

    loaded = datasets.load_dataset("parquet", data_files=files)

    shards = shards_of(loaded)
    assert [shard.split for shard in shards] == ["train", "test"]
    assert [row for shard in shards for rows in rows_of(shard.path, ["label"], 2) for row in rows] == [
        {"label": label} for label in (0, 1, 1, 1)
    ]
