"""The pipelines `mnist` and `idx`: a data set in MNIST's format, from its archives to sets for torch."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kedro.pipeline import Node, Pipeline

from image_classification.datasets.archives import read_record
from image_classification.files.paths import is_folder
from image_classification.images.idx import mnist
from image_classification.images.idx.download import file_problem
from image_classification.images.idx.idx_plan import IdxPlan
from image_classification.images.idx.idx_set import IdxSet, plan_idx_images
from image_classification.images.idx.mnist import MnistPlan
from image_classification.images.idx.options import WEB, IdxOptions, MnistOptions
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.options import ImageOptions
from image_classification.origins.declared import depends_on
from image_classification.pipelines import image_source
from image_classification.remote.fetched import here


def create_pipeline(source: str) -> Pipeline:
    """From the archives to `<source>.train_set`, `.validation_set` and `.test_set`, of mnist or idx."""
    get = {"mnist": download_mnist, "idx": find_archives}[source]
    nodes = [
        Node(get, "params:options", "archives", name=get.__name__),
        Node(build_image_dict, ["archives", "params:images"], "images", name="build_image_dict"),
    ]
    return image_source.in_namespace(source, nodes)


def _instead_of_the_digits(given: Mapping[str, Any], places: Sequence[Path]) -> str:
    """Say that MNIST can be had where its stand-in is, from the folder or from a mirror that is named."""
    [folder] = places
    record = read_record(folder)
    if record is None or record.files:
        return ""
    if all(file_problem(file, folder) is None for file in mnist.ARCHIVES):
        return f"made from scikit-learn's digits, and now the archives of MNIST are in {folder}"
    named = os.environ.get(mnist.MIRROR_VARIABLE, "").strip() or next(iter(given["options"]["mirrors"]), "")
    return f"made from scikit-learn's digits, and now a mirror of MNIST is named: {named}" if named else ""


@depends_on(not_on=("images", "split"), outdated=_instead_of_the_digits)
def download_mnist(options: Mapping[str, Any]) -> MnistPlan:
    """Plan the download of the four archives of MNIST; saving the plan carries it out.

    Mirrors are tried in order, the one of the environment variable MNIST_MIRROR first, and every checksum is
    verified. Complete archives are not fetched again. Without any mirror the digits of scikit-learn stand in.
    """
    chosen = MnistOptions.model_validate(options)
    choice = mnist.mirrors_to_try(chosen.mirrors, os.environ)
    return MnistPlan(
        archives=mnist.ARCHIVES,
        mirrors=choice.mirrors,
        mirrors_are_named=choice.named,
        connect_timeout=chosen.connect_timeout,
        offline_fallback=chosen.offline_fallback,
    )


def _files_in_folder(given: Mapping[str, Any]) -> list[Path]:
    path = given["options"]["path"]
    if not path or path.startswith(WEB):
        return []
    folder = here(path)
    return sorted(folder.iterdir()) if is_folder(folder) else []


@depends_on(outside=_files_in_folder, not_on=("images", "split"))
def find_archives(options: Mapping[str, Any]) -> IdxPlan:
    """Plan to find the four files of a data set in a folder, or to download them; saving carries it out."""
    return IdxPlan(IdxOptions.model_validate(options))


def build_image_dict(archives: IdxSet, images: ImageOptions) -> ImageDictPlan:
    """Plan the image dict, name -> {label: image}, resized; saving the plan fills the store if it has to."""
    return image_source.with_code(plan_idx_images(archives, images))
