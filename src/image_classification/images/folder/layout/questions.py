"""Questions to a person whose folders may mean two things, with the parameters that answer them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.images.folder.layout.split_folders import SplitFolder, splits_by_name_alone
from image_classification.images.folder.layout.tree import Folder
from image_classification.images.folder.layout.words import splits_in
from image_classification.words import natural_key, params_option, some

_NAMED = 6


class Answer(NamedTuple):
    """A reading in words and the parameters that choose it."""

    reading: str
    parameters: dict[str, str | dict[str, str | list[str]]]


def question(path: Path, found: str, answers: Sequence[Answer]) -> UserError:
    """The error that shows the readings of a folder.

    Args:
        path: image_folder.path.
        found: What makes more than one reading likely, after "two readings are likely: ".
        answers: The readings.
    """
    lines = [
        f"  - {reading}: {params_option(parameters)}"
        for reading, parameters in answers
        # without images to train on it would be no answer
        if "train" in parameters.get("image_folder.splits", "train")
    ]
    return UserError(f"{path}: two readings are likely: {found}.\nSay which is meant:\n" + "\n".join(lines))


def as_classes(path: Path, top: Folder) -> Answer:
    """The folders in `top` are the classes."""
    return Answer(
        f"{listed(top.filled_names)} are classes, whatever folders they have inside",
        {"image_folder.layout": "classes"} if top.level == 0 else _inside(path, top, "classes"),
    )


def as_splits(folders: Sequence[Folder], classes: Iterable[str]) -> Answer:
    """The folders are splits: which of them is which is guessed from names and sizes."""
    splits = guessed_splits(folders)
    return Answer(
        f"{listed(folder.name for folder in folders)} are splits, {listed(classes)} the classes",
        {"image_folder.splits": splits_value(splits)},
    )


def as_one_set(folders: Sequence[Folder], classes: Iterable[str]) -> Answer:
    """The folders are parts of one set, of which the splits are drawn."""
    folders = sorted(folders, key=lambda folder: natural_key(folder.path))
    return Answer(
        f"{listed(folder.name for folder in folders)} are parts of one set with the classes "
        f"{listed(classes)}, whose splits are to be drawn",
        {"image_folder.splits": splits_value([SplitFolder(folder, "train") for folder in folders])},
    )


def as_splits_inside(names: Sequence[str], classes: Iterable[str]) -> Answer:
    """Folders of these names, wherever they are, are splits of the classes that they lie in."""
    guess = guessed_splits([Folder(name, total=1) for name in dict.fromkeys(names)])
    return Answer(
        f"{listed(classes)} are classes, {listed(names)} the splits in them",
        {"image_folder.splits": splits_value(guess)},
    )


def as_part(path: Path, folder: Folder) -> Answer:
    """Only one folder counts, and what is in it."""
    inner = folder.unwrapped()
    return Answer(
        f"only what is in {inner.path} counts ({listed(inner.filled_names)})", _inside(path, inner, "auto")
    )


def splits_value(splits: Iterable[SplitFolder]) -> dict[str, str | list[str]]:
    """What image_folder.splits has to be for these folders."""
    paths: dict[str, list[str]] = {}
    for folder, split in splits:
        paths.setdefault(split, []).append(folder.path or ".")
    order = [split for split in ("train", "validation", "test") if split in paths]
    return {split: paths[split] if len(paths[split]) > 1 else paths[split][0] for split in order}


def guessed_splits(folders: Sequence[Folder]) -> list[SplitFolder]:
    """A split for each folder: by its name if it has a word of one, else the largest is for training."""
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
    """`a, b and c`, in natural order, shortened."""
    names = sorted(set(names), key=natural_key)
    if len(names) > _NAMED:
        return some(names, _NAMED)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _inside(path: Path, folder: Folder, layout: str) -> dict[str, str | dict[str, str | list[str]]]:
    parameters: dict[str, str | dict[str, str | list[str]]] = {"image_folder.path": str(path / folder.path)}
    return parameters if layout == "auto" else parameters | {"image_folder.layout": layout}
