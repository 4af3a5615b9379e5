"""Where folders may mean two things, or nothing that can be learnt: stop and say what to type."""

from collections.abc import Sequence
from pathlib import Path

from image_classification.errors import UserError
from image_classification.images.folder_tree import Folder
from image_classification.images.layout_places import Reading
from image_classification.images.layout_questions import (
    Answer,
    as_classes,
    as_part,
    as_splits,
    as_splits_inside,
    listed,
    question,
    splits_value,
)
from image_classification.images.split_folders import (
    SplitFolder,
    class_parents,
    share_of_common,
    splits_by_name_alone,
)
from image_classification.images.split_words import is_container_name, is_no_class_name, split_name
from image_classification.params_option import params_option

# from this share of common names on, the folders inside two folders are taken for the same classes
_SAME = 0.75
_SAME_WITH_SPLITS = 0.5
# where there are more kinds of folders than these, no half of them are alike
_KINDS = 50


def refuse_flat_splits(path: Path, top: Folder, splits: Sequence[SplitFolder]) -> None:
    """Make sure that there are folders of classes to train on.

    Raises:
        UserError: The folders for training, or all of them, hold pictures but no folders.
    """
    parents = class_parents(splits)
    if any(parent.filled for parent, (_, split) in zip(parents, splits, strict=True) if split == "train"):
        return
    train = [folder for folder, split in splits if split == "train"]
    if not any(folder.total for folder in train):
        if any(parent.filled for parent in parents):
            return  # there is nothing to train on, which is said of the whole index
        train = [folder for folder, _ in splits if folder.total]
    if not train:
        return
    names = listed(folder.path for folder in train)
    answer = as_classes(path, top)
    raise UserError(
        f"{path}: there are pictures in {names}, but no folders of classes: nothing says what they show.\n"
        f"Expected {train[0].path}/<class>/…, or a table with the columns path, label and split as "
        f"image_folder.path.\nIf {answer.reading}: {params_option(answer.parameters)}"
    )


def refuse_other_classes(path: Path, reading: Reading) -> None:
    """Make sure that no split is of classes that the others lack.

    Raises:
        UserError: All classes of a split, of several, are unknown to the other splits.
    """
    classes: dict[str, set[str]] = {}
    for folder in reading.classes:
        if folder.total:
            classes.setdefault(reading.places[folder.path].split, set()).add(folder.name)
    for split in ("validation", "test"):
        own = classes.get(split, set())
        others = set().union(*(names for other, names in classes.items() if other != split))
        if len(own) > 1 and others and own.isdisjoint(others):
            rest = [each for each in reading.splits if each.split != split]
            raise UserError(
                f"{path}: the {split} split has other classes ({listed(own)}) than the other folders "
                f"({listed(others)}).\nExpected the same names of folders in each split. To leave it out: "
                f"{params_option({'image_folder.splits': splits_value(rest)})}\n"
                f"To take all of them for classes: {params_option({'image_folder.layout': 'splits'})}"
            )


def refuse_two_readings(
    path: Path, top: Folder, inside: Sequence[SplitFolder], holders: Sequence[Folder]
) -> None:
    """Make sure that it is the folders in `top` that are the classes.

    Args:
        path: Of the root.
        top: What may hold the folders of classes.
        inside: Splits inside those, if any.
        holders: The folders in `top` that hold them.

    Raises:
        UserError: With the readings.
    """
    if len(top.filled) < 2:
        return
    _ask_of_a_folder_of_its_neighbours(path, top)
    if inside:
        _ask_of_splits_in_few_folders(path, top, inside, holders)
        _ask_of_sets_with_splits(path, top, inside, holders)
    else:
        _ask_of_equal_folders(path, top)
        _ask_of_a_container(path, top)


def _ask_of_a_folder_of_its_neighbours(path: Path, top: Folder) -> None:
    """`cat`, `dog`, `test/{cat,dog}`: the one folder may be a split, the rest another."""
    names = top.filled_names
    for folder in top.filled:
        inner = folder.unwrapped().filled_names
        common = {name for name in inner if name in names and name != folder.name}
        name = split_name(folder.name)
        if not common or 2 * len(common) < len(inner) or (len(common) == 1 and not name):
            continue
        split = name.split if name else "test"
        rest = SplitFolder(top, "test" if split == "train" else "train")
        answer = Answer(
            f"{folder.path} is the {split} set of the classes beside it",
            {"image_folder.splits": splits_value([rest, SplitFolder(folder, split)])},
        )
        raise question(
            path,
            f"{folder.path} holds folders that are called as those beside it ({listed(common)})",
            [as_classes(path, top), answer, as_part(path, folder)],
        )


