"""Which labels are probably wrong, and which images fit no class, by probabilities that are out of fold.

A label is suspicious by confident learning: C. Northcutt, L. Jiang, I. Chuang, "Confident Learning:
Estimating Uncertainty in Dataset Labels", 2021, as `cleanlab` computes it (pruning by class). An image
fits no class by the entropy of its probabilities, adjusted for classes that the network is seldom sure of:
J. Kuan, J. Mueller, "Back to the Basics: Revisiting Out-of-Distribution Detection Baselines", 2022.
"""

import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.evaluation.predictions import class_indices
from image_classification.networks.answers.rule import PROBABILITY

# Of 5 % labels swapped on MNIST it finds 97 %, and 97 % of what it finds are swapped; by noise rate,
# cleanlab's default, it is 96 and 96 %, and fewer where there are many classes with few images
_FILTER = "prune_by_class"

Labels = npt.NDArray[np.intp]
Probabilities = npt.NDArray[np.float64]


class OutOfFold(NamedTuple):
    """What networks say of images that they have not learned from.

    names: (N,) of the images.
    class_names: of the C classes.
    labels: (N,) indices of the given classes.
    probabilities: (N, C), the mean over repetitions; a row that has no number is of an image about which
        nothing is known.
    """

    names: list[str]
    class_names: list[str]
    labels: Labels
    probabilities: Probabilities

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Whether the probabilities of each image are numbers, (N,)."""
        return np.asarray(np.isfinite(self.probabilities).all(axis=1))


def read_out_of_fold(table: pd.DataFrame) -> OutOfFold:
    """Take the probabilities from a table with a row per image and repetition.

    Args:
        table: name, label, and probability/<class> for each class, as `predictions_table` makes them.
    """
    columns = [name for name in table.columns if str(name).startswith(PROBABILITY)]
    class_names = [name.removeprefix(PROBABILITY) for name in columns]
    # a mean without a number among its values has none itself, unlike that of pandas' groups
    places, names = pd.factorize(table["name"])
    sums = np.zeros((len(names), len(columns)))
    np.add.at(sums, places, table[columns].to_numpy(dtype=np.float64))
    counts = np.bincount(places, minlength=len(names))
    labels = class_indices(table["label"][~table["name"].duplicated()], class_names)
    return OutOfFold(list(names), class_names, labels, sums / counts[:, np.newaxis])


def are_label_issues(of: OutOfFold) -> npt.NDArray[np.bool_]:
    """Tell which labels are probably wrong, (N,); none where there is no second class with images."""
    # takes a second to import, and few commands need it
    from cleanlab.filter import find_label_issues  # noqa: PLC0415

    issues = np.zeros(len(of.names), dtype=bool)
    labels, probabilities = _learned(of)
    if probabilities.shape[1] > 1:
        with warnings.catch_warnings():
            # of classes with one image, where there is nothing that it could be compared with
            warnings.simplefilter("ignore", UserWarning)
            issues[of.known] = find_label_issues(labels, probabilities, filter_by=_FILTER, n_jobs=1)
    return issues


def outlier_scores(of: OutOfFold) -> Probabilities:
    """Return how little each image fits any class, (N,), from 0 to 1; not a number where nothing is known."""
    from cleanlab.outlier import OutOfDistribution  # noqa: PLC0415

    scores = np.full(len(of.names), np.nan)
    labels, probabilities = _learned(of)
    if probabilities.shape[1] > 1:
        found = OutOfDistribution().fit_score(pred_probs=probabilities, labels=labels, verbose=False)
        scores[of.known] = 1 - np.clip(found, 0.0, 1.0)
    return scores


def _learned(of: OutOfFold) -> tuple[Labels, Probabilities]:
    """Return labels and probabilities of the known images, of those classes that any of these has."""
    labels = of.labels[of.known]
    present, among = np.unique(labels, return_inverse=True)
    return among, of.probabilities[of.known][:, present]
