"""Deciding which folders are splits and which are classes, from the whole tree of folders."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.images.folder.layout.ambiguity import refuse_two_readings
from image_classification.images.folder.layout.named_splits import find_named_splits
from image_classification.images.folder.layout.places import (
    Reading,
    classes_in,
    classes_inside_splits,
    splits_inside_classes,
)
from image_classification.images.folder.layout.plausibility import (
    refuse_another_split,
    refuse_flat_splits,
    refuse_masks,
    refuse_other_classes,
    refuse_parts,
)
from image_classification.images.folder.layout.questions import guessed_splits, splits_value
from image_classification.images.folder.layout.split_folders import (
    SplitFolder,
    splits_among,
    splits_by_name_alone,
    splits_inside,
    with_inner_splits,
)
from image_classification.images.folder.layout.tree import Folder, parent_of
from image_classification.images.folder.layout.vocabulary import is_container_name
from image_classification.images.folder.options import ImageFolderOptions, Layout


class LayoutChoice(NamedTuple):
    """What a person says about the folders.

    layout: "auto" to decide by the folders; "classes" if the first level, behind folders that only hold the
    next, are classes and none are splits; "splits" if those with a word for a split in their name are.
    splits: split -> its folders, by name or by path from the root; empty to find them by their names.
    """

    layout: Layout = "auto"
    splits: Mapping[str, Sequence[str]] = {}


def decide(root: Folder, choice: LayoutChoice, path: Path, table: str = "") -> Reading:
    """Decide what each folder of a tree means.

    Args:
        root: The tree.
        choice: What a person said about it.
        path: Of the root, for messages.
        table: A table there that names the files, or "".

    Raises:
        UserError: Two readings are likely, splits have no folders of classes, or the choice does not fit.
    """
    chain = _wrappers(root)
    if choice.splits:
        return _named(root, chain[-1], choice.splits, path)
    if choice.layout == "classes":
        return classes_in(chain[-1])
    if choice.layout == "splits":
        return _by_name_alone(root, chain[-1], path)
    top, splits = _splits_in_chain(chain)
    if splits:
        splits = with_inner_splits(splits)
        refuse_flat_splits(path, top, splits)
        reading = classes_inside_splits(root, splits)
        refuse_other_classes(path, reading)
        refuse_another_split(path, top, reading)
        refuse_masks(path, top, reading)
        return reading
    top = chain[-1]
    inside, holders = splits_inside(top.filled) if len(top.filled) > 1 else ([], [])
    refuse_two_readings(path, top, inside, holders)
    if inside:
        return splits_inside_classes(root, top, inside)
    top = _without_guessing(chain)
    refuse_parts(path, top, table)
    reading = classes_in(top)
    refuse_masks(path, top, reading)
    return reading


def _wrappers(root: Folder) -> list[Folder]:
    """Return the root and the folders in it that hold all the pictures, each inside the one before."""
    chain = [root]
    while len(filled := chain[-1].filled) == 1 and filled[0].filled and not filled[0].pictures:
        chain.append(filled[0])
    return chain


def _splits_in_chain(chain: Sequence[Folder]) -> tuple[Folder, list[SplitFolder]]:
    """Find splits in the innermost folder if there are several, else the first alone: `train/<class>`."""
    found = [(folder, splits_among(folder.folders)) for folder in chain]
    if len({split for _, split in found[-1][1]}) > 1:
        return found[-1]
    return next(((top, splits) for top, splits in found if splits), (chain[0], []))


def _without_guessing(chain: Sequence[Folder]) -> Folder:
    """Go past folders called `data` or the like; one called `pets` may be the only class so far."""
    top = chain[0]
    for folder in chain[1:]:
        if not is_container_name(folder.name):
            break
        top = folder
    return top


def _named(root: Folder, top: Folder, splits: Mapping[str, Sequence[str]], path: Path) -> Reading:
    found, by_path = find_named_splits(root, splits, path)
    if not by_path and _lie_in_classes(top, found):
        return splits_inside_classes(root, top, found)
    refuse_flat_splits(path, root, found)
    return classes_inside_splits(root, found)


def _by_name_alone(root: Folder, top: Folder, path: Path) -> Reading:
    level = [root]
    while level:
        inside = [inner for folder in level for inner in folder.folders]
        splits = splits_by_name_alone(inside)
        if "train" in {split for _, split in splits}:
            break
        level = inside
    else:
        guess = splits_value(guessed_splits(top.filled)) or {"train": "a folder", "test": "another"}
        raise UserError(
            f"{ImageFolderOptions.named('layout')} = splits, but no folder in {path} has a name such as "
            "train.\nExpected train, validation and test, or which folder is which, for example "
            f"{ImageFolderOptions.setting(splits=guess)}"
        )
    if _lie_in_classes(top, splits):
        return splits_inside_classes(root, top, splits)
    splits = with_inner_splits(splits)
    refuse_flat_splits(path, top, splits)
    return classes_inside_splits(root, splits)


def _lie_in_classes(top: Folder, splits: Sequence[SplitFolder]) -> bool:
    """Whether folders of splits are in several folders in `top`, or in one with only pictures in them."""
    prefix = f"{top.path}/" if top.path else ""
    below = all(folder.path.startswith(prefix) and folder.level > top.level + 1 for folder, _ in splits)
    several = len({parent_of(folder.path) for folder, _ in splits}) > 1
    return below and (several or not any(folder.filled for folder, _ in splits))
