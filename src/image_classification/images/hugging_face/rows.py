"""The rows of a data set that are used: their classes and splits, without their images."""

import hashlib
import itertools
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image_classification.errors import UserError
from image_classification.images.hugging_face.columns import Columns
from image_classification.images.hugging_face.options import HuggingFaceOptions, SplitName
from image_classification.images.hugging_face.shards import Shard, rows_of
from image_classification.images.hugging_face.splits import Row, with_test
from image_classification.words import count_of, natural_key, some

logger = logging.getLogger(__name__)

_LABELS_AT_ONCE = 10_000
_UNLABELLED = -1  # what the library writes where the classes of test images are kept secret


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
    numbers = {split: itertools.count() for split in meaning}
    rows = [
        [_row(value, shard, next(numbers[shard.split]), meaning[shard.split], columns) for value in values]
        for shard, values in ((shard, _values(shard.path, columns.label)) for shard in shards)
    ]
    _tell(name, columns, meaning, _unlabelled(shards, rows))
    present = {row.class_name for of_shard in rows for row in of_shard if row is not None}
    if len(present) < 2:
        raise UserError(
            f"The images of {name} have {count_of(len(present), 'class', 'classes')} by its column "
            f"{columns.label!r}: nothing to tell apart.\n"
            f"Expected two or more; if another column has them: {options.setting(label='<column>')}"
        )
    order = columns.class_names or sorted(present, key=natural_key)
    classes = [each for each in order if each in present]
    return Used(shards, with_test(rows, options, name), classes)


def _row(value: Any, shard: Shard, number: int, split: SplitName, columns: Columns) -> Row | None:
    class_name = _class_name(value, columns, shard.path)
    return Row(f"{shard.split or 'image'}/{number:05d}", class_name, split) if class_name else None


def _unlabelled(shards: Sequence[Shard], rows: Sequence[Sequence[Row | None]]) -> Counter[str]:
    """Count the rows of each split that have no class."""
    counts: Counter[str] = Counter()
    for shard, of_shard in zip(shards, rows, strict=True):
        counts[shard.split] += sum(row is None for row in of_shard)
    return counts


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


def digest_of(shards: Sequence[Shard]) -> str:
    """Return the digest (sha256, hexadecimal) of the content of files, in their order."""
    digest = hashlib.sha256()
    for shard in shards:
        with shard.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
