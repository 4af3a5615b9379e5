"""The folders of a person's images as a tree that knows where the pictures are."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from image_classification.images.folder.found_files import FolderContent
from image_classification.images.reading.file_status import OK

_ENDINGS = """.txt .csv .tsv .json .jsonl .xml .md .rst .html .htm .pdf .doc .docx .xls .xlsx .py .ipynb .r .m
    .sh .yaml .yml .ini .cfg .toml .log .mat .npy .npz .pkl .pickle .pt .pth .h5 .hdf5 .onnx
    .safetensors .parquet .zip .gz .tar .tgz .7z .rar .db .sqlite .url .names .data .mp4 .avi .mov .mkv
    .mp3 .wav"""
# a file of any other ending may be a picture, whether or not it can be read
_NO_PICTURES = frozenset(_ENDINGS.split())
_NO_PICTURE_NAMES = {"readme", "license", "licence", "copying", "makefile", "notes", "authors", "citation"}
_NAMES_KEPT = 1000


@dataclass(slots=True, eq=False)
class Folder:
    """A folder: its path from the root ("" of the root itself), what is in it, and how many pictures.

    pictures: directly in it. total: with those of the folders inside. Both count by the files' names alone.
    names: of some of the pictures directly in it.
    """

    path: str
    folders: list["Folder"] = field(default_factory=list)
    pictures: int = 0
    total: int = 0
    names: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the last part of the path, composed."""
        return class_name_of(self.path.rpartition("/")[2])

    @property
    def filled(self) -> list["Folder"]:
        """Return the folders in it that hold pictures at any depth."""
        return [folder for folder in self.folders if folder.total]

    @property
    def filled_names(self) -> set[str]:
        """Return the names of those."""
        return {folder.name for folder in self.filled}

    @property
    def inner_names(self) -> set[str]:
        """Return the names of the filled folders behind any that only hold the next."""
        return self.unwrapped().filled_names

    @property
    def level(self) -> int:
        """Return how deep it lies: 1 directly in the root."""
        return self.path.count("/") + 1 if self.path else 0

    def only_child(self) -> "Folder | None":
        """Return the folder in it that holds everything, if there is one."""
        filled = self.filled
        return filled[0] if len(filled) == 1 and not self.pictures else None

    def unwrapped(self) -> "Folder":
        """Return itself, or the first folder in it that does more than hold the next one."""
        inner = self
        while (child := inner.only_child()) and child.filled and not child.pictures:
            inner = child
        return inner

    def walk(self) -> Iterator["Folder"]:
        """Yield itself and every folder below, outer ones first."""
        yield self
        for folder in self.folders:
            yield from folder.walk()


def class_name_of(folder: str) -> str:
    """Return the name of a class, composed: macOS and Linux write the same accent in two ways."""
    return unicodedata.normalize("NFC", folder)


def folder_tree(content: FolderContent) -> Folder:
    """Arrange what was found as a tree and return its root."""
    root = Folder("")
    folders = {"": root}
    for path in content.folders:
        folders[path] = Folder(path)
        folders[parent_of(path)].folders.append(folders[path])
    for file in content.files:
        if file.status == OK and _may_be_picture(file.name):
            folder = folders[parent_of(file.name)]
            folder.pictures += 1
            if len(folder.names) < _NAMES_KEPT:
                folder.names.append(file.name.rpartition("/")[2])
    for path in reversed(folders):  # inner folders first, as they come after those that they lie in
        folder = folders[path]
        folder.total += folder.pictures
        if path:
            folders[parent_of(path)].total += folder.total
    return root


def parent_of(path: str) -> str:
    """Return the folder that a file or folder lies in; "" is the root."""
    return path.rpartition("/")[0]


def ancestors_of(path: str) -> Iterator[str]:
    """Yield the folders that a file or folder lies in, the innermost first; the last is the root, ""."""
    while path:
        path = parent_of(path)
        yield path


def child_around(path: str, top: str) -> str:
    """Return the folder directly in `top` that a folder somewhere below it lies in."""
    return next(outer for outer in ancestors_of(path) if parent_of(outer) == top)


def _may_be_picture(name: str) -> bool:
    file = name.rpartition("/")[2].lower()
    stem, dot, ending = file.rpartition(".")
    return not (stem and f"{dot}{ending}" in _NO_PICTURES) and file not in _NO_PICTURE_NAMES
