"""Splitting a person's images: what is given stays, what is missing is drawn by the images' content."""

import hashlib
import logging

import numpy as np
import numpy.typing as npt
import pandas as pd

from image_classification.errors import UserError
from image_classification.images.file_status import OK
from image_classification.images.image_dict import ImageDict
from image_classification.parameters.image_folder import FolderSplitParameters

logger = logging.getLogger(__name__)


def make_folder_index(
    image_files: pd.DataFrame,
    images: ImageDict,
    parameters: FolderSplitParameters,
    *,
    marks: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Decide for every file of a folder in which split it is, or why it is in none.

    Splits that are given stay. If there is no test set, or no validation set, it is drawn from the training
    images: each image by a number between 0 and 1 that a hash makes of the seed and its content. So an image
    stays in its split whatever files come and go, exact duplicates share a split, and every class gives
    about the same share.

    Args:
        image_files: One row per file found.
        images: The image dict of those whose header is fine, in the same order.
        parameters: The shares and the seed.
        marks: What the audit says of each image: name, duplicate_group (copies of one picture, which are not
            torn apart) and left_out_reason.

    Returns:
        The rows and columns of image_files, with label (int64, -1 if it is no image), decode_status ("" of
        what was not decoded), duplicate_group (-1 of what was not audited), split ("train", "validation",
        "test" or "") and left_out_reason.

    Raises:
        UserError: The table is of other images, or no training image remains.
    """
    index = image_files.copy()
    decoded = (index["header_status"] == OK).to_numpy()
    if index["name"][decoded].tolist() != images.names:
        raise UserError(
            f"The table of files ({decoded.sum()} images) is not that of the images ({len(images)}): "
            "one of them is older.\nRun the whole pipeline: kedro run --pipeline image_folder"
        )
    index["label"] = np.int64(-1)
    index.loc[decoded, "label"] = images.labels.numpy()
    index["decode_status"] = pd.Series("", index=index.index, dtype="str")
    index.loc[decoded, "decode_status"] = images.status
    reason = index["header_status"].where(~decoded, index["decode_status"]).replace(OK, "")
    index["duplicate_group"] = np.int64(-1)
    if marks is not None:
        of_name = marks.set_index("name")
        group = index["name"].map(of_name["duplicate_group"])
        index["duplicate_group"] = group.fillna(-1).astype("int64")
        reason = reason.where(reason != "", index["name"].map(of_name["left_out_reason"]).fillna(""))
    index["left_out_reason"] = reason.astype("str")
    index["split"] = _splits(index, parameters).astype("str")
    _check(index)
    return index


def _splits(index: pd.DataFrame, parameters: FolderSplitParameters) -> "pd.Series[str]":
    usable = index["left_out_reason"] == ""
    split = index["given_split"].where(usable, "")
    free = usable & split.isin(["", "train"])
    number = pd.Series(np.nan, index=index.index)
    number[free] = _numbers(index[free], parameters.seed)
    validation_is_given, test_is_given = ((split == name).any() for name in ("validation", "test"))
    split[free] = "train"
    # from the two ends: another share of one leaves the other as it was
    if not validation_is_given:
        split[free & (number < parameters.validation)] = "validation"
    if not test_is_given:
        split[free & (number >= 1 - parameters.test)] = "test"
    return split


def _numbers(files: pd.DataFrame, seed: int) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each file, the same for all files of a group."""
    keys = files["sha256"].where(files["group"] == "", "group " + files["group"])
    places, sorted_keys = pd.factorize(keys, sort=True)
    first = pd.Series(places, index=files.index, dtype="float64")
    copies = files["duplicate_group"].where(files["duplicate_group"] >= 0)
    # groups of both kinds may overlap in chains: the first key spreads until nothing changes (the
    # smallest number would not do: the larger a group, the surer it would go to validation)
    while True:
        earlier = first.groupby(copies).transform("min").fillna(first)
        earlier = earlier.groupby(keys).transform("min")
        if earlier.equals(first):
            break
        first = earlier
    return np.array([_number(seed, sorted_keys[int(place)]) for place in first], dtype=np.float64)


def _number(seed: int, key: str) -> float:
    digest = hashlib.sha256(f"{seed} {key}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48  # 48 bits are exact in a float


def _check(index: pd.DataFrame) -> None:
    counts = index[index["split"] != ""].groupby(["split", "class_name"]).size().unstack(fill_value=0)
    if "train" not in counts.index:
        raise UserError(
            f"No image remains for training, of {(index['decode_status'] == OK).sum()} that can be read.\n"
            "Expected a train folder, or image_folder.split.validation and .test that leave some. "
            "See the columns split and left_out_reason of the image index."
        )
    for split in ("train", "validation", "test"):
        if split not in counts.index:
            logger.warning("There is no image in the %s set.", split)
        elif lacking := [str(name) for name in counts.columns if counts.loc[split, name] == 0]:
            shown = ", ".join(lacking[:10]) + (" …" if len(lacking) > 10 else "")
            logger.warning("There is no image of %s in the %s set.", shown, split)
