"""The splits of a data set: what each is for, and the test images that are drawn if there are none."""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from image_classification.errors import UserError
from image_classification.images.hugging_face.options import HuggingFaceOptions, SplitName
from image_classification.words import count_of, some

logger = logging.getLogger(__name__)

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


def with_test(
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
