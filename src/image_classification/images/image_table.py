"""A table that says which file shows what, instead of folders."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pandas.errors import EmptyDataError, ParserError
from pyarrow import ArrowException  # type: ignore[import-untyped]

from image_classification.errors import UserError
from image_classification.images.file_status import OK, ignored, unreadable
from image_classification.images.folder_layout import LabelledFile
from image_classification.images.folder_tree import class_name_of
from image_classification.images.split_words import SPLIT_FOLDERS
from image_classification.suggestions import did_you_mean, nearest_names

SUFFIXES = (".csv", ".tsv", ".parquet")


def read_image_table(path: Path, group: str = "") -> list[LabelledFile]:
    """Read the rows of a table with the columns path, label and perhaps split, in their order.

    Args:
        path: A .csv, .tsv or .parquet file. The paths in it start from the folder that it lies in.
        group: A further column; images with the same value there belong together.

    Raises:
        UserError: The table cannot be read, lacks a column, names a split that does not exist, or gives one
            file two labels.
    """
    table = _read(path)
    for column in ("path", "label", *filter(None, [group])):
        if column not in table.columns:
            raise UserError(
                f"The table {path} has no column {column!r}"
                f"{did_you_mean(nearest_names(column, map(str, table.columns)))} "
                f"It has: {', '.join(map(str, table.columns))}.\n"
                "Expected path (from the folder of the table), label, and if the splits are given split"
                + (", and the column that image_folder.split.group names." if group else ".")
            )
    names = _texts(table["path"])
    labels = [class_name_of(label) for label in _texts(table["label"])]
    splits = _splits(path, _texts(table["split"]) if "split" in table.columns else [""] * len(names))
    groups = _texts(table[group]) if group else [""] * len(names)
    known: dict[str, str] = {}
    files = []
    for row, (name, label, split, its_group) in enumerate(
        zip(names, labels, splits, groups, strict=True), start=1
    ):
        status = OK
        if not name:
            status = unreadable(f"row {row} of the table names no file")
        elif name in known:
            if known[name] != label:
                raise UserError(
                    f"The table {path} gives {name} two labels: {known[name]!r} and {label!r} (row {row}).\n"
                    "Expected one row for each file."
                )
            status = ignored(f"row {row} of the table names it again")
        elif not label:
            status = ignored(f"row {row} of the table gives it no label")
        known.setdefault(name, label)
        files.append(LabelledFile(name, label, split, its_group, status))
    return files


def _read(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        # everything is text: a class called 007 or NA keeps its name
        separator = "\t" if path.suffix.lower() == ".tsv" else ","
        return pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True
        )
    except (OSError, EmptyDataError, ParserError, UnicodeDecodeError, ArrowException) as error:
        raise UserError(
            f"The table {path} cannot be read: {error}\n"
            "Expected a .csv (UTF-8, commas), .tsv or .parquet file with the columns path and label."
        ) from error


def _texts(column: "pd.Series[str]") -> list[str]:
    return [str(value).strip() if pd.notna(value) else "" for value in column]


def _splits(path: Path, splits: Sequence[str]) -> list[str]:
    for row, split in enumerate(splits, start=1):
        if split and split.lower() not in SPLIT_FOLDERS:
            raise UserError(
                f"The table {path} has no split that exists in row {row}: {split!r}"
                f"{did_you_mean(nearest_names(split, SPLIT_FOLDERS))}\n"
                "Expected train, validation, test or nothing."
            )
    return [SPLIT_FOLDERS[split.lower()] if split else "" for split in splits]
