"""The small handwritten digits that come with scikit-learn: what there is when nothing can be downloaded."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

NAME = "digits"
TEST_IMAGES = 297
"""The last 297 of the 1,797 images are the test set, always; the first 1,500 are for training."""


class Digits(NamedTuple):
    """images (1797, 8, 8) uint8 and labels (1797,) int64, in scikit-learn's order."""

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]


def load_digits() -> Digits:
    """Load the digits; scikit-learn's values 0 to 16 become round(value * 255 / 16).

    Source: the test part of the "Optical Recognition of Handwritten Digits" data of the UCI repository,
    as bundled by `sklearn.datasets.load_digits`.
    """
    from sklearn.datasets import load_digits as load_bundled_digits  # noqa: PLC0415  takes 1.3 s, rarely needed

    bundled = load_bundled_digits()
    images = np.round(bundled.images * (255 / 16)).astype(np.uint8)
    return Digits(images, bundled.target.astype(np.int64))
