"""What each folder of a person's images says of the files in it: a class, a split, or neither."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from image_classification.images.folder.layout.split_folders import SplitFolder, class_parents
from image_classification.images.folder.layout.tree import Folder, ancestors_of, parent_of

NO_CLASS = "in no folder of a class"
NO_SPLIT = "in none of the folders of splits"
UNLABELLED = "in a folder that is none of the classes of the other splits"


class Place(NamedTuple):
    """What a folder says of its files; split and class_name are "" where it says nothing.

    reason: why they are left out, "" if they are not.
    """

    split: str
    class_name: str
    reason: str


class Reading(NamedTuple):
    """How the folders are understood.

    places: path of a folder -> what it says, also for the folders in it that are not named here.
    classes: the folders of classes. splits: the folders of splits.
    """

    places: dict[str, Place]
    classes: list[Folder]
    splits: list[SplitFolder]

    def place_of(self, folder: str) -> str:
        """The path of the innermost folder around the files of a folder that says something of them."""
        return next(path for path in (folder, *ancestors_of(folder)) if path in self.places)


def classes_in(top: Folder) -> Reading:
    """Every folder in `top` is a class, and there are no splits."""
    places = {"": Place("", "", NO_CLASS)}
    places |= {folder.path: Place("", folder.name, "") for folder in top.folders}
    return Reading(places, list(top.folders), [])


def classes_inside_splits(root: Folder, splits: Sequence[SplitFolder]) -> Reading:
    """`<split>/<class>/…`: the folders in each split are classes.

    A split that holds nothing but one folder which no other split has is a set without labels.
    """
    paths = {folder.path for folder, _ in splits}
    around = {outer for path in paths for outer in ancestors_of(path)}
    places = {"": Place("", "", NO_CLASS)} | _outside(root, around - paths, paths)
    parents = class_parents(splits)
    children = [_classes_of(parent, paths | around) for parent in parents]
    times = Counter(name for its in children for name in {child.name for child in its})
    filled = sum(map(bool, children))
    classes = []
    for (folder, split), its in zip(splits, children, strict=True):
        names = {child.name for child in its if child.total}
        unlabelled = split != "train" and len(names) == 1 and filled > 1 and times[min(names)] == 1
        places[folder.path] = Place(split, "", NO_CLASS)
        for child in its:
            places[child.path] = Place(split, "", UNLABELLED) if unlabelled else Place(split, child.name, "")
        classes += [] if unlabelled else its
    return Reading(places, classes, list(splits))


def splits_inside_classes(root: Folder, top: Folder, splits: Sequence[SplitFolder]) -> Reading:
    """`<class>/<split>/…`: every folder in `top` is a class, with folders of splits somewhere in it."""
    paths = {folder.path for folder, _ in splits}
    around = {outer for path in paths for outer in ancestors_of(path)}
    places = classes_in(top).places
    inside = {path for path in around if path.startswith(f"{top.path}/" if top.path else "") and path}
    places |= _outside(root, inside, paths)
    class_of = {folder.path: folder.name for folder in top.folders}
    for folder, split in splits:
        outer = next(path for path in ancestors_of(folder.path) if parent_of(path) == top.path)
        places[folder.path] = Place(split, class_of[outer], "")
    return Reading(places, list(top.folders), list(splits))


def _outside(root: Folder, around: set[str], splits: set[str]) -> dict[str, Place]:
    """The folders beside the splits."""
    return {
        child.path: Place("", "", NO_SPLIT)
        for folder in root.walk()
        if folder.path in around
        for child in folder.folders
        if child.path not in around and child.path not in splits
    }


def _classes_of(parent: Folder, taken: set[str]) -> list[Folder]:
    return [child for child in parent.folders if child.path not in taken]
