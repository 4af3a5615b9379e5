"""Questions to a person whose folders may mean two things, with the options that answer them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.images.folder.layout.split_folders import SplitFolder, splits_by_name_alone
from image_classification.images.folder.layout.tree import Folder
from image_classification.images.folder.layout.vocabulary import splits_in
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.words import natural_key, some

_NAMED = 6


class Answer(NamedTuple):
    """A reading in words, and the options of the image folder that choose it."""

    reading: str
    options: dict[str, str | dict[str, str | list[str]]]

    def __str__(self) -> str:
        return f"{self.reading}: {ImageFolderOptions.setting(**self.options)}"


def question(path: Path, found: str, answers: Sequence[Answer]) -> UserError:
    """Make the error that shows the readings of a folder.

    Args:
        path: Of the folder.
        found: What makes more than one reading likely, after "two readings are likely: ".
        answers: The readings; those that leave nothing to train on are not shown.
    """
    lines = [f"  - {answer}" for answer in answers if "train" in answer.options.get("splits", "train")]
    return UserError(f"{path}: two readings are likely: {found}.\nSay which is meant:\n" + "\n".join(lines))


def as_classes(path: Path, top: Folder) -> Answer:
    """Take the folders in `top` for the classes."""
    inside = {"path": str(path / top.path)} if top.path else {}
    reading = f"{listed(top.filled_names)} are classes, whatever folders they have inside"
    return Answer(reading, {**inside, "layout": "classes"})


def as_splits(folders: Sequence[Folder], classes: Iterable[str]) -> Answer:
    """Take the folders for splits; which of them is which is guessed from names and sizes."""
    reading = f"{listed(folder.name for folder in folders)} are splits, {listed(classes)} the classes"
    return with_splits(reading, guessed_splits(folders))


def as_one_set(folders: Sequence[Folder], classes: Iterable[str]) -> Answer:
    """Take the folders for parts of one set, whose splits are drawn."""
    folders = sorted(folders, key=lambda folder: natural_key(folder.path))
    return with_splits(
        f"{listed(folder.name for folder in folders)} are parts of one set with the classes "
        f"{listed(classes)}, whose splits are to be drawn",
        [SplitFolder(folder, "train") for folder in folders],
    )


def as_splits_inside(names: Sequence[str], classes: Iterable[str]) -> Answer:
    """Take folders of these names, wherever they are, for splits of the classes that they lie in."""
    guess = guessed_splits([Folder(name, total=1) for name in dict.fromkeys(names)])
    return with_splits(f"{listed(classes)} are classes, {listed(names)} the splits in them", guess)


def as_part(path: Path, folder: Folder) -> Answer:
    """Let only one folder count, and what is in it."""
    inner = folder.unwrapped()
    reading = f"only what is in {inner.path} counts ({listed(inner.filled_names)})"
    return Answer(reading, {"path": str(path / inner.path)})


def with_splits(reading: str, splits: Iterable[SplitFolder]) -> Answer:
    """Answer by naming the folders of the splits."""
    return Answer(reading, {"splits": splits_value(splits)})


def splits_value(splits: Iterable[SplitFolder]) -> dict[str, str | list[str]]:
    """Return the value of the option `splits` for these folders."""
    paths: dict[str, list[str]] = {}
    for folder, split in splits:
        paths.setdefault(split, []).append(folder.path or ".")
    order = [split for split in ("train", "validation", "test") if split in paths]
    return {split: paths[split] if len(paths[split]) > 1 else paths[split][0] for split in order}


def guessed_splits(folders: Sequence[Folder]) -> list[SplitFolder]:
    """Guess a split for each folder: by a word for one in its name, else the largest is for training."""
    named = list(splits_by_name_alone(folders))
    known = {each.folder.path for each in named}
    rest = sorted(
        (each for each in folders if each.path not in known), key=lambda each: natural_key(each.name)
    )
    splits = {each.split for each in named}
    for folder in list(rest):
        # of several words, as in dev_test, the last says what it is, unless another folder is that
        if free := [split for split in splits_in(folder.name) if split not in splits]:
            named.append(SplitFolder(folder, free[-1]))
            splits.add(free[-1])
            rest.remove(folder)
    if "train" not in splits:
        # `development` beside a test set alone is what is trained on
        found = rest or [each.folder for each in named if each.split == "validation"]
        if found:
            largest = max(found, key=lambda folder: folder.total)
            rest = [each for each in rest if each is not largest]
            named = [each for each in named if each.folder is not largest]
            named.append(SplitFolder(largest, "train"))
    for split in ("test", "validation"):
        if rest and split not in splits:
            named.append(SplitFolder(rest.pop(), split))
    return named + [SplitFolder(folder, "train") for folder in rest]


def listed(names: Iterable[str]) -> str:
    """Return `a, b and c`, in natural order, shortened."""
    names = sorted(set(names), key=natural_key)
    if len(names) > _NAMED:
        return some(names, _NAMED)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
