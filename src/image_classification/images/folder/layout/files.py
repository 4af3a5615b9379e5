"""What the folders of a person's images say about each file, and what to tell the person."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from image_classification.images.folder.found_files import FolderContent
from image_classification.images.folder.layout.decision import LayoutChoice, decide
from image_classification.images.folder.layout.places import NO_SPLIT, UNLABELLED, Reading
from image_classification.images.folder.layout.questions import listed, splits_value
from image_classification.images.folder.layout.split_folders import SplitFolder
from image_classification.images.folder.layout.tree import (
    Folder,
    ancestors_of,
    class_name_of,
    folder_tree,
    parent_of,
)
from image_classification.images.folder.layout.vocabulary import is_mask_name, split_name
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.reading.file_status import OK, ignored
from image_classification.images.reading.pictures import promises_picture
from image_classification.words import count_of, printable

_LEVELS = ("", "first", "second", "third", "fourth", "fifth")
_WARNINGS = 10


class LabelledFile(NamedTuple):
    """A file with what its place says about it; class_name and given_split are "" where it says nothing."""

    name: str
    class_name: str
    given_split: str
    group: str
    status: str


class FolderLayout(NamedTuple):
    """The files and the classes that have a folder, whether or not anything is in it.

    decision: how the folders were understood, in a line.
    warnings: what is left out, and may surprise.
    unlabelled: folders whose pictures are left out as nothing labels them; a trained network may.
    """

    files: list[LabelledFile]
    class_folders: list[str]
    decision: str = ""
    warnings: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()


def read_layout(
    content: FolderContent, choice: LayoutChoice | None = None, path: Path | None = None, table: str = ""
) -> FolderLayout:
    """Label files by their folders: `<class>/…`, `<split>/<class>/…` or `<class>/<split>/…`, at any depth.

    Folders are splits by their names and those of their neighbours, inside any that only hold the next.

    Args:
        content: All files and folders.
        choice: What a person said about the folders.
        path: Where they are, for messages.
        table: A table there that names the files, or "".

    Raises:
        UserError: Two readings are likely, splits have no folders of classes, or the choice does not fit.
    """
    path = path or Path()
    reading = decide(folder_tree(content), choice or LayoutChoice(), path, table)
    place_of: dict[str, str] = {}
    files: list[LabelledFile] = []
    unsplit: list[str] = []
    left_out: dict[str, list[str]] = {}
    for found in content.files:
        folder = parent_of(found.name.rstrip("/"))
        if folder not in place_of:
            place_of[folder] = reading.place_of(folder)
        place = reading.places[place_of[folder]]
        status = ignored(place.reason) if place.reason and found.status == OK else found.status
        files.append(LabelledFile(found.name, place.class_name, place.split, "", status))
        surprises = place.reason or (reading.splits and not place.split)
        if surprises and found.status == OK and promises_picture(Path(found.name)):
            (left_out.setdefault(place_of[folder], []) if place.reason else unsplit).append(found.name)
    return FolderLayout(
        files,
        list(dict.fromkeys(folder.name for folder in reading.classes)),
        _summary(reading),
        tuple(_warnings(reading, left_out, unsplit, path)),
        tuple(folder for folder in list(left_out)[:_WARNINGS] if _why_unlabelled(reading, folder)),
    )


def _summary(reading: Reading) -> str:
    """Return the decision: `10 classes from the second level of folders; splits from the first: …`."""
    filled = [folder for folder in reading.classes if folder.total]
    count = len({folder.name for folder in filled})
    where = _levels(folder.level for folder in filled)
    classes = count_of(count, "class", "classes")
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


def _warnings(
    reading: Reading, left_out: Mapping[str, Sequence[str]], unsplit: Sequence[str], path: Path
) -> list[str]:
    """Tell what is left out or in no split, and where another reading may have been meant.

    left_out: folder of the reading -> names of the pictures that are left out because of it.
    unsplit: names of pictures of a class that lie beside its folders of splits.
    """
    lines = [_left_out(reading, folder, left_out[folder], path) for folder in list(left_out)[:_WARNINGS]]
    if len(left_out) > _WARNINGS:
        lines.append(f"Pictures in {len(left_out) - _WARNINGS} more folders are left out for such reasons.")
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
    """Say why nothing labels the pictures of a whole folder; "" for stray ones."""
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
    return f"{count_of(len(names), 'picture')} (such as {printable(names[0])})"


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
