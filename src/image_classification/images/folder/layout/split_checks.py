"""Whether folders of splits hold something to learn from."""

from collections.abc import Sequence
from pathlib import Path

from image_classification.errors import UserError
from image_classification.images.folder.labels_in_names import NamedFiles, table_advice
from image_classification.images.folder.layout.places import Reading
from image_classification.images.folder.layout.questions import Answer, as_classes, listed, splits_value
from image_classification.images.folder.layout.split_folders import SplitFolder, class_parents
from image_classification.images.folder.layout.tree import Folder
from image_classification.images.folder.layout.words import is_container_name, is_mask_name
from image_classification.words import params_option


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
    lines = [
        f"{path}: there are pictures in {names}, but no folders of classes: nothing says what they show.",
        f"Expected {train[0].path}/<class>/…, or a table with the columns path, label and split as "
        "image_folder.path.",
    ]
    ordered = sorted(splits, key=lambda each: each.split != "train")
    lines.append(
        table_advice([NamedFiles(path / folder.path, split, folder.names) for folder, split in ordered])
    )
    if {folder.path for folder in top.filled} - {folder.path for folder, _ in splits}:
        answer = as_classes(path, top)
        lines.append(f"If {answer.reading}: {params_option(answer.parameters)}")
    raise UserError("\n".join(filter(None, lines)))


def refuse_masks(path: Path, top: Folder, reading: Reading) -> None:
    """Make sure that the two classes are not the pictures and masks of a set for segmentation.

    Raises:
        UserError: Their names say so.
    """
    names = sorted({folder.name for folder in reading.classes if folder.total})
    if len(names) != 2 or sorted(map(is_mask_name, names)) != [False, True]:
        return
    if not any(is_container_name(name) for name in names):
        return
    answer = (
        Answer(f"{listed(names)} are classes", {"image_folder.splits": splits_value(reading.splits)})
        if reading.splits
        else as_classes(path, top)
    )
    raise UserError(
        f"{path}: {listed(names)} look like pictures and their masks, as for segmentation.\n"
        "Expected a folder per class: this project says of a whole picture what it shows.\n"
        f"If {answer.reading}: {params_option(answer.parameters)}"
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
            if {name.casefold() for name in own} & {name.casefold() for name in others}:
                raise UserError(
                    f"{path}: the classes of the {split} split ({listed(own)}) and those of the other "
                    f"folders ({listed(others)}) differ in upper and lower case.\nExpected the same names "
                    "of folders in each split: rename them."
                )
            rest = [each for each in reading.splits if each.split != split]
            raise UserError(
                f"{path}: the {split} split has other classes ({listed(own)}) than the other folders "
                f"({listed(others)}).\nExpected the same names of folders in each split. To leave it out: "
                f"{params_option({'image_folder.splits': splits_value(rest)})}\n"
                f"To take all of them for classes: {params_option({'image_folder.layout': 'splits'})}"
            )
