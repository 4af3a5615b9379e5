"""What is said of the reading of a folder: the decision in a line, and what it leaves out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from image_classification.images.folder.layout.places import NO_SPLIT, UNLABELLED, Reading
from image_classification.images.folder.layout.questions import listed, splits_value
from image_classification.images.folder.layout.split_folders import SplitFolder
from image_classification.images.folder.layout.tree import Folder, ancestors_of, class_name_of
from image_classification.images.folder.layout.words import is_mask_name, split_name
from image_classification.words import params_option

_LEVELS = ("", "first", "second", "third", "fourth", "fifth")
_WARNINGS = 10


def summary(reading: Reading) -> str:
    """The decision: `10 classes from the second level of folders; splits from the first: …`."""
    filled = [folder for folder in reading.classes if folder.total]
    count = len({folder.name for folder in filled})
    where = _levels(folder.level for folder in filled)
    classes = f"{count} {'class' if count == 1 else 'classes'}"
    text = f"{classes} from the {where} of folders" if where else "no folder of a class holds pictures"
    if not reading.splits:
        behind = {folder.path.rpartition("/")[0] for folder in filled} - {""}
        inside = f", inside {listed(behind)}" if behind else ""
        parts = any(folder.filled for folder in filled)
        return f"{text}{inside}; no splits given" + ("; folders inside a class belong to it" if parts else "")
    within = {outer for folder in filled for outer in (folder.path, *ancestors_of(folder.path))}
    labelled = [each for each in reading.splits if each.folder.path in within]
    if not labelled:  # they lie in the folders of classes
        labelled = [each for each in reading.splits if each.folder.total]
        names = {each.folder.path: each.folder.name for each in labelled}
    else:
        names = {each.folder.path: each.folder.path or "." for each in labelled}
    of_split = {
        split: listed(names[folder.path] for folder, its in labelled if its == split)
        for split in ("train", "validation", "test")
    }
    given = ", ".join(f"{split} = {folders}" for split, folders in of_split.items() if folders)
    levels = _levels(max(folder.level, 1) for folder, _ in labelled)
    return f"{text}; splits from the {levels}: {given}"


def warnings(
    reading: Reading, left_out: Mapping[str, Sequence[str]], unsplit: Sequence[str], path: Path
) -> list[str]:
    """What is left out or in no split, and where another reading may have been meant.

    Args:
        reading: Of the folder.
        left_out: Folder of the reading -> names of the pictures that are left out because of it.
        unsplit: Names of pictures of a class that lie beside its folders of splits.
        path: Of the root.
    """
    lines = [_left_out(reading, folder, names, path) for folder, names in left_out.items()]
    if len(lines) > _WARNINGS:
        lines = [*lines[:_WARNINGS], f"Pictures of {len(lines) - _WARNINGS} more folders are left out so."]
    if unsplit:
        lines.append(
            f"{_pictures(unsplit)} of a class but in no folder of a split: no split is given for them."
        )
    return lines + _deeper_classes(reading, path)


def _left_out(reading: Reading, folder: str, names: Sequence[str], path: Path) -> str:
    place = reading.places[folder]
    text = f"Left out: {_pictures(names)} in {path / folder}"
    if place.reason == NO_SPLIT:
        why = "which is none of the folders of splits"
    elif place.reason == UNLABELLED:
        why = "as no other split has a class of this name"
    elif place.split and not any(folder in ancestors_of(each.path) for each in reading.classes if each.total):
        why = "which has no folders of classes: nothing says what they show"
    else:
        return f"{text}, in no folder of a class."
    option = params_option({"inference.images": str(path / folder)})
    text = f"{text}, {why}. To classify them after training: kedro run --pipeline inference {option}"
    name = split_name(folder.rpartition("/")[2])
    again = name is not None and name.both  # `trainval` holds the validation images as well
    again = again or is_mask_name(folder.rpartition("/")[2])
    if place.reason == NO_SPLIT and not again and _has_classes(reading, names, folder):
        splits = splits_value([*reading.splits, SplitFolder(Folder(folder), "train")])
        text += f"\nTo train on them as well: {params_option({'image_folder.splits': splits})}"
    return text


def _has_classes(reading: Reading, names: Sequence[str], folder: str) -> bool:
    """Whether most of the pictures of a folder lie in folders inside it that are called as classes."""
    classes = {each.name for each in reading.classes if each.total}
    inside = [class_name_of(name.removeprefix(f"{folder}/").partition("/")[0]) for name in names]
    return 2 * sum(name in classes for name in inside) > len(names)


def _pictures(names: Sequence[str]) -> str:
    return f"{len(names)} {'picture' if len(names) == 1 else 'pictures'} (such as {names[0]})"


def _deeper_classes(reading: Reading, path: Path) -> list[str]:
    if reading.splits:
        return []
    filled = [folder for folder in reading.classes if folder.total]
    nested = [folder for folder in filled if folder.filled]
    if len(nested) != 1 or len(filled) < 2 or nested[0].pictures or len(nested[0].unwrapped().filled) < 2:
        return []
    inner: Folder = nested[0].unwrapped()
    option = params_option({"image_folder.path": str(path / inner.path)})
    return [
        f"All pictures of {nested[0].name} lie in folders inside it ({listed(inner.filled_names)}), those of "
        f"the other classes do not. If it is these that are the classes: {option}"
    ]


def _levels(levels: Iterable[int]) -> str:
    names = [_LEVELS[level] if level < len(_LEVELS) else f"{level}th" for level in sorted(set(levels))]
    return f"{' and '.join(names)} level{'s' if len(names) > 1 else ''}" if names else ""