def _ask_of_splits_in_few_folders(
    path: Path, top: Folder, inside: Sequence[SplitFolder], holders: Sequence[Folder]
) -> None:
    """`cat/{train,test}`, `dog`: are they splits when the other classes have none?"""
    if 2 * len(holders) > len(top.filled):
        return
    names = [folder.name for folder, _ in inside]
    is_a_set = len(holders) == 1 and any(folder.filled for folder, _ in inside)
    raise question(
        path,
        f"there are splits ({listed(names)}) in {listed(folder.path for folder in holders)}, and none in "
        f"{listed({each.path for each in top.filled} - {each.path for each in holders})}",
        [
            as_classes(path, top),
            as_part(path, holders[0]) if is_a_set else as_splits_inside(names, top.filled_names),
        ],
    )


def _ask_of_sets_with_splits(
    path: Path, top: Folder, inside: Sequence[SplitFolder], holders: Sequence[Folder]
) -> None:
    """`one/{train,test}/{cat,dog}`, `two/{train,test}/{cat,dog}`: two sets of the same classes?"""
    split_folders = {holder.path: Folder(holder.path) for holder in holders}
    for folder, _ in inside:
        for path_of_holder, merged in split_folders.items():
            if folder.path.startswith(f"{path_of_holder}/"):
                merged.folders += folder.filled
    for merged in split_folders.values():
        merged.total = 1
    alike = [merged for merged in split_folders.values() if len(merged.filled_names) > 1]
    if len(alike) > 1 and share_of_common(alike) >= _SAME_WITH_SPLITS:
        classes = set().union(*(merged.filled_names for merged in alike))
        answer = Answer(
            f"{listed(classes)} are classes, {listed(top.filled_names)} parts of one set",
            {"image_folder.splits": splits_value(inside)},
        )
        raise question(
            path,
            f"{listed(merged.path for merged in alike)} hold the same splits of the same folders "
            f"({listed(classes)})",
            [as_splits_inside([folder.name for folder, _ in inside], top.filled_names), answer],
        )


def _ask_of_equal_folders(path: Path, top: Folder) -> None:
    """`learn/{cat,dog}`, `check/{cat,dog}`: unknown words for splits, or classes with the same parts?"""
    same = _SAME_WITH_SPLITS if splits_by_name_alone(top.filled) else _SAME
    nested = [folder for folder in top.filled if len(folder.unwrapped().filled_names) > 1]
    kinds = {frozenset(folder.unwrapped().filled_names): folder for folder in nested}
    groups = [
        [other for other in nested if share_of_common([folder, other]) >= same]
        for folder in list(kinds.values())[:_KINDS]
    ]
    alike = max(groups, key=len, default=[])
    if len(alike) < 2 or 2 * len(alike) < len(top.filled):
        return
    inner = set().union(*(folder.unwrapped().filled_names for folder in alike))
    raise question(
        path,
        f"{listed(folder.path for folder in alike)} hold folders of the same names ({listed(inner)})",
        [
            as_classes(path, top),
            as_splits(alike, inner),
            *([as_splits_inside(sorted(inner), top.filled_names)] if len(inner) <= 3 else []),
            *(as_part(path, folder) for folder in alike if is_container_name(folder.name)),
        ],
    )


def _ask_of_a_container(path: Path, top: Folder) -> None:
    """`data/{cat,dog}`, `examples`: is one folder all that counts?"""
    nested = [folder for folder in top.filled if folder.filled and not is_no_class_name(folder.name)]
    nested = nested or [folder for folder in top.filled if folder.filled]
    if len(nested) != 1 or nested[0].pictures or len(nested[0].unwrapped().filled) < 2:
        return
    folder, inner = nested[0], nested[0].unwrapped().filled_names
    others = [other for other in top.filled if other is not folder]
    name = split_name(folder.name)
    is_split = name and not name.dress
    aside = all(is_no_class_name(other.name) for other in others)
    if not (aside or is_container_name(folder.name) or is_split):
        return
    part = as_part(path, folder)
    if name and name.split == "train":
        splits = splits_value([SplitFolder(folder, "train")])
        reading = (
            f"{listed(inner)} are classes, {folder.path} holds them for training, and nothing else counts"
        )
        part = Answer(reading, {"image_folder.splits": splits})
    raise question(
        path,
        f"{folder.path} holds the folders {listed(inner)}, and beside it there is "
        f"{listed(other.path for other in others)}",
        [as_classes(path, top), part],
    )
