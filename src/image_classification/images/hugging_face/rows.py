"""The rows of a data set that are used: their classes and splits, without their images."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from image_classification.errors import UserError
from image_classification.images.hugging_face.columns import Columns
from image_classification.images.hugging_face.options import HuggingFaceOptions, SplitName
from image_classification.images.hugging_face.shards import Shard, rows_of
from image_classification.words import count_of, natural_key, some

logger = logging.getLogger(__name__)

_LABELS_AT_ONCE = 10_000
_UNLABELLED = -1  # what the library writes where the classes of test images are kept secret
_WORDS: Mapping[str, SplitName] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}


class Row(NamedTuple):
    """An image: its name `<split>/<number>`, its class, and the split it is given."""

    name: str
    class_name: str
    split: str


@dataclass(frozen=True)
class Used:
    """What is used of a data set.

    shards: The files, with what their rows are named by. rows: For each row of each file, None if it is left
    out. class_names: In the order of the labels.
    """

    shards: Sequence[Shard]
    rows: Sequence[Sequence[Row | None]]
    class_names: Sequence[str]

    def flat(self) -> list[Row]:
        """Return the rows that are used, in their order."""
        return [row for of_shard in self.rows for row in of_shard if row is not None]


def read_rows(
    shards: Sequence[Shard],
    meaning: Mapping[str, SplitName],
    columns: Columns,
    options: HuggingFaceOptions,
    name: str,
) -> Used:
    """Read which class and split each row has; what has no class is left out, and counted.

    Args:
        shards: The files that are used.
        meaning: What each split is for.
        columns: Of the images and the classes.
        options: What the test set is drawn by.
        name: Of the data set, for messages.

    Raises:
        UserError: There are not two classes.
    """
    numbers: Counter[str] = Counter()
    unlabelled: Counter[str] = Counter()
    rows: list[list[Row | None]] = []
    for shard in shards:
        of_shard: list[Row | None] = []
        for value in _values(shard.path, columns.label):
            row = f"{shard.split or 'image'}/{numbers[shard.split]:05d}"
            numbers[shard.split] += 1
            class_name = _class_name(value, columns, shard.path)
            unlabelled[shard.split] += not class_name
            of_shard.append(Row(row, class_name, meaning[shard.split]) if class_name else None)
        rows.append(of_shard)
    _tell(name, columns, meaning, unlabelled)
    used = Used(shards, rows, ())
    present = {row.class_name for row in used.flat()}
    if len(present) < 2:
        raise UserError(
            f"The images of {name} have {count_of(len(present), 'class', 'classes')} by its column "
            f"{columns.label!r}: nothing to tell apart.\n"
            f"Expected two or more; if another column has them: {options.setting(label='<column>')}"
        )
    order = columns.class_names or sorted(present, key=natural_key)
    classes = [each for each in order if each in present]
    return Used(shards, _with_test(rows, options, name), classes)


def split_meanings(names: Sequence[str], options: HuggingFaceOptions, name: str) -> dict[str, SplitName]:
    """Say what each split is for: by the options, by its name, "none" if neither says it.

    A single split that says nothing is for training.

    Raises:
        UserError: None is for training, or the options name one that there is not.
    """
    different = list(dict.fromkeys(names))
    if unknown := sorted(set(options.splits) - set(different)):
        raise UserError(
            f"{options.named('splits')} names {some(unknown)}, which {name} does not have.\n"
            f"Expected some of: {some(each or '(no name)' for each in different)}."
        )
    meaning = {each: options.splits.get(each) or _meaning(each) for each in different}
    if len(different) == 1 and not options.splits and meaning[different[0]] == "none":
        meaning = {different[0]: "train"}
    if "train" not in meaning.values():
        raise UserError(
            f"{name} has no split for training: it has {some(map(repr, different))}.\n"
            f"Say which is: {options.setting(splits={different[0]: 'train'})}"
        )
    return meaning


def _meaning(split: str) -> SplitName:
    words = "".join(each if each.isalpha() else " " for each in split.lower()).split()
    found = {_WORDS[word] for word in words if word in _WORDS}
    return found.pop() if len(found) == 1 else "none"


def _values(path: Path, column: str) -> Iterator[Any]:
    for rows in rows_of(path, [column], _LABELS_AT_ONCE):
        for row in rows:
            yield row[column]


def _class_name(value: Any, columns: Columns, path: Path) -> str:
    """Return the name of a class, "" if there is none."""
    if value is None or (isinstance(value, int) and value == _UNLABELLED and value is not True):
        return ""
    if not columns.class_names or not isinstance(value, int):
        return " ".join(str(value).replace("\0", "").split())
    if not 0 <= value < len(columns.class_names):
        raise UserError(
            f"{path} has the class {value} in its column {columns.label!r}, and "
            f"{len(columns.class_names)} names of classes: it is damaged.\nExpected 0 to "
            f"{len(columns.class_names) - 1}, or -1 where it is not known."
        )
    return columns.class_names[value]


def _tell(
    name: str, columns: Columns, meaning: Mapping[str, SplitName], unlabelled: Mapping[str, int]
) -> None:
    splits = ", ".join(
        split if split == use else f"{split or 'all'} = {use}"
        for split, use in meaning.items()
        if use != "none"
    )
    logger.info(
        "%s: images from %r, classes from %r; splits: %s.", name, columns.image, columns.label, splits
    )
    if left := [split for split, use in meaning.items() if use == "none"]:
        logger.warning(
            "%s: not used are the splits %s. To use one: %s",
            *(name, some(left), HuggingFaceOptions.setting(splits={left[0]: "train"})),
        )
    for split, count in unlabelled.items():
        if count:
            images = count_of(count, "image")
            logger.warning("%s: %s without a label in %s: left out.", name, images, split or "it")


def _with_test(
    rows: Sequence[Sequence[Row | None]], options: HuggingFaceOptions, name: str
) -> list[list[Row | None]]:
    """Draw test images from those for training, of each class alike, if there are none."""
    flat = [row for of_shard in rows for row in of_shard if row is not None]
    if not options.test or any(row.split == "test" for row in flat):
        return [list(of_shard) for of_shard in rows]
    drawn: set[str] = set()
    for number, class_name in enumerate(sorted({row.class_name for row in flat})):
        names = [row.name for row in flat if row.split == "train" and row.class_name == class_name]
        order = np.random.default_rng([options.split.seed, number]).permutation(len(names))
        count = min(max(round(len(names) * options.test), 1), len(names) - 1) if len(names) > 1 else 0
        drawn |= {names[place] for place in order[:count]}
    logger.info(
        "%s: no test set with labels is given: %s for it are taken.", name, count_of(len(drawn), "image")
    )
    return [
        [row._replace(split="test") if row is not None and row.name in drawn else row for row in of_shard]
        for of_shard in rows
    ]


def digest_of(shards: Sequence[Shard]) -> str:
    """Return the digest (sha256, hexadecimal) of the content of files, in their order."""
    digest = hashlib.sha256()
    for shard in shards:
        with shard.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
