"""Where folders may mean two things: stop and show both readings."""

from collections.abc import Sequence, Set
from pathlib import Path

from image_classification.images.folder.layout.places import Reading
from image_classification.images.folder.layout.questions import (
    Answer,
    as_classes,
    as_one_set,
    as_part,
    as_splits,
    as_splits_inside,
    listed,
    question,
    splits_value,
)
from image_classification.images.folder.layout.split_folders import (
    SplitFolder,
    common_share,
    share_of_common,
    splits_by_name_alone,
)
from image_classification.images.folder.layout.tree import Folder, ancestors_of, parent_of
from image_classification.images.folder.layout.words import (
    are_parts,
    is_container_name,
    is_mask_name,
    is_no_class_name,
    names_masks,
    split_name,
    splits_in,
)
from image_classification.words import natural_key

# from this share of common names on, the folders inside two folders are taken for the same classes
_SAME = 0.75
_SAME_WITH_SPLITS = 0.5
# where there are more kinds of folders than these, no half of them are alike
_KINDS = 50


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


def refuse_another_split(path: Path, top: Folder, reading: Reading) -> None:
    """Make sure that no folder beside the splits is one as well: `dev_test` beside `train` and `test`.

    Args:
        path: Of the root.
        top: What holds the splits.
        reading: Of the folders, with splits.

    Raises:
        UserError: With the readings: a folder with a word of a split in its name holds the same classes.
    """
    taken = {folder.path for folder, _ in reading.splits}
    classes = {folder.name for folder in reading.classes if folder.total}
    others = [
        folder
        for folder in top.filled
        if not any(split == folder.path or split.startswith(f"{folder.path}/") for split in taken)
        and splits_in(folder.name)
        and not ((name := split_name(folder.name)) and name.both)  # `trainval` is the others again
        and common_share([folder.unwrapped().filled_names, classes]) >= _SAME_WITH_SPLITS
    ]
    if not others:
        return
    of_splits = {split for _, split in reading.splits}
    guess = {}
    for folder in others:
        own = splits_in(folder.name)
        guess[folder.path] = next((split for split in reversed(own) if split not in of_splits), own[-1])
    whole = [*reading.splits, *(SplitFolder(folder, guess[folder.path]) for folder in others)]
    # `train_val_test` names all of them: it is likely to hold what they hold
    again = any(of_splits <= set(splits_in(folder.name)) for folder in others)
    again = again or any((name := split_name(folder.name)) and names_masks(name) for folder in others)
    answers = [
        Answer(
            f"{', '.join(f'{name} is a part of the {split} split' for name, split in guess.items())}",
            {"image_folder.splits": splits_value(whole)},
        ),
        Answer(
            f"{listed(folder.path for folder in others)} does not count",
            {"image_folder.splits": splits_value(reading.splits)},
        ),
    ]
    raise question(
        path,
        f"{listed(folder.path for folder in others)} beside the splits "
        f"{listed(folder.path for folder, _ in reading.splits)} holds the same folders ({listed(classes)})",
        answers[::-1] if again else answers,
    )


def refuse_parts(path: Path, top: Folder, table: str) -> None:
    """Make sure that folders are classes, and not the parts that a large set was packed in.

    Args:
        path: Of the root.
        top: What holds the folders.
        table: A table in the root that names the pictures, "" if there is none.

    Raises:
        UserError: With the readings: `images_001`, `images_002`, …
    """
    names = sorted(top.filled_names, key=natural_key)
    if len(names) < 2 or not are_parts(names):
        return
    answers = [as_classes(path, top)]
    hint = " (a table may say what each picture shows: image_folder.path=<table>)"
    if table:
        answers.insert(0, Answer(f"{table} says what they show", {"image_folder.path": str(path / table)}))
        hint = ""
    raise question(
        path, f"{listed(names)} are called as parts of one set are, and not as classes{hint}", answers
    )


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
    """`one/{train,test}/{cat,dog}`, `two/{train,test}/{cat,dog}`: are cat and dog the classes?"""
    splits_of: dict[str, list[Folder]] = {holder.path: [] for holder in holders}
    for folder, _ in inside:
        outer = next(outer for outer in ancestors_of(folder.path) if parent_of(outer) == top.path)
        splits_of.setdefault(outer, []).append(folder)
    classes_of = {
        holder: set().union(*(each.filled_names for each in its)) for holder, its in splits_of.items()
    }
    sets = [holder for holder in holders if len(classes_of[holder.path]) > 1]
    classes = [classes_of[holder.path] for holder in sets]
    names = [folder.name for folder, _ in inside]
    if len(sets) > 1 and common_share(classes) >= _SAME_WITH_SPLITS:
        reading = f"{listed(set().union(*classes))} are classes, {listed(each.name for each in sets)} one set"
        answer = Answer(
            reading,
            {"image_folder.splits": splits_value(inside)},
        )
        raise question(
            path,
            f"{listed(holder.path for holder in sets)} hold the same splits of the same folders "
            f"({listed(set().union(*classes))})",
            [as_splits_inside(names, top.filled_names), answer],
        )
    # alone, its folders are classes rather than parts of one if they are the same in each of its splits
    if len(sets) == 1 and share_of_common(splits_of[sets[0].path]) >= _SAME_WITH_SPLITS:
        raise question(
            path,
            f"{sets[0].path} holds splits ({listed(names)}) of the same folders ({listed(classes[0])}), and "
            f"beside it there is {listed({each.path for each in top.filled} - {sets[0].path})}",
            [as_classes(path, top), as_part(path, sets[0]), as_splits_inside(names, top.filled_names)],
        )


def _ask_of_equal_folders(path: Path, top: Folder) -> None:
    """`learn/{cat,dog}`, `check/{cat,dog}`: unknown words for splits, or classes with the same parts?"""
    same = _SAME_WITH_SPLITS if splits_by_name_alone(top.filled) else _SAME
    names = [(folder, frozenset(folder.unwrapped().filled_names)) for folder in top.filled]
    nested = [(folder, inside) for folder, inside in names if len(inside) > 1]
    kinds = list(dict.fromkeys(inside for _, inside in nested))[:_KINDS]
    groups = [[folder for folder, inside in nested if common_share([kind, inside]) >= same] for kind in kinds]
    alike = max(groups, key=len, default=[])
    if len(alike) < 2 or 2 * len(alike) < len(top.filled):
        return
    inner = set().union(*(folder.unwrapped().filled_names for folder in alike))
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
    return [
        Answer(
            f"{listed(top.filled_names)} are classes, and only what is in {listed(pictures)} counts",
            {"image_folder.splits": {"train": pictures}},
        )
    ]


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
