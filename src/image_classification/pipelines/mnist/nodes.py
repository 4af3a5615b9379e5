"""The nodes that are about MNIST alone."""

import os
from typing import Literal

from image_classification.images.idx import mnist
from image_classification.images.idx.mnist import MnistArchives
from image_classification.images.idx.mnist_download import MnistDownloadPlan
from image_classification.images.idx.mnist_images import plan_mnist_images
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.options import ImageOptions


def download_mnist(
    mirrors: list[str], connect_timeout: float, offline_fallback: Literal["digits", "none"]
) -> MnistDownloadPlan:
    """Plan the download of the four archives of MNIST; saving the plan carries it out.

    Mirrors are tried in order, the one of the environment variable MNIST_MIRROR first, and every checksum is
    verified. Complete archives are not fetched again. Without any mirror the digits of scikit-learn stand in.
    """
    choice = mnist.mirrors_to_try(mirrors, os.environ)
    return MnistDownloadPlan(
        archives=mnist.ARCHIVES,
        mirrors=choice.mirrors,
        mirrors_are_named=choice.named,
        connect_timeout=connect_timeout,
        offline_fallback=offline_fallback,
    )


def build_image_dict(archives: MnistArchives, images: ImageOptions) -> ImageDictPlan:
    """Plan the image dict, name -> {label: image}, resized; saving the plan fills the store if it has to."""
    return plan_mnist_images(archives, images)
