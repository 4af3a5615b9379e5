"""What the folders of a person's images say of each file: its class and its split."""

from pathlib import Path
from typing import NamedTuple

from image_classification.images.folder.found_files import FolderContent
from image_classification.images.folder.layout.decision import LayoutChoice, decide
from image_classification.images.folder.layout.places import Place
from image_classification.images.folder.layout.summary import summary, unlabelled_folders, warnings
from image_classification.images.folder.layout.tree import folder_tree, parent_of
from image_classification.images.reading.file_status import OK, ignored
from image_classification.images.reading.pictures import promises_picture


class LabelledFile(NamedTuple):
    """A file with what its place says of it; class_name and given_split are "" where it says nothing."""

    name: str
    class_name: str
    given_split: str
    group: str
    status: str


class FolderLayout(NamedTuple):
    """The files and the classes that have a folder, whether or not anything is in it.

    decision: how the folders were understood, in a line.
    warnings: what is left out, and may surprise.
    unlabelled: folders in the root whose pictures are left out as nothing labels them: a network may.
    """

    files: list[LabelledFile]
    class_folders: list[str]
    decision: str = ""
    warnings: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()


def read_layout(
    content: FolderContent, choice: LayoutChoice | None = None, path: Path | None = None, table: str = ""
) -> FolderLayout:
    """Label files by their folders: `<class>/…`, `<split>/<class>/…` or `<class>/<split>/…`, of any depth.

    Folders are splits by their names and those of their neighbours, behind any that only hold the next.

    Args:
        content: All files and folders.
        choice: What a person said of the folders.
        path: Where they are, for messages.
        table: A table there that names the files, if there is one.

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
        file = _labelled(found.name, found.status, place)
        files.append(file)
        surprising = file.status != OK or (reading.splits and not file.given_split)
        if surprising and found.status == OK and promises_picture(Path(found.name)):
            (unsplit if file.status == OK else left_out.setdefault(place_of[folder], [])).append(found.name)
    return FolderLayout(
        files,
        list(dict.fromkeys(folder.name for folder in reading.classes)),
        summary(reading),
        tuple(warnings(reading, left_out, unsplit, path)),
        tuple(unlabelled_folders(reading, left_out)),
    )


def _labelled(name: str, status: str, place: Place) -> LabelledFile:
    if place.reason and status == OK:
        status = ignored(place.reason)
    return LabelledFile(name, place.class_name, place.split, "", status)
