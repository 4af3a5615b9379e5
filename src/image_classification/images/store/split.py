"""Splitting images into training, validation and test set: what is given, what is drawn, the image index."""

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.options import SplitOptions
from image_classification.words import some, some_lines

logger = logging.getLogger(__name__)

SPLITS = ("train", "validation", "test")

Rows = npt.NDArray[np.int64]


def sides(files: pd.DataFrame) -> "pd.Series[str]":
    """Return the split that each file was given, or else that of the others of its group, or else "".

    Args:
        files: given_split and group of each file, both "" where there is none.
    """
    given, group = files["given_split"], files["group"]
    of_group = given[(given != "") & (group != "")].groupby(group)
    agreed = of_group.first()[of_group.nunique() == 1]
    return given.where(given != "", group.map(agreed.astype("str")).astype("object").fillna("")).astype("str")


def torn_groups(files: pd.DataFrame) -> dict[str, list[str]]:
    """Return the groups that were given to several splits, with these splits, in the order of the files."""
    given = files[(files["given_split"] != "") & (files["group"] != "")]
    splits = given.groupby("group", sort=False)["given_split"].unique()
    return {str(group): list(of_group) for group, of_group in splits.items() if len(of_group) > 1}


def refuse_torn_groups(files: pd.DataFrame, remedy: str) -> None:
    """Make sure that what belongs together was given to one split.

    Args:
        files: given_split and group of each file.
        remedy: How to have images left out instead, for the message.

    Raises:
        UserError: A group was given to several.
    """
    torn = torn_groups(files)
    if not torn:
        return
    found = "1 group of images that belong together was"
    if len(torn) > 1:
        found = f"{len(torn)} groups of images that belong together were"
    lines = "\n".join(some_lines(f"{group}: {', '.join(splits)}" for group, splits in torn.items()))
    raise UserError(
        f"{found} given to several splits.\n{lines}\n"
        "Correct the splits, or leave out the group column, or have the images of these groups left out of "
        f"all splits but one: {remedy}"
    )


def make_image_index(images: ImageDict, parameters: SplitOptions) -> pd.DataFrame:
    """Decide which split every image is in, or why it is in none.

    The test set is what the source gave as test images; the validation set is what it gave as such, or else
    is carved from the others.

    Returns:
        One row per image, in the order of the image dict, with the columns name, label (int64), class_name,
        given_split, decode_status, split ("train", "validation", "test" or "") and left_out_reason.

    Raises:
        UserError: The validation set would take all training images.
    """
    labels = images.labels.numpy()
    given = np.array(images.given_splits, dtype=object)
    status = np.array(images.status, dtype=object)
    usable = status == "ok"

    split = np.full(len(images), "", dtype=object)
    for name in ("validation", "test"):
        split[usable & (given == name)] = name
    training = np.flatnonzero(usable & (split == ""))
    split[training] = "train"
    if not (given == "validation").any():
        split[choose_validation_rows(training, labels, parameters)] = "validation"

    return pd.DataFrame(
        {
            "name": pd.Series(images.names, dtype="str"),
            "label": labels,
            "class_name": pd.Series(np.array(images.class_names, dtype=object)[labels], dtype="str"),
            "given_split": pd.Series(given, dtype="str"),
            "decode_status": pd.Series(status, dtype="str"),
            "split": pd.Series(split, dtype="str"),
            "left_out_reason": pd.Series(np.where(usable, "", status), dtype="str"),
        }
    )


def check_trained_classes(image_index: pd.DataFrame, class_names: Sequence[str]) -> None:
    """Warn of classes without training images.

    Raises:
        UserError: All training images are of one class.
    """
    labels = image_index.loc[image_index["split"] == "train", "label"]
    trained = set(labels)
    if len(trained) == 1:
        raise UserError(
            f"All {len(labels):,} training images are of one class, {class_names[trained.pop()]!r}: nothing "
            "to tell apart.\nExpected training images of two classes or more."
        )
    if trained and (lacking := [name for label, name in enumerate(class_names) if label not in trained]):
        logger.warning(
            "There is no training image of %s: the network cannot learn to recognise %s.",
            some(map(repr, lacking), 10),
            "it" if len(lacking) == 1 else "them",
        )


def choose_validation_rows(training: Rows, labels: Rows, parameters: SplitOptions) -> Rows:
    """Choose the validation rows among the training rows; `labels` are those of all rows.

    Raises:
        UserError: No training image would be left.
    """
    count = _number_of_validation_images(len(training), parameters.validation)
    if count == 0 or len(training) == 0:
        return training[:0]
    if count >= len(training):
        raise UserError(
            f"{SplitOptions.named('validation')} = {parameters.validation} takes {count} of {len(training)} "
            "training images: none remain for training.\n"
            f"Choose a number of images below {len(training)}, a share below 1, or 0 for no validation set."
        )
    if parameters.method == "last":
        return training[-count:]
    rows_of_class = {int(label): training[labels[training] == label] for label in np.unique(labels[training])}
    quotas = _largest_remainder(count, {label: len(rows) for label, rows in rows_of_class.items()})
    chosen = [
        # a generator per class: one more image in a class does not reshuffle the others
        np.random.default_rng([parameters.seed, label]).permutation(rows_of_class[label])[:quota]
        for label, quota in quotas.items()
    ]
    return np.sort(np.concatenate(chosen))


def _number_of_validation_images(training_images: int, validation: float) -> int:
    if isinstance(validation, int) or validation == 0:
        return int(validation)
    return max(int(training_images * validation + 0.5), 1)  # a share is at least one image


def _largest_remainder(total: int, counts: dict[int, int]) -> dict[int, int]:
    """Divide `total` (less than the sum of the counts) in proportion to the counts, exactly.

    What is left after rounding down goes to the largest remainders, first among the classes that keep an
    image for training.
    """
    everything = sum(counts.values())
    quotas = {label: total * count // everything for label, count in counts.items()}
    by_remainder = sorted(
        counts,
        key=lambda label: (quotas[label] + 1 >= counts[label], -(total * counts[label] % everything), label),
    )
    for label in by_remainder[: total - sum(quotas.values())]:
        quotas[label] += 1
    return quotas
