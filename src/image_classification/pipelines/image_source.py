"""What every source of images goes through once its images are in an image dict: index, statistics, sets."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.pipeline import Node, Pipeline

from image_classification.files.paths import exists, is_file
from image_classification.images.sources import SOURCES
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.options import SplitOptions
from image_classification.images.store.split import check_trained_classes, make_image_index
from image_classification.images.store.statistics import summarise_images
from image_classification.images.store.tensor_sets import ImageTensorDataset, make_tensor_sets
from image_classification.origins.code import code_alone_of
from image_classification.origins.declared import depends_on
from image_classification.origins.source import digest
from image_classification.remote.fetched import here

# what is beside the pixels: how files are found and opened, how work is divided, what is said
_WITHOUT_PIXELS = tuple(
    f"image_classification.{room}"
    for room in ("errors", "files", "memory", "options", "processes", "remote", "threads", "words")
)


def create_pipeline(source: str) -> Pipeline:
    """From the options of a source, whose images are planned as it is registered, to its three sets."""
    plan = partial(plan_images, source)
    plan.__annotations__ = {}  # Kedro asks for them and for a name, and warns of what has none
    plan.__name__ = plan_images.__name__  # type: ignore[attr-defined]
    return in_namespace(source, [Node(plan, "params:options", "images", name="plan_images")])


def in_namespace(source: str, nodes: list[Node], *, with_index: bool = False) -> Pipeline:
    """Put the nodes that make `images`, and what follows for all sources, into the namespace of a source.

    Args:
        source: its name; its whole section of the parameters is `params:options` of the nodes, a mapping.
        nodes: those of the source alone.
        with_index: they make `image_index` too, which says which image is in which split.
    """
    split = Node(split_images, ["images", "params:split"], "image_index", name="split_images")
    statistics = Node(
        summarise_images, ["images", "image_index"], "image_statistics", name="compute_image_statistics"
    )
    sets = Node(
        build_tensor_sets,
        ["images", "image_index"],
        ["train_set", "validation_set", "test_set"],
        name="build_tensor_sets",
    )
    shared = [statistics, sets] if with_index else [split, statistics, sets]
    takes_section = any("params:options" in node.inputs for node in nodes)
    section = {"params:options": f"params:{source}"} if takes_section else {}
    return Pipeline([*nodes, *shared], namespace=source, parameters=section)


def _at_its_path(given: Mapping[str, Any]) -> list[Path]:
    """Return the files at the path that a source is given, where it is one on this machine."""
    text = str(given["options"].get("path") or "")
    path = here(text)
    if not text or not exists(path):
        return []
    return [path, *sorted(file for file in path.rglob("*") if is_file(file))]


@depends_on(not_on=("split",), outside=_at_its_path)
def plan_images(source: str, options: Mapping[str, Any]) -> ImageDictPlan:
    """Plan the image dict of a source, name -> {label: image}; saving the plan fills the store.

    Raises:
        ValueError: the source has a pipeline of its own.
    """
    plan = SOURCES[source]
    if plan is None:
        raise ValueError(f"The source {source} has a pipeline of its own")
    return with_code(plan(SOURCES.options[source].model_validate(options)))


def with_code(plan: ImageDictPlan) -> ImageDictPlan:
    """Have a store made anew where it was made by other code, or with other versions of libraries."""
    return replace(plan, code=code_digest(plan.fill, plan.value_range))


def code_digest(*functions: Callable[..., object]) -> str:
    """Return a digest of the code of functions that read pictures, and of the versions of its libraries."""
    codes = [code_alone_of(each) for each in functions]
    parts = sorted({name: part for code in codes for name, part in code.parts.items()}.items())
    deciding = [(name, part) for name, part in parts if not name.startswith(_WITHOUT_PIXELS)]
    versions = sorted({name: each for code in codes for name, each in code.libraries.items()}.items())
    return digest(repr((deciding, versions)).encode())


def split_images(images: ImageDict, split: SplitOptions) -> pd.DataFrame:
    """Put every image into the training, the validation or the test set.

    The test set is what the source gave as such. The validation set is carved from the training images:
    stratified (a seeded draw, the same share of each class), or the last of them, or none.
    """
    index = make_image_index(images, split)
    check_trained_classes(index, images.class_names)
    return index


def build_tensor_sets(
    images: ImageDict, image_index: pd.DataFrame
) -> tuple[ImageTensorDataset, ImageTensorDataset, ImageTensorDataset]:
    """Make the three datasets for torch: row numbers of the memory-mapped images, no copies."""
    sets = make_tensor_sets(images, image_index)
    return sets["train"], sets["validation"], sets["test"]
