"""Finding the folders that are splits, by their names, those of their neighbours, and what is in them."""

from collections import Counter
from collections.abc import Sequence, Set
from typing import NamedTuple

from image_classification.images.folder.layout.tree import Folder
from image_classification.images.folder.layout.vocabulary import (
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


Named = tuple[Folder, SplitName]


def splits_among(folders: Sequence[Folder]) -> list[SplitFolder]:
    """Return which of some neighbours are splits by their names; none unless the names agree.

    They do if there is one for training and at least one other, or if all that hold pictures have names of
    splits; so a class may be called `train` among other vehicles. A name with more in it, such as
    `xray_train`, counts beside a plain one, one with the same addition, or one that holds the same folders.
    """
    named = _recognised(folders)
    alone = sum(1 for folder in folders if folder.total) == 1
    accepted = [
        each for each in named if alone or not each[1].dress or any(_vouches(other, each) for other in named)
    ]
    # masks beside the pictures of the same split are not pictures to learn from
    plain_splits = {name.split for _, name in accepted if not names_masks(name)}
    accepted = [each for each in accepted if not names_masks(each[1]) or each[1].split not in plain_splits]
    single = {name.split for _, name in accepted if not name.both}
    accepted = [each for each in accepted if not each[1].both or single <= {"test"}]
    found = _resolved(accepted)
    splits = {split for folder, split in found if folder.total or split != "train"}
    paths = {folder.path for folder, _ in found}
    all_are = all(folder.path in paths for folder in folders if folder.total)
    plain = all(not name.dress for _, name in accepted)
    if ("train" in splits and (all_are or len(splits) > 1)) or (splits and all_are and plain):
        return found if any(folder.total for folder, _ in found) else []
    return []


def splits_by_name_alone(folders: Sequence[Folder]) -> list[SplitFolder]:
    """Return the folders with a word for a split in their name, whatever their neighbours are called."""
    return _resolved(_recognised(folders))


def _recognised(folders: Sequence[Folder]) -> list[Named]:
    return [(folder, name) for folder in folders if (name := split_name(folder.name))]


def _resolved(named: Sequence[Named]) -> list[SplitFolder]:
    split_of = resolve_either(name for _, name in named)
    return [SplitFolder(folder, split_of[name]) for folder, name in named]


def _vouches(other: Named, one: Named) -> bool:
    (other_folder, its), (folder, own) = other, one
    if its.split == own.split:
        return False
    return not its.dress or its.dress == own.dress or likeness([folder, other_folder]) >= 0.5


def likeness(folders: Sequence[Folder]) -> float:
    """Return how far some folders hold folders of the same names, from 0 to 1."""
    return overlap([folder.inner_names for folder in folders])


def overlap(names: Sequence[Set[str]]) -> float:
    """Return the number of names in all of the sets / of those in any of them."""
    anywhere = frozenset[str]().union(*names)
    return len(anywhere.intersection(*names)) / len(anywhere) if anywhere else 0.0


def splits_inside(folders: Sequence[Folder]) -> tuple[list[SplitFolder], list[Folder]]:
    """Find splits inside folders of classes, `<class>/<split>/…`, at the first depth where there are any.

    Returns:
        The folders that are splits, and those of the given ones that hold them.
    """
    level = [(folder, folder) for folder in folders]
    while level:
        divided = [(outer, splits_among(folder.filled)) for outer, folder in level]
        found = [each for _, splits in divided for each in splits]
        holders = {outer.path: outer for outer, splits in divided if splits}
        kinds = {split for _, split in found}
        if "train" in kinds and (len(kinds) > 1 or len(holders) == len(folders)):
            # beside `<class>/{train,test}` there may be a class that has a test folder and something else
            for outer, folder in level:
                found += [] if outer.path in holders else splits_by_name_alone(folder.filled)
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
    """Find what the folders of classes lie in, for each split: its folder, or one in it that holds all.

    `seg_train/seg_train/<class>` repeats the split's name; `train/photos/<class>` has a container;
    `train/x/<class>` beside `test/<class>` is known by the classes.
    """
    filled = [each.folder.filled_names for each in splits]
    known = set[str]().union(*(names for names in filled if len(names) > 1))
    parents = [_behind_repeated_names(each, known) for each in splits]
    times = Counter(name for parent in parents for name in parent.filled_names)
    for place, parent in enumerate(parents):
        # a folder that only one of them has is around the classes, if what it holds is known from the others
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
        if len(parents) == 1 or len(inner) < len(parents) or likeness(inner) < 0.5:
            return parents
        parents = inner


def _behind_repeated_names(each: SplitFolder, known: Set[str] = frozenset()) -> Folder:
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
