"""What the values of a column say about splits."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import cast

from image_classification.errors import UserError
from image_classification.images.folder.layout.vocabulary import SPLIT_WORDS, resolve_either, split_value
from image_classification.images.folder.options import Split, TableOptions
from image_classification.images.folder.tables.table import NOTHING, Table
from image_classification.images.store.split import SPLITS
from image_classification.words import did_you_mean, nearest_names

logger = logging.getLogger(__name__)

_FLAG = re.compile(
    rf"(is|in|for|use|used|isin|isfor|usedfor)?({'|'.join(sorted(SPLIT_WORDS, key=len, reverse=True))})"
    r"(image|img|set|split|data|sample|example|flag)*"
)
_YES, _NO = {"true", "t", "yes", "y", "on"}, {"false", "f", "no", "n", "off"}
_TRUE, _FALSE = {"1", "1.0", *_YES}, {"0", "0.0", *_NO}
_NAMES = {"split", "subset", "set", "fold", "dataset", "partition", "usage", "phase", "datasplit", "setid"}
_NAMES |= {"splitname", "splitid", "traintest", "trainvaltest", "traintestsplit", "evalpartition", "part"}
_CODES = 20
_ASKED_ABOUT = 10
_DIFFERENT = 200


def simplified(name: str) -> str:
    """Return the letters and digits of a name, in lower case."""
    return re.sub(r"[\W_]", "", name.lower())


def looks_like_split(name: str, values: Iterable[str]) -> bool:
    """Whether a column seems to say the split of each image: by words, flags, or codes under such a name."""
    values = list(filter(None, values))
    different = set(values)
    if not 0 < len(different) <= _DIFFERENT:
        return False
    if all(_flag(value) is not None for value in different) and _flag_split(name):
        return True
    # a typo or two does not make it something else
    readable = {value for value in different if split_value(value)}
    if readable and sum(value in readable for value in values) >= 0.9 * len(values):
        return True
    few = 1 < len(different) <= min(_CODES, len(values) - 1)
    if few and len(set(_said(readable).values())) > 1:  # train and test, and something else
        return True
    codes = all(re.fullmatch(r"-?\d{1,3}(\.0)?|[A-Za-z]", value) for value in different)
    named = re.sub(r"\d+$", "", simplified(name)) in _NAMES
    return named and few and (codes or bool(readable))


def read_splits(table: Table, column: str, options: TableOptions) -> list[str]:
    """Read the split of each row: train, validation, test, "none" if it is left out, "" if nothing is said.

    Args:
        table: The table.
        column: Which of its columns says it.
        options: What its values mean, if they do not say it themselves.

    Raises:
        UserError: A value means no split.
    """
    values = table.columns[column]
    different = {value for value in values if value}
    _warn_of_unused(table, column, different, options)
    meaning = _meaning(column, different, options.split_values)
    meaning |= {value: "" for value in different if value.lower() in NOTHING and value not in meaning}
    for row, value in enumerate(values):
        if value and value not in meaning:
            raise UserError(_unknown(table, column, row, options))
    return [meaning[value] if value else "" for value in values]


def _warn_of_unused(table: Table, column: str, values: Set[str], options: TableOptions) -> None:
    """Name the values that a person gave a meaning, and that no cell has."""
    unused = [key for key in options.split_values if not any(_means(key, value) for value in values)]
    if unused:
        near = did_you_mean(nearest_names(unused[0], values))
        logger.warning(
            "%s: no cell of the column %r of %s is %s%s",
            *(options.named("split_values"), column, table.path.name, ", ".join(map(repr, unused)), near),
        )


def _means(key: str, value: str) -> bool:
    """Whether a key means a cell: YAML reads yes and true as True, 01 and 1.0 as 1."""
    if key == value:
        return True
    if key in ("True", "False"):
        return value.lower() in (_YES if key == "True" else _NO)
    try:
        return float(key) == float(value)
    except ValueError:
        return False


def _meaning(column: str, values: Set[str], given: Mapping[str, str]) -> dict[str, str]:
    told = {value: given[key] for key in given for value in values if _means(key, value)}
    told |= {value: given[value] for value in values if value in given}
    flag_split = _flag_split(column)
    if flag_split and values and all(_flag(value) is not None for value in values):
        other = "test" if flag_split == "train" else "train"
        return {value: flag_split if _flag(value) else other for value in values} | told
    return _said(values) | told


def _said(values: Iterable[str]) -> dict[str, str]:
    """Return what those values mean that are words for splits."""
    names = {value: name for value in values if (name := split_value(value))}
    split_of = resolve_either(names.values())
    return {value: split_of[name] for value, name in names.items()}


def _flag(value: str) -> bool | None:
    text = value.lower()
    return True if text in _TRUE else False if text in _FALSE else None


def _flag_split(name: str) -> str:
    """Return the split that a column of yes and no is about, or ""."""
    found = _FLAG.fullmatch(simplified(name))
    return _said([found[2]])[found[2]] if found else ""


def are_one_hot_splits(columns: Mapping[str, Sequence[str]]) -> bool:
    """Whether columns of yes and no are about different splits, with a single yes in each row."""
    splits = [_flag_split(name) for name in columns]
    if len(columns) < 2 or "" in splits or len(set(splits)) < len(splits):
        return False
    rows = zip(*([_flag(value) for value in values] for values in columns.values()), strict=True)
    return all(sum(map(bool, row)) == 1 for row in rows)


def example_meanings(values: Iterable[str]) -> dict[str, Split]:
    """Guess what each of a few values means, unless it says so itself; {} for many values."""
    different = sorted({value for value in values if value})
    if len(different) > _ASKED_ABOUT:
        return {}
    said = _said(different)
    for value in different:  # a slip of the pen, such as trian; trash is something else
        if value not in said and (near := nearest_names(value, SPLITS, 0.75)):
            said[value] = near[0]
    if said:  # what is neither of them is likely to be for something else
        order = [] if "train" in said.values() else ["train"]
        rest = iter([*order, *["none"] * len(different)])
    else:
        order = ["train", "test"] if len(different) == 2 else ["train", "validation", "test"]
        rest = iter([*order, *["train"] * len(different)])
    return {value: cast("Split", said.get(value) or next(rest)) for value in different}


def how_to_use_as_split(column: str, values: Sequence[str], options: TableOptions) -> str:
    """Tell how to set a column to be the split, with the meanings of its values if need be."""
    meaning = _meaning(column, set(values) - {""}, {})
    if all(value in meaning for value in values if value):
        return options.setting(split=column)
    return options.setting(split=column, split_values=example_meanings(values))


def _unknown(table: Table, column: str, row: int, options: TableOptions) -> str:
    value = table.columns[column][row]
    lines = [
        f"The table {table.path} has no split that exists in {table.place(row)}, column {column!r}: "
        f"{value!r}{did_you_mean(nearest_names(value, SPLITS))}",
        "Expected train, validation, test or nothing.",
    ]
    if example_meanings(table.columns[column]):
        setting = how_to_use_as_split(column, table.columns[column], options)
        lines.append(f"If its values mean splits, say which, such as {setting}")
    lines.append(f"If the column is about something else: {options.setting(split='none')}")
    return "\n".join(lines)
