"""Read a table that says which file shows what, in place of folders."""

import logging
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from image_classification.errors import UserError
from image_classification.files.paths import is_file, shortened, why_no_file
from image_classification.images.folder.layout.files import LabelledFile
from image_classification.images.folder.layout.tree import class_name_of
from image_classification.images.folder.options import PathTableOptions, TableOptions
from image_classification.images.folder.tables.columns import choose_columns
from image_classification.images.folder.tables.guesses import names_picture
from image_classification.images.folder.tables.locations import locate, names_from, root_of
from image_classification.images.folder.tables.read import read_table
from image_classification.images.folder.tables.splits import read_splits
from image_classification.images.folder.tables.table import UNKNOWN, Table
from image_classification.images.reading.file_status import OK, ignored, unreadable
from image_classification.words import agreeing, count_of, printable, some

logger = logging.getLogger(__name__)

# what programs write where there is no label, and no person does; "none" may be the name of a class
_NO_LABEL = {"nan", "-nan", "<na>", "#n/a", "#na", "nat", "-1.#ind", "1.#qnan"}
_LONGEST_LABEL = 500


def read_image_table(path: Path, parameters: TableOptions) -> list[LabelledFile]:
    """Read the rows of a table of files and labels, in their order.

    Args:
        path: A .csv, .tsv, .txt or .parquet file.
        parameters: The roles of its columns, and where its paths start.

    Returns:
        A file for each row that is not empty; its name is the path from the folder of the table.

    Raises:
        UserError: The table cannot be read, lacks a column, names an unknown split, or files most of which
            do not exist, or gives one file two labels or splits.
    """
    table = read_rows(path, parameters)
    columns = choose_columns(table, parameters)
    nothing = [""] * len(table.numbers)
    labels = _labels(table, columns.label)
    splits = _splits(table, columns.split, parameters) if columns.split else nothing
    groups = _groups(table, columns.group) if columns.group else nothing
    paths = table.columns[columns.path]
    root = root_of(path, parameters)
    locations = locate(table, paths, root, parameters)
    # NUL is in no path, and separates the names in the image store
    names = [name.replace("\0", "\\x00") for name in names_from(path.parent, root, locations)]
    repeated = _repeated(table, names, labels, splits)
    times = Counter(names)
    files = []
    for row, (name, label, split, group) in enumerate(zip(names, labels, splits, groups, strict=True)):
        status, is_missing = OK, False
        if not paths[row]:
            status = unreadable(f"{table.place(row)} of the table names no file")
        elif row in repeated:
            status = ignored(f"{table.place(row)} of the table names it again")
        elif not label:
            status = ignored(f"{table.place(row)} of the table gives it no label")
        elif split == "none":
            status = ignored(f"{table.place(row)} of the table gives it a split that is left out")
        elif not locations[row].found:
            status = unreadable(why_no_file(root / locations[row].path))
            is_missing = True
        if status != OK and not is_missing and times[name] > 1:
            name = f"{name} ({table.place(row)})"  # noqa: PLW2901  (a name is that of one row)
        files.append(LabelledFile(name, label, "" if split == "none" else split, group, status))
    unlabelled = [row for row, label in enumerate(labels) if paths[row] and not label]
    if unlabelled:
        logger.warning(
            "%s: %d of the %s %s no label, such as %s: %s left out.",
            *(path.name, len(unlabelled), count_of(len(labels), "row")),
            *(agreeing(len(unlabelled), "has", "have"), table.place(unlabelled[0])),
            agreeing(len(unlabelled), "its image is", "their images are"),
        )
    return files


def read_rows(path: Path, options: PathTableOptions | None = None, *, may_be_a_list: bool = False) -> Table:
    """Read a table that has a header line and rows; where it may be one, also a list, a path in each line.

    Raises:
        UserError: It cannot be read, or lacks one of the two.
    """
    table = read_table(path, options)
    names = list(table.columns)
    if may_be_a_list and len(names) == 1 and (names_picture(names[0]) or is_file(path.parent / names[0])):
        logger.info("%s has no header line: it is read as a list of files.", path.name)
        first = 1 if not table.numbers else max(table.numbers[0] - 1, 1)
        return replace(
            table, columns={"path": [names[0], *table.columns[names[0]]]}, numbers=[first, *table.numbers]
        )
    if table.remarks:
        logger.info("%s is read %s.", path.name, ", ".join(table.remarks))
    if any(names_picture(name) or is_file(path.parent / name) for name in table.columns):
        names = ["path" if names_picture(name) else "label" for name in table.columns]
        raise UserError(
            f"The table {path} has no header line: its first line, {', '.join(table.columns)}, names a "
            f"file.\nExpected the names of its columns in the first line, such as {','.join(names)}"
        )
    if not table.numbers:
        raise UserError(
            f"The table {path} has no rows, only {', '.join(table.columns)}.\nExpected one for each image."
        )
    return table


