"""What is said of the reading of a folder: the decision in a line, and what it leaves out."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from image_classification.images.folder.layout.places import NO_SPLIT, UNLABELLED, Reading
from image_classification.images.folder.layout.questions import listed, splits_value
from image_classification.images.folder.layout.split_folders import SplitFolder
from image_classification.images.folder.layout.tree import Folder, ancestors_of, class_name_of, parent_of
from image_classification.images.folder.layout.words import is_mask_name, split_name
from image_classification.images.folder.options import ImageFolderOptions

_LEVELS = ("", "first", "second", "third", "fourth", "fifth")
_WARNINGS = 10


def summary(reading: Reading) -> str:
    """Return the decision: `10 classes from the second level of folders; splits from the first: …`."""
    filled = [folder for folder in reading.classes if folder.total]
    count = len({folder.name for folder in filled})
    where = _levels(folder.level for folder in filled)
    classes = f"{count} {'class' if count == 1 else 'classes'}"
    text = f"{classes} from the {where} of folders" if where else "no folder of a class holds pictures"
    if not reading.splits:
        behind = {parent_of(folder.path) for folder in filled} - {""}
        inside = f", inside {listed(behind)}" if behind else ""
        parts = any(folder.filled for folder in filled)
        return f"{text}{inside}; no splits given" + ("; folders inside a class belong to it" if parts else "")
    within = {outer for folder in filled for outer in (folder.path, *ancestors_of(folder.path))}
    names = {folder.path: folder.path or "." for folder, _ in reading.splits if folder.path in within}
    if not names:  # they lie in the folders of classes
        names = {folder.path: folder.name for folder, _ in reading.splits if folder.total}
    labelled = [each for each in reading.splits if each.folder.path in names]
    of_split = {
        split: listed(names[folder.path] for folder, its in labelled if its == split)
        for split in ("train", "validation", "test")
    }
    given = ", ".join(f"{split} = {folders}" for split, folders in of_split.items() if folders)
    levels = _levels(max(folder.level, 1) for folder, _ in labelled)
    return f"{text}; splits from the {levels}: {given}"


def unlabelled_folders(reading: Reading, left_out: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the folders of pictures that are left out as nothing says their class, or their split.

    Args:
        reading: Of the folder.
        left_out: Folder of the reading -> names of the pictures that are left out because of it.
    """
    return [folder for folder in left_out if _why_unlabelled(reading, folder)][:_WARNINGS]


def warnings(
    reading: Reading, left_out: Mapping[str, Sequence[str]], unsplit: Sequence[str], path: Path
) -> list[str]:
    """Tell what is left out or in no split, and where another reading may have been meant.

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
    why = _why_unlabelled(reading, folder) or "in no folder of a class"
    text = f"Left out: {_pictures(names)} in {path / folder}, {why}."
    own_name = folder.rpartition("/")[2]
    name = split_name(own_name)
    again = (name and name.both) or is_mask_name(own_name)  # `trainval` holds the validation images as well
    if reading.places[folder].reason == NO_SPLIT and not again and _has_classes(reading, names, folder):
        splits = splits_value([*reading.splits, SplitFolder(Folder(folder), "train")])
        text += f"\nTo train on them as well: {ImageFolderOptions.setting(splits=splits)}"
    return text


def _why_unlabelled(reading: Reading, folder: str) -> str:
    place = reading.places[folder]
    if place.reason == NO_SPLIT:
        return "which is none of the folders of splits"
    if place.reason == UNLABELLED:
        return "as no other split has a class of this name"
    holds_classes = any(folder in ancestors_of(each.path) for each in reading.classes if each.total)
    if place.split and not holds_classes:
        return "which has no folders of classes: nothing says what they show"
    return ""


def _has_classes(reading: Reading, names: Sequence[str], folder: str) -> bool:
    """Whether most of the pictures of a folder lie in folders inside it that have the names of classes."""
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
    if len(nested) != 1 or len(filled) < 2 or nested[0].pictures:
        return []
    inner = nested[0].unwrapped()
    if len(inner.filled) < 2:
        return []
    return [
        f"All pictures of {nested[0].name} lie in folders inside it ({listed(inner.filled_names)}), those of "
        "the other classes do not. If it is these that are the classes: "
        f"{ImageFolderOptions.setting(path=str(path / inner.path))}"
    ]


def _levels(levels: Iterable[int]) -> str:
    names = [_LEVELS[level] if level < len(_LEVELS) else f"{level}th" for level in sorted(set(levels))]
    return f"{' and '.join(names)} level{'s' if len(names) > 1 else ''}" if names else ""
