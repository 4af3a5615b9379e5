"""The classes of new images, where a folder or a table says them: to measure a network by."""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.images.folder.new_images import NewFiles
from image_classification.images.folder.tables.guesses import label_candidates
from image_classification.images.folder.tables.table import Table
from image_classification.words import did_you_mean, nearest_names, some

NONE, AUTO, FOLDERS = "none", "auto", "folders"
_DEEPEST = 12
_WHOLE = re.compile(r"-?[0-9]+\.0")

logger = logging.getLogger(__name__)


class KnownLabels(NamedTuple):
    """What files show, as somebody says.

    labels: Of each file, "" where nothing is said; a class of the network where it is called alike.
    source: Who says so, in words.
    """

    labels: Sequence[str]
    source: str


def known_labels(found: NewFiles, class_names: Sequence[str], wanted: str, option: str) -> KnownLabels | None:
    """Return what the folders around the files, or a column of their table, say about them.

    Args:
        found: The files.
        class_names: Of the network.
        wanted: "none": nothing is wanted; "folders": what the folders say; the name of a column of the table;
            "auto": either, where at least half of the names are classes of the network.
        option: That says so, for messages.

    Returns:
        None where nothing is known.

    Raises:
        UserError: There is no such column, or no folder has the name of a class.
    """
    if wanted == NONE:
        return None
    classes = _Classes(class_names)
    if wanted not in (AUTO, FOLDERS) or (found.table and wanted in found.table.columns):
        return _of_column(_require_table(found, wanted, option), wanted, classes)
    if wanted == AUTO and found.table:
        table = found.table
        names = [name for name in table.columns if name != found.path_column]
        candidates = label_candidates(table, names)
        for column in candidates:
            if classes.are_most_of(set(table.columns[column]) - {""}):
                return _of_column(table, column, classes)
        for column in candidates:
            _tell_of_left_aside(table, column, classes, option)
    return _of_folders(found, classes, wanted, option)


class _Classes:
    """The classes of the network by the ways in which they may be written."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        folded = Counter(map(_folded, names))
        self._names: Mapping[str, str] = {
            **{_folded(name): name for name in names if folded[_folded(name)] == 1},
            **{name: name for name in names},
        }

    def named(self, text: str) -> str:
        """Return the class that is called so, or the text where there is none."""
        return self._found(text) or text

    def knows(self, text: str) -> bool:
        return self._found(text) is not None

    def _found(self, text: str) -> str | None:
        # pandas writes the whole numbers of a column that has blanks as 7.0
        written = (text, _folded(text), text.removesuffix(".0") if _WHOLE.fullmatch(text) else text)
        return next((self._names[each] for each in written if each in self._names), None)

    def are_most_of(self, texts: set[str]) -> bool:
        return bool(texts) and 2 * sum(map(self.knows, texts)) >= len(texts)


def _tell_of_left_aside(table: Table, column: str, classes: _Classes, option: str) -> None:
    """Say why a column that may be the label is not taken for it."""
    said = list(dict.fromkeys(filter(None, table.columns[column])))
    if not said:
        return
    known = len(list(filter(classes.knows, said)))
    few = f"only {known} of its {len(said)} values" if known else "none of its values"
    logger.info(
        "%s: the column %r is left aside, as %s is a class of the network (%s): %s. To take it "
        "all the same: %s = %s",
        *(table.path.name, column, few),
        *(some(classes.names, 3), some((each for each in said if not classes.knows(each)), 3)),
        *(option, column),
    )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _require_table(found: NewFiles, column: str, option: str) -> Table:
    expected = f"Expected {AUTO}, {NONE}, {FOLDERS}, or the name of a column of a table."
    if found.table is None:
        raise UserError(f"{option} = {column}: the images are in no table that could have it.\n{expected}")
    if column not in found.table.columns:
        guess = did_you_mean(nearest_names(column, found.table.columns))
        raise UserError(
            f"{option} = {column}: the table {found.table.path} has no such column{guess} It has:\n"
            f"{found.table.listed()}"
        )
    return found.table


def _of_column(table: Table, column: str, classes: _Classes) -> KnownLabels:
    labels = [classes.named(text) for text in table.columns[column]]
    return KnownLabels(labels, f"column {column!r} of {table.path.name}")


def _of_folders(found: NewFiles, classes: _Classes, wanted: str, option: str) -> KnownLabels | None:
    depth = _depth_of_classes(found, classes, half=wanted == AUTO)
    if depth is None:
        if wanted == FOLDERS:
            outer = dict.fromkeys(parts[0] for parts in _folders(found) if parts)
            around = f"; they are in {some(outer)}" if outer else ", but in no folders at all"
            raise UserError(
                f"{option} = {FOLDERS}: the images lie in no folder with the name of a class{around}.\n"
                f"Expected a folder for each class, <images>/<class>/…, or {option} = {NONE}"
            )
        return None
    labels = [classes.named(parts[depth]) if len(parts) > depth else "" for parts in _folders(found)]
    return KnownLabels(labels, "the folders around the images")


def _depth_of_classes(found: NewFiles, classes: _Classes, *, half: bool) -> int | None:
    """Return at which level of folders those with the names of classes hold the most files."""
    files = [Counter[str]() for _ in range(_DEEPEST)]
    for parts in _folders(found):
        for at_depth, folder in zip(files, parts, strict=False):
            at_depth[folder] += 1
    known = [
        sum(count for folder, count in at_depth.items() if classes.knows(folder))
        if classes.are_most_of(set(at_depth)) or not half
        else 0
        for at_depth in files
    ]
    return known.index(max(known)) if any(known) else None


def _folders(found: NewFiles) -> Iterator[list[str]]:
    """Yield the folders around each file, the outermost first."""
    for name, _, _ in found.facts():
        parts = name.replace("\\", "/").split("/")[:-1]
        yield [part for part in parts if part not in ("", ".")]
