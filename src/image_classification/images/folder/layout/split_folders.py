"""Finding the folders that are splits, by their names, those of their neighbours, and what is in them."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from image_classification.images.folder.layout.tree import Folder
from image_classification.images.folder.layout.words import (
    SplitName,
    is_container_name,
    names_masks,
    resolve_either,
    split_name,
)


class SplitFolder(NamedTuple):
    """A folder that is a split: "train", "validation" or "test"."""

    folder: Folder
    split: str


def splits_among(folders: Sequence[Folder]) -> list[SplitFolder]:
    """Those of some neighbours that have names of splits; none unless they agree.

    They agree if there is one for training and at least one other, or if all that hold pictures have names of
    splits; so a class may be called `train` among other vehicles. A name with more in it, such as
    `xray_train`, counts beside a plain one, one with the same addition, or one that holds the same folders.
    """
    named = recognised(folders)
    names = {folder.path: name for folder, name in named}
    alone = sum(1 for folder in folders if folder.total) == 1
    accepted = [
        (folder, name)
        for folder, name in named
        if alone or not name.dress or any(_vouches(other, folder, names) for other, _ in named)
    ]
    # masks beside the pictures of the same split are no more pictures
    plain_splits = {name.split for _, name in accepted if not names_masks(name)}
    accepted = [pair for pair in accepted if not names_masks(pair[1]) or pair[1].split not in plain_splits]
    single = {name.split for _, name in accepted if not name.both}
    accepted = [(folder, name) for folder, name in accepted if not name.both or single <= {"test"}]
    found = _resolved(accepted)
    splits = {split for folder, split in found if folder.total or split != "train"}
    paths = {folder.path for folder, _ in found}
    all_are = all(folder.path in paths for folder in folders if folder.total)
    plain = all(not name.dress for _, name in accepted)
    if ("train" in splits and (all_are or len(splits) > 1)) or (splits and all_are and plain):
        return found if any(folder.total for folder, _ in found) else []
    return []


def recognised(folders: Sequence[Folder]) -> list[tuple[Folder, SplitName]]:
    """The folders that have the word of a split in their name, whatever their neighbours are called."""
    return [(folder, name) for folder in folders if (name := split_name(folder.name))]


def splits_by_name_alone(folders: Sequence[Folder]) -> list[SplitFolder]:
    """The folders that have the word of a split in their name, with their splits."""
    return _resolved(recognised(folders))


def _resolved(named: Sequence[tuple[Folder, SplitName]]) -> list[SplitFolder]:
    split_of = resolve_either(name for _, name in named)
    return [SplitFolder(folder, split_of[name]) for folder, name in named]


def _vouches(other: Folder, folder: Folder, names: dict[str, SplitName]) -> bool:
    its, own = names[other.path], names[folder.path]
    if its.split == own.split:
        return False
    return not its.dress or its.dress == own.dress or share_of_common([folder, other]) >= 0.5


def share_of_common(folders: Sequence[Folder]) -> float:
    """How alike the folders inside some folders are, from 0 to 1."""
    return common_share([folder.unwrapped().filled_names for folder in folders])


def common_share(names: Sequence[AbstractSet[str]]) -> float:
    """The names in all of the sets / those in any of them."""
    anywhere = frozenset[str]().union(*names)
    return len(anywhere.intersection(*names)) / len(anywhere) if anywhere else 0.0


def splits_inside(folders: Sequence[Folder]) -> tuple[list[SplitFolder], list[Folder]]:
    """Splits inside folders of classes, `<class>/<split>/…`, at the first depth where there are any.

    Returns:
        The folders that are splits, and those of the given ones that hold them.
    """
    level = [(folder, folder) for folder in folders]
    while level:
        found: list[SplitFolder] = []
        holders: dict[str, Folder] = {}
        for outer, folder in level:
            splits = splits_among(folder.filled)
            found += splits
            if splits:
                holders[outer.path] = outer
        splits_found = {split for _, split in found}
        if "train" in splits_found and (len(splits_found) > 1 or len(holders) == len(folders)):
            # beside `<class>/{train,test}` there may be a class that has a test folder and something else
            paths = {split.folder.path for split in found}
            for outer, folder in level:
                if outer.path not in holders:
                    more = splits_by_name_alone(folder.filled)
                    found += [split for split in more if split.folder.path not in paths]
            return found, list(holders.values())
        level = [(outer, inner) for outer, folder in level for inner in folder.filled]
    return [], []


def with_inner_splits(splits: Sequence[SplitFolder]) -> list[SplitFolder]:
    """Replace a folder for training that is divided itself, `train/{train,val}/<class>`, by its parts."""
    names: dict[str, set[str]] = {}
    for each in splits:
        names.setdefault(each.split, set()).update(_behind_repeated_names(each).filled_names)
    others = set[str]().union(*(of_split for split, of_split in names.items() if split != "train"))
    found: list[SplitFolder] = []
    for each in splits:
        found += (_parts_of(each.folder.unwrapped(), others) if each.split == "train" else []) or [each]
    return found


def _parts_of(folder: Folder, classes: set[str]) -> list[SplitFolder]:
    # without folders in them, or where another split has them as well, they are classes called train and test
    inner = [each for each in splits_among(folder.filled) if each.folder.filled]
    splits = {split for _, split in inner}
    whole = len(inner) == len(folder.filled) and classes.isdisjoint(folder.filled_names)
    return inner if whole and "train" in splits and len(splits) > 1 else []


def class_parents(splits: Sequence[SplitFolder]) -> list[Folder]:
    """Where the folders of classes lie in each split: in its folder, or in one inside that holds everything.

    `seg_train/seg_train/<class>` repeats the split's name; `train/photos/<class>` has a container;
    `train/x/<class>` beside `test/<class>` is known by the classes.
    """
    filled = [each.folder.filled_names for each in splits]
    known = set[str]().union(*(names for names in filled if len(names) > 1))
    parents = [_behind_repeated_names(each, known) for each in splits]
    times = Counter(name for parent in parents for name in parent.filled_names)
    for place, parent in enumerate(parents):
        # what only one holds is in no other
        while (child := parent.only_child()) and times[child.name] == 1:
            inside = child.filled_names
            if child.pictures or not any(times[name] > (name == child.name) for name in inside):
                break
            times.subtract([child.name])
            times.update(inside)
            parent = parents[place] = child  # noqa: PLW2901
    while True:
        children = [parent.only_child() for parent in parents]
        inner = [child for child in children if child and child.filled and not child.pictures]
        if len(parents) == 1 or len(inner) < len(parents) or share_of_common(inner) < 0.5:
            return parents
        parents = inner


def _behind_repeated_names(each: SplitFolder, known: AbstractSet[str] = frozenset()) -> Folder:
    parent = each.folder
    while len(filled := parent.filled) == 1:
        child = filled[0]
        if child.name in known and 2 * len(known & child.filled_names) < len(child.filled) + 1:
            break  # a class, unless it holds what elsewhere are the classes
        name = split_name(child.name)
        again = name and (name.split == each.split or (name.either and each.split != "train"))
        if not is_container_name(child.name) and not again:
            break
        if parent.pictures and not child.filled:  # a class and pictures of none, rather than one in the other
            break
        parent = child
    return parent
