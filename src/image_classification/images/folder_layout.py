"""What the folders of a person's images mean: which are splits and which are classes."""

import unicodedata
from typing import NamedTuple

from image_classification.images.file_status import OK, ignored
from image_classification.images.found_files import FolderContent

SPLIT_FOLDERS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
"""Name of a folder in small letters -> the split that it holds."""


class LabelledFile(NamedTuple):
    """A file with what its place says of it; class_name and given_split are "" where it says nothing."""

    name: str
    class_name: str
    given_split: str
    group: str
    status: str


class FolderLayout(NamedTuple):
    """The files and the classes that have a folder, whether or not anything is in it."""

    files: list[LabelledFile]
    class_folders: list[str]


def read_layout(content: FolderContent) -> FolderLayout:
    """Label the files of `<class>/…` or `<split>/<class>/…` by their folders, nested to any depth.

    The folders are splits if all of them have names of splits, or if there is one for training and at least
    one other; so a class may be called `train` among other vehicles.
    """
    top = [folder for folder in content.folders if "/" not in folder]
    depth = 1 if _are_splits(top) else 0
    files = []
    for found in content.files:
        folders = found.name.rstrip("/").split("/")[:-1]
        split = SPLIT_FOLDERS.get(folders[0].lower(), "") if depth and folders else ""
        class_name = class_name_of(folders[depth]) if len(folders) > depth else ""
        status = found.status
        if depth and folders and not split:
            class_name = ""
            status = ignored("in none of the folders of splits") if status == OK else status
        elif not class_name and status == OK:
            status = ignored("in no folder of a class")
        files.append(LabelledFile(found.name, class_name, split, "", status))
    return FolderLayout(files, _class_folders(content.folders, depth))


def class_name_of(folder: str) -> str:
    """The name of a class, composed: macOS and Linux write the same accent in two ways."""
    return unicodedata.normalize("NFC", folder)


def _are_splits(folders: list[str]) -> bool:
    splits = [SPLIT_FOLDERS.get(folder.lower()) for folder in folders]
    named = {split for split in splits if split}
    return bool(named) and (None not in splits or ("train" in named and len(named) > 1))


def _class_folders(folders: list[str], depth: int) -> list[str]:
    parts = [folder.split("/") for folder in folders]
    if depth:
        parts = [each for each in parts if each[0].lower() in SPLIT_FOLDERS]
    names = [class_name_of(each[depth]) for each in parts if len(each) == depth + 1]
    return list(dict.fromkeys(names))
