"""Folds for cross-validation: each image is held out once, together with whatever belongs to it."""

import hashlib
from collections.abc import Sequence
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from image_classification.errors import UserError
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.statistics import check_index
from image_classification.options import LARGEST_COUNT, Seed
from image_classification.processes.sharing import SharedWorkOptions
from image_classification.words import count_of, some

HELD_OUT = ("train", "validation")  # the splits whose images are divided; test images stay out of it


class CrossValidationOptions(SharedWorkOptions):
    """How the training and validation images are divided into folds, and who trains on them."""

    folds: Annotated[int, Field(strict=True, ge=2, le=1000)] = Field(
        default=5, description="Parts of the images, each of which is held out once."
    )
    repeats: Annotated[int, Field(strict=True, ge=1, le=LARGEST_COUNT)] = Field(
        default=1,
        description="How often that is done, with other folds and another seed of the training each time.",
    )
    seed: Seed = Field(default=0, description="Seed of the folds.")


def assign_folds(
    images: ImageDict, image_index: pd.DataFrame, options: CrossValidationOptions
) -> pd.DataFrame:
    """Divide the training and validation images into folds of about the same classes.

    What belongs together stays together: equal pixels, groups, and copies that an audit has found. Which fold
    an image is in follows from the content of the images, not from their names or order.

    Args:
        images: the image dict.
        image_index: which image is in which split; perhaps with the columns group and duplicate_group.
        options: how many folds, how often, and the seed.

    Returns:
        A row per image and repeat: name, class_name, repeat (0, 1, …), fold (0, 1, …).

    Raises:
        UserError: a class has not enough images that do not belong together.
    """
    rows = check_index(images, image_index).reset_index(drop=True)
    used = rows[rows["split"].isin(HELD_OUT)]
    content = _content(images, used.index.to_numpy())
    units = _units(used, content)
    _require_enough(used, units, options)
    keys = pd.Series(content).groupby(units).min().sort_index().tolist()
    labels = [np.bincount(each) for each in pd.Series(used["label"].to_numpy()).groupby(units).agg(list)]
    tables = []
    for repeat in range(options.repeats):
        fold_of = _greedy(labels, keys, options, repeat)
        tables.append(
            pd.DataFrame(
                {
                    "name": used["name"].to_numpy(),
                    "class_name": used["class_name"].to_numpy(),
                    "repeat": np.int64(repeat),
                    "fold": fold_of[units],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def index_of_fold(
    image_index: pd.DataFrame, folds: pd.DataFrame, *, validation: int, test: int | None = None
) -> pd.DataFrame:
    """Return the index of a source as if one fold were its validation images, and all others for training.

    Args:
        image_index: of the source.
        folds: of one repeat, as `assign_folds` returns them.
        validation: the fold that is validated on.
        test: another one that is left out of training and validation.
    """
    index = image_index.copy()
    fold = index["name"].map(folds.set_index("name")["fold"])
    divided = fold.notna() & index["split"].isin(HELD_OUT)
    split = np.where(fold == validation, "validation", "train")
    index["split"] = index["split"].where(~divided, split).astype("str")
    if test is not None:
        out = divided & (fold == test)
        index.loc[out, ["split", "left_out_reason"]] = ["", "held out"]
    return index


def _content(images: ImageDict, rows: npt.NDArray[np.int64]) -> list[str]:
    """Return the digest of the pixels of some images."""
    pixels = images.images
    return [hashlib.blake2b(pixels[int(row)].numpy().tobytes(), digest_size=16).hexdigest() for row in rows]


def _units(used: pd.DataFrame, content: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number what belongs together, by a chain of equal pixels, groups and copies: 0, 1, … for each image."""
    unit = pd.Series(np.arange(len(used)), dtype="int64")
    kinds = [pd.Series(content)]
    for column, nothing in (("sha256", ""), ("group", ""), ("duplicate_group", -1)):
        if column in used:
            values = used[column].reset_index(drop=True)
            own = "row " + pd.Series(np.arange(len(used))).astype("str")
            kinds.append(values.astype("str").where(values != nothing, own))
    while True:
        before = unit
        for keys in kinds:
            unit = unit.groupby(keys).transform("min")
        if unit.equals(before):
            break
    numbers, _ = pd.factorize(unit)
    return numbers.astype(np.int64)


def _require_enough(
    used: pd.DataFrame, units: npt.NDArray[np.int64], options: CrossValidationOptions
) -> None:
    """Refuse folds of which some would lack a class.

    Raises:
        UserError: naming the classes, and how many folds there may be.
    """
    named = used["class_name"].to_numpy()
    counts = pd.DataFrame({"name": named, "unit": units}).groupby("name")["unit"].agg(["size", "nunique"])
    few = counts[counts["nunique"] < options.folds]
    if not len(used):
        raise UserError("There are no training or validation images that could be divided into folds.")
    if not len(few):
        return
    fewest = int(counts["nunique"].min())
    found = some(
        f"{str(name)!r} has {count_of(int(row['size']), 'image')}"
        + (
            f", {count_of(int(row['nunique']), 'group')} of what belongs together"
            if row["nunique"] < row["size"]
            else ""
        )
        for name, row in few.iterrows()
    )
    remedy = (
        CrossValidationOptions.setting(folds=fewest)
        if fewest > 1
        else "add images of it, or leave it out by a table of corrections (leave_out)"
    )
    raise UserError(
        f"{CrossValidationOptions.named('folds')} is {options.folds}, and not every class has as many images "
        f"that may be parted: {found}.\nExpected one at least for each fold: {remedy}."
    )


def _greedy(
    labels: Sequence[npt.NDArray[np.intp]], keys: Sequence[str], options: CrossValidationOptions, repeat: int
) -> npt.NDArray[np.int64]:
    """Give each unit, the large ones first, to the fold that has the fewest images of its classes.

    Args:
        labels: of each unit, how many images it has of each class, as far as its last class.
        keys: what identifies each unit.
        options: number of folds, and seed.
        repeat: 0, 1, …
    """
    drawn = [_drawn(options.seed, repeat, key) for key in keys]
    order = sorted(range(len(keys)), key=lambda unit: (-int(labels[unit].sum()), drawn[unit]))
    width = max(len(each) for each in labels)
    of_class = np.zeros((options.folds, width), dtype=np.int64)
    total = np.zeros(options.folds, dtype=np.int64)
    fold_of = np.empty(len(keys), dtype=np.int64)
    for unit in order:
        counts = labels[unit]
        crowd = of_class[:, : len(counts)] @ counts
        # where nothing else decides, the content does
        turn = (np.arange(options.folds) + drawn[unit]) % options.folds
        fold = int(np.lexsort((turn, total, crowd))[0])
        of_class[fold, : len(counts)] += counts
        total[fold] += counts.sum()
        fold_of[unit] = fold
    return fold_of


def _drawn(seed: int, repeat: int, key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {repeat} {key}".encode()).digest()[:6], "big")
