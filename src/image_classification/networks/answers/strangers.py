"""By what an image of none of the classes is known: its looks, or what the network says, are unlike theirs.

A network may be sure of noise. So two things are compared with the validation images, each by its Mahalanobis
distance from their mean: what the pixels look like (`rule.looks_of`), and the largest probabilities, as of an
image of a class all of them have their usual sizes, those of the other classes, too.

Measured on MNIST with three networks (convnet after one epoch with smoothed labels and after two without, and
fully connected), the share of images that is answered where 2 % of the validation images are not: of noise,
clouds, grains of salt, stripes, checks and plain images 0 %, of letters 27 to 43 %. By the probabilities
alone: up to 100 % of the noise. By the highest probability alone: about half of all, of noise up to 100 %.
By the energy of the logits (W. Liu et al., 2020): nearly all noise. The distance is that of K. Lee et al., "A
Simple Unified Framework for Detecting Out-of-Distribution Samples", 2018, of numbers that every network has.
"""

from math import ceil

import numpy as np

from image_classification.networks.answers.calibration import Profile
from image_classification.networks.answers.rule import Floats, distances, largest

_MOST = 10  # probabilities that are looked at
_FEWEST = 3  # of two classes the one probability says all
_IMAGES_FOR_EACH = 10
_RIDGE = 1e-3  # of the mean variance: some numbers may not vary at all


def fit_outputs(probabilities: Floats, share: float) -> Profile | None:
    """Return how the largest probabilities (N, classes) are distributed; None where nothing can be told."""
    size = min(probabilities.shape[1], _MOST)
    return fit_profile(largest(probabilities, size), share) if size >= _FEWEST else None


def fit_profile(values: Floats, share: float) -> Profile | None:
    """Return how values (N, K) are distributed, with the distance that this share of them is beyond.

    None where there are too few to tell. Of N images and one more, each is as likely as any other to be among
    the farthest.
    """
    images, size = values.shape
    rank = ceil((images + 1) * (1 - share) - 1e-9)
    if share == 0 or images < _IMAGES_FOR_EACH * size or rank > images:
        return None
    covariance = np.cov(values, rowvar=False)
    ridge = _RIDGE * (np.trace(covariance) / size + _RIDGE)
    inverse = np.linalg.inv(covariance + ridge * np.eye(size))
    known = {"mean": values.mean(axis=0).tolist(), "inverse": ((inverse + inverse.T) / 2).tolist()}
    far = np.sort(distances(values, known))
    return Profile(**known, farthest=max(float(far[rank - 1]), 0.0))
