"""A table of corrections: which image has a wrong label, and the right one, or that it is to be left out."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.files.paths import is_file
from image_classification.images.folder.found_files import given_path
from image_classification.images.folder.layout.tree import class_name_of
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.folder.tables.read import read_table
from image_classification.images.folder.tables.table import SUFFIXES, Table, is_table
from image_classification.remote.fetched import here
from image_classification.words import count_of, did_you_mean, nearest_names, printable, some

LEAVE_OUT = "leave_out"
"""What stands in place of a label where an image is to be left out."""

_COLUMNS = ("file", "label")
_SEARCHED = 20_000  # names among which one that is nearly right is looked for


class Correction(NamedTuple):
    """What a row of the table says: the label, or LEAVE_OUT, and where the row is, such as `line 7`."""

    label: str
    place: str


def corrections_path(value: str, folder: Path) -> Path | None:
    """Return the table that an option names, from the current folder or from that of the images.

    Raises:
        UserError: There is no such file, or it is no table.
    """
    if not value.strip():
        return None
    given = here(value)
    beside = folder / given
    path = beside if not is_file(given) and is_file(beside) else None
    path = path or given_path(ImageFolderOptions, "corrections", value)
    if not is_file(path) or not is_table(path):
        raise UserError(
            f"{ImageFolderOptions.named('corrections')} = {value} is no table.\n"
            f"Expected a file {', '.join(SUFFIXES)} with the columns {' and '.join(_COLUMNS)}."
        )
    return path


def read_corrections(
    path: Path, names: Sequence[str], classes: Collection[str], folder: Path
) -> dict[int, Correction]:
    """Read a table of corrections.

    A file is written as in the image index; the ways in which systems and spreadsheets write the same path
    are understood, and so are absolute paths.

    Args:
        path: The table, with the columns file and label.
        names: The files of the data.
        classes: The labels that there are.
        folder: The folder that the names start from.

    Returns:
        The correction of each place among the names that has one.

    Raises:
        UserError: The table cannot be read, lacks a column, or has a row without file or label, of a file
            that is not there, or two that contradict each other.
    """
    table = read_table(path)
    files, labels = (table.columns[_column(table, name)] for name in _COLUMNS)
    place_of = _places(names)
    starts = dict.fromkeys(f"{each.as_posix().rstrip('/')}/" for each in _absolute(folder))
    found: dict[int, Correction] = {}
    lost = []
    meant = _meanings(classes)
    for row, (file, written) in enumerate(zip(files, labels, strict=True)):
        label = next((meant[each] for each in _spellings(written) if each in meant), class_name_of(written))
        place = table.place(row)
        if not file or not label:
            raise UserError(
                f"The corrections {path} name no {'label' if file else 'file'} in {place}.\n"
                f"Expected a file and a label in each row; {LEAVE_OUT} in place of the label leaves it out."
            )
        number = next((place_of[each] for each in _readings(file, starts) if each in place_of), None)
        if number is None:
            lost.append(row)
            continue
        earlier = found.setdefault(number, Correction(label, place))
        if earlier.label != label:
            raise UserError(
                f"The corrections {path} give {printable(names[number])} two labels: {earlier.label!r} "
                f"({earlier.place}) and {label!r} ({place}).\nExpected one row for each file."
            )
    if lost:
        raise UserError(_no_such_files(table, files, lost, place_of, folder))
    return found


def _column(table: Table, wanted: str) -> str:
    alike = [name for name in table.columns if name.casefold() == wanted]
    if len(alike) == 1:
        return alike[0]
    if alike:
        problem = f"has {len(alike)} columns {wanted!r}: {', '.join(map(repr, alike))}."
    else:
        problem = f"has no column {wanted!r}{did_you_mean(nearest_names(wanted, table.columns))}"
    raise UserError(
        f"The table of corrections {table.path} {problem}\nExpected the columns {' and '.join(_COLUMNS)}, "
        f"named in its first line. It has:\n{table.listed()}"
    )


def _meanings(classes: Collection[str]) -> Mapping[str, str]:
    """Return the class that is meant by a text, one for each way of writing it that has one meaning."""
    spaced: dict[str, str] = {}
    for name in sorted(classes):
        spaced.setdefault(" ".join(name.split()), name)
    return spaced | {name: name for name in classes}


def _spellings(label: str) -> Iterator[str]:
    for text in (label, _unguarded(label)):
        yield text
        yield class_name_of(text)
        yield " ".join(class_name_of(text).split())


def _unguarded(text: str) -> str:
    """Return a text without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return text[1:] if text.startswith("'") else text


def _places(names: Sequence[str]) -> Mapping[str, int]:
    """Return the place of each name, and of what it may be written as where that is the name of no other."""
    places = {name: place for place, name in enumerate(names)}
    others: dict[str, int | None] = {}
    for place, name in enumerate(names):
        for form in {unicodedata.normalize("NFC", name), name.strip(), " ".join(name.split())} - {name}:
            others[form] = None if form in others else place
    return {form: place for form, place in others.items() if place is not None} | places


def _absolute(folder: Path) -> tuple[Path, ...]:
    return folder, folder.absolute(), folder.resolve()


def _readings(file: str, starts: Iterable[str]) -> Iterator[str]:
    """Yield the names that a path in the table may mean, the path as it stands first.

    Args:
        file: the path.
        starts: how paths begin that name the folder of the files too.
    """
    for text in dict.fromkeys((file, _unguarded(file))):
        for path in dict.fromkeys((text, text.replace("\\", "/"))):
            yield path
            yield path.removeprefix("./")
            yield unicodedata.normalize("NFC", path.removeprefix("./"))
            yield from (path.removeprefix(start) for start in starts if path.startswith(start))


def _no_such_files(
    table: Table, files: Sequence[str], lost: Sequence[int], names: Mapping[str, int], folder: Path
) -> str:
    first = lost[0]
    file = files[first].replace("\\", "/")
    inner = file.rpartition("/")[2]
    same = [name for name in names if name.rpartition("/")[2] == inner]
    nearest = same[:3] or nearest_names(file, list(names)[:_SEARCHED])
    others = f" Others: {some((files[row] for row in lost[1:]), 3)}." if lost[1:] else ""
    return (
        f"The corrections {table.path} name {count_of(len(lost), 'unknown file')}, such as "
        f"{printable(files[first])} ({table.place(first)}){did_you_mean(nearest)}{others}\n"
        f"Expected paths from {folder}, as in the column name of the image index."
    )
