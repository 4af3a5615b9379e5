"""Whether the folders taken for splits and classes can be that, and hold something to learn from."""

from collections.abc import Sequence
from pathlib import Path

from image_classification.errors import UserError
from image_classification.images.folder.labels_in_names import NamedFiles, table_advice
from image_classification.images.folder.layout.places import Reading
from image_classification.images.folder.layout.questions import (
    Answer,
    as_classes,
    listed,
    question,
    splits_value,
    with_splits,
)
from image_classification.images.folder.layout.split_folders import SplitFolder, class_parents, overlap
from image_classification.images.folder.layout.tree import Folder, ancestors_of
from image_classification.images.folder.layout.vocabulary import (
    are_parts,
    is_container_name,
    is_mask_name,
    names_masks,
    split_name,
    splits_in,
)
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.words import natural_key

# from this share of common names on, what lies beside the splits holds their classes
_SAME_CLASSES = 0.5


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
            return  # there is nothing to train on, which is said about the whole index
        train = [folder for folder, _ in splits if folder.total]
    if not train:
        return
    lines = [
        f"{path}: there are pictures in {listed(folder.path for folder in train)}, but no folders of "
        "classes: nothing says what they show.",
        f"Expected {train[0].path}/<class>/…, or a table with the columns path, label and split as "
        f"{ImageFolderOptions.named('path')}.",
    ]
    ordered = sorted(splits, key=lambda each: each.split != "train")
    lines.append(
        table_advice([NamedFiles(path / folder.path, split, folder.names) for folder, split in ordered])
    )
    if {folder.path for folder in top.filled} - {folder.path for folder, _ in splits}:
        lines.append(f"If {as_classes(path, top)}")
    raise UserError("\n".join(filter(None, lines)))


def refuse_masks(path: Path, top: Folder, reading: Reading) -> None:
    """Make sure that the two classes are not the pictures and masks of a set for segmentation.

    Raises:
        UserError: Their names say so.
    """
    names = sorted({folder.name for folder in reading.classes if folder.total})
    if len(names) != 2 or sorted(map(is_mask_name, names)) != [False, True]:
        return
    if not any(map(is_container_name, names)):
        return
    answer = (
        with_splits(f"{listed(names)} are classes", reading.splits)
        if reading.splits
        else as_classes(path, top)
    )
    raise UserError(
        f"{path}: {listed(names)} look like pictures and their masks, as for segmentation.\n"
        f"Expected a folder per class: this project says what a whole picture shows.\nIf {answer}"
    )


def refuse_other_classes(path: Path, reading: Reading) -> None:
    """Make sure that no split has only classes that the others lack.

    Raises:
        UserError: All classes of a split, if it has several, are unknown to the other splits.
    """
    classes: dict[str, set[str]] = {}
    for folder in reading.classes:
        if folder.total:
            classes.setdefault(reading.places[folder.path].split, set()).add(folder.name)
    for split in ("validation", "test"):
        own = classes.get(split, set())
        others = set().union(*(names for other, names in classes.items() if other != split))
        if len(own) < 2 or not others or not own.isdisjoint(others):
            continue
        if {name.casefold() for name in own} & {name.casefold() for name in others}:
            raise UserError(
                f"{path}: the classes of the {split} split ({listed(own)}) and those of the other "
                f"folders ({listed(others)}) differ in upper and lower case.\nExpected the same names "
                "of folders in each split: rename them."
            )
        rest = splits_value(each for each in reading.splits if each.split != split)
        raise UserError(
            f"{path}: the {split} split has other classes ({listed(own)}) than the other folders "
            f"({listed(others)}).\nExpected the same names of folders in each split. To leave it out: "
            f"{ImageFolderOptions.setting(splits=rest)}\n"
            f"To take all of them for classes: {ImageFolderOptions.setting(layout='splits')}"
        )


def refuse_another_split(path: Path, top: Folder, reading: Reading) -> None:
    """Make sure that no folder beside the splits is one as well: `dev_test` beside `train` and `test`.

    Raises:
        UserError: A folder in `top` with a word for a split in its name holds the same classes.
    """
    taken = {folder.path for folder, _ in reading.splits}
    around = {outer for split in taken for outer in ancestors_of(split)}
    classes = {folder.name for folder in reading.classes if folder.total}
    others = [
        folder
        for folder in top.filled
        if folder.path not in taken | around
        and splits_in(folder.name)
        and not ((name := split_name(folder.name)) and name.both)  # `trainval` is the others again
        and overlap([folder.inner_names, classes]) >= _SAME_CLASSES
    ]
    if not others:
        return
    of_splits = {split for _, split in reading.splits}
    guess = {}
    for folder in others:
        own = splits_in(folder.name)
        guess[folder.path] = next((split for split in reversed(own) if split not in of_splits), own[-1])
    as_well = [*reading.splits, *(SplitFolder(folder, guess[folder.path]) for folder in others)]
    named = listed(folder.path for folder in others)
    parts = ", ".join(f"{name} is a part of the {split} split" for name, split in guess.items())
    answers = [with_splits(parts, as_well), with_splits(f"{named} does not count", reading.splits)]
    # `train_val_test` names all of them: it is likely to hold what they hold
    again = any(of_splits <= set(splits_in(folder.name)) for folder in others)
    again = again or any((name := split_name(folder.name)) and names_masks(name) for folder in others)
    raise question(
        path,
        f"{named} beside the splits {listed(folder.path for folder, _ in reading.splits)} holds the same "
        f"folders ({listed(classes)})",
        answers[::-1] if again else answers,
    )


def refuse_parts(path: Path, top: Folder, table: str) -> None:
    """Make sure that the folders in `top` are classes, and not the parts that a large set was packed in.

    Args:
        path: Of the root.
        top: What holds the folders.
        table: A table in the root that names the pictures, or "".

    Raises:
        UserError: With the readings: `images_001`, `images_002`, …
    """
    names = sorted(top.filled_names, key=natural_key)
    if len(names) < 2 or not are_parts(names):
        return
    answers = [as_classes(path, top)]
    hint = f" (a table may say what each picture shows: {ImageFolderOptions.setting(path='<table>')})"
    if table:
        answers.insert(0, Answer(f"{table} says what they show", {"path": str(path / table)}))
        hint = ""
    raise question(
        path, f"{listed(names)} are named like the parts of one set, and not like classes{hint}", answers
    )
