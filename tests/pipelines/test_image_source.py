"""The tail that every source shares: its nodes refuse what does not belong together."""

import pytest
import torch
from kedro.pipeline import Node

from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.options import SplitOptions
from image_classification.images.store.split import make_image_index
from image_classification.images.store.statistics import summarise_images
from image_classification.pipelines.image_source import build_tensor_sets, in_namespace, plan_images


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


def made_up(options):
    """Plan the images of a source."""


def test_it_takes_images_and_gives_what_modelling_needs():
    images = Node(made_up, "params:options", "images", name="plan")
    sets = {"source.train_set", "source.validation_set", "source.test_set"}

    pipeline = in_namespace("source", [images])

    assert pipeline.inputs() == {"params:source", "params:source.split"}
    assert pipeline.outputs() == {"source.image_statistics", *sets}

    with_index = in_namespace("source", [Node(made_up, "x", ["images", "image_index"])], with_index=True)

    assert with_index.inputs() == {"source.x"}
    assert with_index.outputs() == {"source.image_statistics", *sets}


def test_a_source_with_a_pipeline_of_its_own_cannot_be_planned():
    with pytest.raises(ValueError, match="mnist has a pipeline of its own"):
        plan_images("mnist", {})
