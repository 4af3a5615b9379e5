"""What each folder of a person's images says about the files in it: a class, a split, or neither."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from image_classification.images.folder.layout.split_folders import SplitFolder, class_parents
from image_classification.images.folder.layout.tree import Folder, ancestors_of, child_around

NO_CLASS = "in no folder of a class"
NO_SPLIT = "in none of the folders of splits"
UNLABELLED = "in a folder that is none of the classes of the other splits"


class Place(NamedTuple):
    """What a folder says about its files; split and class_name are "" where it says nothing.

    reason: why they are left out, "" if they are not.
    """

    split: str
    class_name: str
    reason: str


class Reading(NamedTuple):
    """How the folders are understood.

    places: path of a folder -> what it says, which also holds for folders in it that are not listed.
    classes: the folders of classes. splits: the folders of splits.
    """

    places: dict[str, Place]
    classes: list[Folder]
    splits: list[SplitFolder]

    def place_of(self, folder: str) -> str:
        """Return the path of the innermost folder that says something about the files in a folder."""
        return next(path for path in (folder, *ancestors_of(folder)) if path in self.places)


def classes_in(top: Folder) -> Reading:
    """Read every folder in `top` as a class, without splits."""
    places = {"": Place("", "", NO_CLASS)}
    places |= {folder.path: Place("", folder.name, "") for folder in top.folders}
    return Reading(places, list(top.folders), [])


def classes_inside_splits(root: Folder, splits: Sequence[SplitFolder]) -> Reading:
    """Read `<split>/<class>/…`: the folders in each split are classes.

    A split that holds nothing but one folder which no other split has is a set without labels.
    """
    paths = {folder.path for folder, _ in splits}
    around = {outer for path in paths for outer in ancestors_of(path)}
    places = {"": Place("", "", NO_CLASS)} | _beside(root, around - paths, paths)
    children = [
        [child for child in parent.folders if child.path not in paths | around]
        for parent in class_parents(splits)
    ]
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
    """Read `<class>/<split>/…`: every folder in `top` is a class, with folders of splits somewhere in it."""
    paths = {folder.path for folder, _ in splits}
    prefix = f"{top.path}/" if top.path else ""
    inside = {outer for path in paths for outer in ancestors_of(path) if outer and outer.startswith(prefix)}
    places = classes_in(top).places | _beside(root, inside, paths)
    class_of = {folder.path: folder.name for folder in top.folders}
    for folder, split in splits:
        places[folder.path] = Place(split, class_of[child_around(folder.path, top.path)], "")
    return Reading(places, list(top.folders), list(splits))


def _beside(root: Folder, around: set[str], splits: set[str]) -> dict[str, Place]:
    """Leave out the folders beside the splits."""
    return {
        child.path: Place("", "", NO_SPLIT)
        for folder in root.walk()
        if folder.path in around
        for child in folder.folders
        if child.path not in around and child.path not in splits
    }
