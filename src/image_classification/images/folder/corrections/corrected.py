"""Correct labels as a table says; the person's files and the splits stay as they are."""

import logging
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from image_classification.errors import UserError
from image_classification.images.folder.corrections.table import LEAVE_OUT, Correction, read_corrections
from image_classification.images.folder.options import Allowance, ImageFolderOptions
from image_classification.images.reading.file_status import OK
from image_classification.images.store.corrections import (
    CLASS_BEFORE,
    CONFIRMED,
    CORRECTION,
    LEFT_OUT,
    LEFT_OUT_BEFORE,
    RELABELLED,
    SPLIT_BEFORE,
    are_changed,
    count_corrections,
    in_words,
)
from image_classification.images.store.split import sides
from image_classification.words import count_of, did_you_mean, nearest_names, printable, some

logger = logging.getLogger(__name__)

_REASON = "corrected: left out by the table of corrections"
_SHOWN = 20


def correct_files(
    image_files: pd.DataFrame,
    path: Path,
    folder: Path,
    *,
    of_test: Allowance = "refuse",
    of_classes: Allowance = "refuse",
) -> pd.DataFrame:
    """Give images the labels that a table of corrections says; those to be left out are marked only.

    Args:
        image_files: A row per file, as `index_image_files` made it.
        path: The table.
        folder: The folder that the names of the files start from.
        of_test: Whether images that were given as test images may be corrected.
        of_classes: Whether there may be new classes, or ones without an image.

    Returns:
        The rows, with class_name as corrected, and correction and class_before
        (`images.store.corrections`). The table as it is if there is no correction.

    Raises:
        UserError: The corrections cannot be read or made, or are not allowed.
    """
    images = (image_files["header_status"] == OK).to_numpy()
    classes = set(image_files.loc[images, "class_name"])
    found = read_corrections(path, image_files["name"].tolist(), classes, folder)
    others = [row for row in found if not images[row]]
    if others:
        logger.warning(
            "%s of %s no image, such as %s: not heeded.",
            count_of(len(others), "correction"),
            f"{path.name} {'is' if len(others) == 1 else 'are'} of what is",
            printable(str(image_files["name"].iloc[others[0]])),
        )
    corrections = {row: each for row, each in found.items() if images[row]}
    if not corrections:
        logger.info("%s: nothing to correct.", path.name)
        return image_files
    if of_classes == "refuse":
        _refuse_new_classes(image_files, classes, corrections, path)
    corrected = _applied(image_files, corrections)
    if of_classes == "refuse":
        _refuse_empty_classes(corrected, path)
    if of_test == "refuse":
        refuse_corrected_tests(corrected, sides(corrected) == "test")
    counts = count_corrections(corrected) or {}
    logger.info("Corrections of %s: %s.", path.name, in_words(**counts))
    return corrected


def refuse_corrected_tests(table: pd.DataFrame, are_tests: "pd.Series[bool]") -> None:
    """Make sure that no test image is corrected; to confirm its label is no correction.

    Args:
        table: name and correction of each image.
        are_tests: Which of them are test images.

    Raises:
        UserError: Some test images are corrected.
    """
    names = table["name"][are_changed(table) & are_tests].tolist()
    if names:
        raise UserError(
            f"{ImageFolderOptions.named('corrections')} would change {count_of(len(names), 'test image')}: "
            f"{some(names)}.\nThe test images measure the network. Corrected where it is wrong, they make it "
            "look better than it is, and the result cannot be compared with earlier ones.\nRemove these "
            "rows; or, if all test images were looked at, whatever the network says of them: "
            f"{ImageFolderOptions.setting(corrections_of_test='allow')}"
        )


def uncorrected_files(image_files: pd.DataFrame) -> pd.DataFrame:
    """Return the table of files as it would be without corrections."""
    if CORRECTION not in image_files:
        return image_files
    before = image_files.assign(class_name=image_files[CLASS_BEFORE])
    return before.drop(columns=[CORRECTION, CLASS_BEFORE])


def corrected_index(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Put the corrections into an index; every image stays in the split that it has without them.

    An image that is used only thanks to a correction (its copies had several labels) is in the split that it
    was given, or else a training image: no test image comes or goes.

    Args:
        before: The index without corrections, with its splits.
        now: The same rows with the corrected classes, label, left_out_reason, correction and class_before.

    Returns:
        The corrected index, with the columns of `images.store.corrections`.
    """
    reason = now["left_out_reason"].mask(
        (now["left_out_reason"] == "") & (now[CORRECTION] == LEFT_OUT), _REASON
    )
    given = sides(now).replace("", "train")
    split = before["split"].mask(before["split"] == "", given).mask(reason != "", "")
    columns = before.columns.drop(["class_name", "label", "split", "left_out_reason"])
    changed = {"class_name": now["class_name"], "label": now["label"], "split": split.astype("str")}
    index = before[columns].assign(**changed, left_out_reason=reason.astype("str"))
    return index[before.columns].assign(
        **{
            CORRECTION: now[CORRECTION],
            CLASS_BEFORE: now[CLASS_BEFORE],
            SPLIT_BEFORE: before["split"],
            LEFT_OUT_BEFORE: before["left_out_reason"],
        }
    )


def _applied(image_files: pd.DataFrame, corrections: Mapping[int, Correction]) -> pd.DataFrame:
    classes, kinds = image_files["class_name"].tolist(), [""] * len(image_files)
    for row, correction in corrections.items():
        if correction.label == LEAVE_OUT:
            kinds[row] = LEFT_OUT
        else:
            kinds[row] = CONFIRMED if correction.label == classes[row] else RELABELLED
            classes[row] = correction.label
    texts = {"class_name": classes, CORRECTION: kinds}
    series = {name: pd.Series(values, index=image_files.index, dtype="str") for name, values in texts.items()}
    return image_files.assign(**series, **{CLASS_BEFORE: image_files["class_name"]})


def _refuse_new_classes(
    image_files: pd.DataFrame, classes: set[str], corrections: Mapping[int, Correction], path: Path
) -> None:
    if LEAVE_OUT in classes:
        raise UserError(
            f"A class of these images is called {LEAVE_OUT}, which in the corrections {path} means that an "
            "image is to be left out.\nRename the class."
        )
    unknown = {row: each for row, each in corrections.items() if each.label not in {*classes, LEAVE_OUT}}
    for row, correction in unknown.items():
        others = f" So are those of {count_of(len(unknown) - 1, 'other row')}." if len(unknown) > 1 else ""
        name = printable(str(image_files["name"].iloc[row]))
        raise UserError(
            f"The corrections {path} give {name} ({correction.place}) the label {correction.label!r}, which "
            f"is none of the classes{did_you_mean(nearest_names(correction.label, classes))}{others}\n"
            f"Expected {some(sorted(classes), _SHOWN)}; or {LEAVE_OUT} to leave the image out. If it is "
            f"a new class: {ImageFolderOptions.setting(corrections_of_classes='allow')}"
        )


def _refuse_empty_classes(corrected: pd.DataFrame, path: Path) -> None:
    images = corrected[corrected["header_status"] == OK]
    left = set(images.loc[images[CORRECTION] != LEFT_OUT, "class_name"])
    if empty := sorted(set(images[CLASS_BEFORE]) - left):
        raise UserError(
            f"The corrections {path} leave no image of {some(map(repr, empty))}.\nExpected at least one of "
            "each class; if it is to vanish: "
            f"{ImageFolderOptions.setting(corrections_of_classes='allow')}"
        )
