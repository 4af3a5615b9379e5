"""Split a person's images: what is given stays, what is missing is drawn by the images' content."""

import logging
from dataclasses import dataclass

import pandas as pd

from image_classification.errors import UserError
from image_classification.images.folder.checks import one_class_left
from image_classification.images.folder.corrections.corrected import corrected_index, refuse_corrected_tests
from image_classification.images.folder.drawn_split import DrawnSplit, draw_splits, empty_memory, units_of
from image_classification.images.folder.options import Allowance, FolderSplitOptions
from image_classification.images.folder.status_of_images import status_without_corrections, with_status
from image_classification.images.reading.file_status import OK
from image_classification.images.store.corrections import CORRECTION
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.split import SPLITS, sides
from image_classification.words import count_of, some

logger = logging.getLogger(__name__)

_NAMED = 10
# with fewer pictures, or groups, in a class, what belongs together decides how large its splits are
_FEW_UNITS = 10


@dataclass(frozen=True)
class FolderIndex:
    """The index of a folder, and the memory that keeps images in their splits when others come."""

    index: pd.DataFrame
    memory: pd.DataFrame


def make_folder_index(
    image_files: pd.DataFrame,
    images: ImageDict,
    parameters: FolderSplitOptions,
    *,
    marks: pd.DataFrame | None = None,
    memory: pd.DataFrame | None = None,
    corrections_of_test: Allowance = "refuse",
) -> FolderIndex:
    """Decide for every file of a folder which split it is in, or why it is in none.

    Splits that are given stay, and hold for the whole group of an image. If there is no test set, or no
    validation set, it is drawn from the training images (see `drawn_split`): an image stays in its split
    whatever files come and go, copies and groups share a split, and every class gives about the same share,
    but at least one image if it can. Corrections of labels move no image to another split.

    Args:
        image_files: One row per file found, with its correction, if there are any.
        images: The image dict of those with a readable header, in the same order.
        parameters: The shares and the seed.
        marks: What the audit says about each image: name, duplicate_group (copies of one picture, which are
            not torn apart), copies (the rule by which they were found) and left_out_reason.
        memory: The memory that an earlier call returned.
        corrections_of_test: Whether test images may be corrected.

    Returns:
        index: the rows and columns of image_files, with label (int64, -1 if it is not an image),
            decode_status ("" if it was not decoded), duplicate_group (-1 if it was not audited), split
            ("train", "validation", "test" or "") and left_out_reason; with corrections those of
            `images.store.corrections` too.
        memory: the memory, with these images.

    Raises:
        UserError: The table is of other images, or no training image remains, or those of one class only; or
            a test image is corrected.
    """
    index = status_without_corrections(image_files, images, marks)
    split, draw = _given(index)
    memory = empty_memory() if memory is None else memory
    remedy = ""
    given = sides(index) != ""
    if draw:
        free = split.isin(["", "train"]) & (index["left_out_reason"] == "")
        drawn = draw_splits(index[free], parameters, draw, memory)
        split[free], memory = drawn.split, drawn.memory
        _announce(index[free], drawn, draw, parameters)
        if drawn.known:
            anew = parameters.setting(seed=parameters.seed + 1)
            remedy = f" Its images are where an earlier run put them. To draw all of them anew: {anew}"
    index["split"] = split.astype("str")
    if CORRECTION in image_files:
        corrected = with_status(image_files, images, marks)
        if corrections_of_test == "refuse":
            refuse_corrected_tests(corrected, index["split"] == "test")
        index = corrected_index(index, corrected)
    _check(index, given, remedy)
    return FolderIndex(index.drop(columns="copies"), memory)


def _given(index: pd.DataFrame) -> tuple["pd.Series[str]", set[str]]:
    """Return the split that each usable image was given, and the splits to draw, as there are none."""
    usable = index["left_out_reason"] == ""
    split = sides(index).where(usable, "")
    draw = {name for name in ("validation", "test") if not (split == name).any()}
    split[usable & (split == "")] = "train"
    return split, draw


def _announce(files: pd.DataFrame, made: DrawnSplit, drawn: set[str], parameters: FolderSplitOptions) -> None:
    """Say what was drawn, from how many images, and what moved."""
    counts = made.split.value_counts()
    names = sorted(drawn, key=SPLITS.index)
    logger.info(
        "No %s set is given: of the %s%s images %s are taken%s.",
        " or ".join(names),
        f"{len(files):,}",
        " training" if len(names) == 1 or (files["given_split"] != "").any() else "",
        " and ".join(f"{counts.get(name, 0):,} for {name}" for name in names),
        f" ({made.known - made.moved:,} images are where they were before)" if made.known else "",
    )
    if made.moved:
        logger.warning(
            "%s moved to another split than in an earlier run, to be with the rest of a group or with "
            "their copies: results of that run are not comparable with those of this one.",
            count_of(made.moved, "image"),
        )
    if made.torn:
        logger.warning(
            "%s in several splits, as their images were split before they were known to be alike, and images "
            "stay where they are. To draw them all anew: %s",
            "1 picture has copies" if made.torn == 1 else f"{made.torn:,} pictures have copies",
            parameters.setting(seed=parameters.seed + 1),
        )
    units = units_of(files)
    _announce_large_units(units, counts, {name: parameters.shares[name] for name in names})
    _announce_few_units(units, files["class_name"])


def _announce_large_units(units: "pd.Series[int]", counts: "pd.Series[int]", asked: dict[str, float]) -> None:
    for name, asked_share in asked.items():
        share = counts.get(name, 0) / max(len(units), 1)
        if counts.get(name, 0) >= _FEW_UNITS and share > 2 * asked_share > 0:
            logger.warning(
                "The %s set has %.0f %% of the images where %.0f %% were asked for: of what stays together, "
                "the largest group has %s images.",
                *(name, 100 * share, 100 * asked_share, f"{units.value_counts().iloc[0]:,}"),
            )


def _announce_few_units(units: "pd.Series[int]", classes: "pd.Series[str]") -> None:
    sizes = units.groupby(classes).agg(["nunique", "size"])
    few = sizes[(sizes["nunique"] < _FEW_UNITS) & (sizes["size"] >= 2 * sizes["nunique"])]
    if len(few):
        named = (f"{name!r} ({row['size']} images of {row['nunique']})" for name, row in few.iterrows())
        logger.warning(
            "Copies of a picture and groups stay in one split, which decides how large the splits are where "
            "there are few different ones: %s.",
            some(named, _NAMED),
        )


def _check(index: pd.DataFrame, given: "pd.Series[bool]", remedy: str) -> None:
    counts = index[index["split"] != ""].groupby(["split", "class_name"]).size().unstack(fill_value=0)
    if "train" not in counts.index:
        raise UserError(
            f"No image remains for training, of {(index['decode_status'] == OK).sum()} that can be read.\n"
            "Expected a train folder, or shares for validation and test that leave some "
            f"({FolderSplitOptions.named('validation')}, {FolderSplitOptions.named('test')}). "
            "See the columns split and left_out_reason of the image index."
        )
    trained = [str(name) for name in counts.columns if counts.loc["train", name]]
    if len(trained) < 2:
        raise UserError(one_class_left(index, trained[0]))
    for split in SPLITS:
        if split not in counts.index:
            logger.warning("There is no image in the %s set.", split)
        elif lacking := [str(name) for name in counts.columns if counts.loc[split, name] == 0]:
            drawn = index["class_name"].isin(lacking) & (index["split"] != "") & ~given
            logger.warning(
                "There is no image of %s in the %s set.%s",
                *(some(lacking, _NAMED), split, remedy if drawn.any() else ""),
            )
