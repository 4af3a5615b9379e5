"""The nodes that are about data sets in MNIST's format alone."""

import os
from typing import Literal

from image_classification.images.idx import mnist
from image_classification.images.idx.idx_plan import IdxPlan
from image_classification.images.idx.idx_set import IdxSet, plan_idx_images
from image_classification.images.idx.mnist import MnistPlan
from image_classification.images.idx.options import IdxOptions
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.options import ImageOptions


def download_mnist(
    mirrors: list[str], connect_timeout: float, offline_fallback: Literal["digits", "none"]
) -> MnistPlan:
    """Plan the download of the four archives of MNIST; saving the plan carries it out.

    Mirrors are tried in order, the one of the environment variable MNIST_MIRROR first, and every checksum is
    verified. Complete archives are not fetched again. Without any mirror the digits of scikit-learn stand in.
    """
    choice = mnist.mirrors_to_try(mirrors, os.environ)
    return MnistPlan(
        archives=mnist.ARCHIVES,
        mirrors=choice.mirrors,
        mirrors_are_named=choice.named,
        connect_timeout=connect_timeout,
        offline_fallback=offline_fallback,
    )


def find_archives(
    path: str,
    files: str,
    name: str,
    class_names: list[str],
    checksums: dict[str, str],
    transpose: bool,
    connect_timeout: float,
) -> IdxPlan:
    """Plan to find the four files of a data set in a folder, or to download them; saving carries it out."""
    return IdxPlan(
        IdxOptions(
            path=path,
            files=files,
            name=name,
            class_names=class_names,
            checksums=checksums,
            transpose=transpose,
            connect_timeout=connect_timeout,
        )
    )


def build_image_dict(archives: IdxSet, images: ImageOptions) -> ImageDictPlan:
    """Plan the image dict, name -> {label: image}, resized; saving the plan fills the store if it has to."""
    return plan_idx_images(archives, images)
