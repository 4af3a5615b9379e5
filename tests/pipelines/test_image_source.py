"""The tail that every source shares: its nodes refuse what does not belong together."""

import pytest
import torch

from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.options import SplitOptions
from image_classification.images.store.split import make_image_index
from image_classification.images.store.statistics import summarise_images
from image_classification.pipelines.image_source import build_tensor_sets, create_pipeline


def images(count):
    return ImageDict(
        images=torch.arange(count, dtype=torch.uint8).reshape(count, 1, 1, 1),
        labels=torch.arange(count) % 2,
        names=[str(row) for row in range(count)],
        class_names=["a", "b"],
        given_splits=["train"] * (count - 4) + ["test"] * 4,
    )


def test_from_images_to_sets():
    source = images(24)
    index = make_image_index(source, SplitOptions(validation=4))

    train, validation, test = build_tensor_sets(source, index)

    assert [len(train), len(validation), len(test)] == [16, 4, 4]
    assert test.names == ["20", "21", "22", "23"]
    counts = summarise_images(source, index)["counts"]
    assert counts["validation"] == {"a": 2, "b": 2}


def test_an_older_index_is_refused():
    index = make_image_index(images(24), SplitOptions())

    with pytest.raises(UserError, match="older"):
        build_tensor_sets(images(25), index)
    with pytest.raises(UserError, match="older"):
        summarise_images(images(25), index)


def test_it_takes_images_and_gives_what_modelling_needs():
    pipeline = create_pipeline()

    assert pipeline.inputs() == {"images", "params:split"}
    assert pipeline.outputs() == {"image_statistics", "train_set", "validation_set", "test_set"}