def _labels(table: Table, column: str) -> list[str]:
    """Return the class of each row, on one line; "" where there is none.

    Raises:
        UserError: One is a whole text.
    """
    labels = [class_name_of(label) for label in table.columns[column]]
    labels = [label if label.isprintable() else " ".join(label.split()) for label in labels]
    for row, label in enumerate(labels):
        if "\0" in label:
            raise UserError(
                f"The table {table.path} has a NUL character in {table.place(row)}, column {column!r}: it is "
                "damaged, or no text.\nExpected the name of a class; write the table anew, as CSV in UTF-8."
            )
        if len(label) > _LONGEST_LABEL:
            raise UserError(
                f"The table {table.path} has a label of {len(label):,} characters in {table.place(row)}, "
                f"column {column!r}: {shortened(label)}.\nExpected the name of a class, of at most "
                f"{_LONGEST_LABEL} characters; if another column has it: "
                f"{TableOptions.setting(label='<column>')}"
            )
    return ["" if label.lower() in _NO_LABEL else label for label in labels]


def _groups(table: Table, column: str) -> list[str]:
    """Return the group of each row; images whose group is unknown have nothing in common."""
    values = table.columns[column]
    unknown = [row for row, value in enumerate(values) if value and value.lower() in UNKNOWN]
    if unknown:
        written = ", ".join(dict.fromkeys(values[row] for row in unknown))
        logger.warning(
            "%s: %d of the %s %s %s as %r, which is not a group: each of these images is on its own (%s, …).",
            *(table.path.name, len(unknown), count_of(len(values), "row")),
            *(agreeing(len(unknown), "has", "have"), written, column, table.place(unknown[0])),
        )
    return ["" if value.lower() in UNKNOWN else value for value in values]


def _splits(table: Table, column: str, parameters: TableOptions) -> list[str]:
    splits = read_splits(table, column, parameters)
    meanings = dict(zip(table.columns[column], splits, strict=True))
    meanings = {value: split for value, split in meanings.items() if split}
    if any(value.lower() != split for value, split in meanings.items()):
        told = (f"{value} is {'left out' if split == 'none' else split}" for value, split in meanings.items())
        logger.info("%s: splits from %r, where %s.", table.path.name, column, some(told, 10))
    return splits


def _repeated(table: Table, names: Sequence[str], labels: Sequence[str], splits: Sequence[str]) -> set[int]:
    """Return the rows with a label whose file an earlier row names already.

    Raises:
        UserError: The earlier row has another label or split.
    """
    folder = str(table.path.parent)
    first_of: dict[object, int] = {}
    repeated = set()
    for row, name in enumerate(names):
        if not name or not labels[row]:
            continue
        first = first_of.setdefault(_identity(folder, name), row)
        if first == row:
            continue
        repeated.add(row)
        for what, said in (("labels", labels), ("splits", splits)):
            if said[first] != said[row]:
                other = f" as {names[first]}" if names[first] != name else ""
                raise UserError(
                    f"The table {table.path} gives {printable(name)} two {what}: {said[first]!r} "
                    f"({table.place(first)}{other}) and {said[row]!r} ({table.place(row)}).\n"
                    "Expected one row for each file; "
                    "several labels of one image (multi-label) are not supported."
                )
    return repeated


def _identity(folder: str, name: str) -> object:
    """Return the same for all names of one file, but not for its links: those are left to the audit."""
    try:
        status = os.lstat(os.path.join(folder, name))  # noqa: PTH118  (half the time of Path)
    except (OSError, ValueError):
        return name
    return (status.st_dev, status.st_ino) if status.st_nlink == 1 else name
