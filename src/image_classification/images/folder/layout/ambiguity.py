"""Where folders may mean two things: stop and show both readings."""

from collections.abc import Sequence, Set
from pathlib import Path

from image_classification.images.folder.layout.questions import (
    Answer,
    as_classes,
    as_one_set,
    as_part,
    as_splits,
    as_splits_inside,
    listed,
    question,
    with_splits,
)
from image_classification.images.folder.layout.split_folders import (
    SplitFolder,
    likeness,
    overlap,
    splits_by_name_alone,
)
from image_classification.images.folder.layout.tree import Folder, child_around
from image_classification.images.folder.layout.vocabulary import (
    is_container_name,
    is_mask_name,
    is_no_class_name,
    split_name,
)

# from this share of common names on, the folders inside two folders are taken for the same classes
_SAME = 0.75
_SAME_WITH_SPLITS = 0.5
# folders are compared with so many sets of names: where there are more, no half of the folders are alike
_COMPARED = 50


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
    _ask_about_a_folder_of_its_neighbours(path, top)
    if inside:
        _ask_about_splits_in_few_folders(path, top, inside, holders)
        _ask_about_sets_with_splits(path, top, inside, holders)
    else:
        _ask_about_equal_folders(path, top)
        _ask_about_a_container(path, top)


def _ask_about_a_folder_of_its_neighbours(path: Path, top: Folder) -> None:
    """`cat`, `dog`, `test/{cat,dog}`: the one folder may be a split, the rest another."""
    names = top.filled_names
    for folder in top.filled:
        inner = folder.inner_names
        common = {name for name in inner if name in names and name != folder.name}
        name = split_name(folder.name)
        if not common or 2 * len(common) < len(inner) or (len(common) == 1 and not name):
            continue
        split = name.split if name else "test"
        rest = SplitFolder(top, "test" if split == "train" else "train")
        reading = f"{folder.path} is the {split} set of the classes beside it"
        answer = with_splits(reading, [rest, SplitFolder(folder, split)])
        raise question(
            path,
            f"{folder.path} holds folders with the names of those beside it ({listed(common)})",
            [as_classes(path, top), answer, as_part(path, folder)],
        )


def _ask_about_splits_in_few_folders(
    path: Path, top: Folder, inside: Sequence[SplitFolder], holders: Sequence[Folder]
) -> None:
    """`cat/{train,test}`, `dog`: are they splits when the other classes have none?"""
    if 2 * len(holders) > len(top.filled):
        return
    names = [folder.name for folder, _ in inside]
    is_a_set = len(holders) == 1 and any(folder.filled for folder, _ in inside)
    of_holders = {folder.path for folder in holders}
    others = {folder.path for folder in top.filled} - of_holders
    raise question(
        path,
        f"there are splits ({listed(names)}) in {listed(of_holders)}, and none in {listed(others)}",
        [
            as_classes(path, top),
            as_part(path, holders[0]) if is_a_set else as_splits_inside(names, top.filled_names),
        ],
    )


def _ask_about_sets_with_splits(
    path: Path, top: Folder, inside: Sequence[SplitFolder], holders: Sequence[Folder]
) -> None:
    """`one/{train,test}/{cat,dog}`, `two/{train,test}/{cat,dog}`: are cat and dog the classes?"""
    splits_of: dict[str, list[Folder]] = {}
    for folder, _ in inside:
        splits_of.setdefault(child_around(folder.path, top.path), []).append(folder)
    classes_of = {
        outer: set().union(*(each.filled_names for each in its)) for outer, its in splits_of.items()
    }
    sets = [holder for holder in holders if len(classes_of[holder.path]) > 1]
    classes = [classes_of[holder.path] for holder in sets]
    names = [folder.name for folder, _ in inside]
    inside_classes = as_splits_inside(names, top.filled_names)
    if len(sets) > 1 and overlap(classes) >= _SAME_WITH_SPLITS:
        common = listed(set().union(*classes))
        reading = f"{common} are classes, {listed(each.name for each in sets)} one set"
        raise question(
            path,
            f"{listed(holder.path for holder in sets)} hold the same splits of the same folders ({common})",
            [inside_classes, with_splits(reading, inside)],
        )
    # alone, its folders are classes rather than parts of one if they are the same in each of its splits
    if len(sets) == 1 and likeness(splits_of[sets[0].path]) >= _SAME_WITH_SPLITS:
        raise question(
            path,
            f"{sets[0].path} holds splits ({listed(names)}) of the same folders ({listed(classes[0])}), and "
            f"beside it there is {listed({each.path for each in top.filled} - {sets[0].path})}",
            [as_classes(path, top), as_part(path, sets[0]), inside_classes],
        )


def _ask_about_equal_folders(path: Path, top: Folder) -> None:
    """`learn/{cat,dog}`, `check/{cat,dog}`: unknown words for splits, or classes with the same parts?"""
    same = _SAME_WITH_SPLITS if splits_by_name_alone(top.filled) else _SAME
    names = [(folder, frozenset(folder.inner_names)) for folder in top.filled]
    nested = [(folder, inside) for folder, inside in names if len(inside) > 1]
    kinds = list(dict.fromkeys(inside for _, inside in nested))[:_COMPARED]
    groups = [[folder for folder, inside in nested if overlap([kind, inside]) >= same] for kind in kinds]
    alike = max(groups, key=len, default=[])
    if len(alike) < 2 or 2 * len(alike) < len(top.filled):
        return
    inner = set().union(*(folder.inner_names for folder in alike))
    raise question(
        path,
        f"{listed(folder.path for folder in alike)} hold folders of the same names ({listed(inner)})",
        [
            *_without_masks(top, inner),
            as_classes(path, top),
            as_splits(alike, inner),
            as_one_set(alike, inner),
            *([as_splits_inside(sorted(inner), top.filled_names)] if len(inner) <= 3 else []),
            *(as_part(path, folder) for folder in alike if is_container_name(folder.name)),
        ],
    )


def _without_masks(top: Folder, inner: Set[str]) -> list[Answer]:
    """`<class>/{images,masks}`: of each class only the pictures count."""
    masks = sorted(name for name in inner if is_mask_name(name))
    pictures = sorted(name for name in inner if name not in masks)
    if not masks or not pictures or not all(map(is_container_name, pictures)):
        return []
    reading = f"{listed(top.filled_names)} are classes, and only what is in {listed(pictures)} counts"
    return [Answer(reading, {"splits": {"train": pictures}})]


def _ask_about_a_container(path: Path, top: Folder) -> None:
    """`data/{cat,dog}`, `examples`: is one folder all that counts?"""
    nested = [folder for folder in top.filled if folder.filled and not is_no_class_name(folder.name)]
    nested = nested or [folder for folder in top.filled if folder.filled]
    if len(nested) != 1 or nested[0].pictures or len(nested[0].unwrapped().filled) < 2:
        return
    folder, inner = nested[0], listed(nested[0].inner_names)
    others = [other for other in top.filled if other is not folder]
    name = split_name(folder.name)
    aside = all(is_no_class_name(other.name) for other in others)
    if not (aside or is_container_name(folder.name) or (name and not name.dress)):
        return
    part = as_part(path, folder)
    if name and name.split == "train":
        reading = f"{inner} are classes, {folder.path} holds them for training, and nothing else counts"
        part = with_splits(reading, [SplitFolder(folder, "train")])
    raise question(
        path,
        f"{folder.path} holds the folders {inner}, and beside it there is "
        f"{listed(other.path for other in others)}",
        [as_classes(path, top), part],
    )
