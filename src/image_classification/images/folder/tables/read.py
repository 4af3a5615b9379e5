"""Reading a table from a file: of text, with its encoding, separator and header line, or of parquet."""

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from pyarrow import ArrowException  # type: ignore[import-untyped]

from image_classification.errors import UserError
from image_classification.files.paths import open_regular
from image_classification.images.folder.options import PathTableOptions
from image_classification.images.folder.tables.encodings import decode_table
from image_classification.images.folder.tables.parquet_file import read_parquet_table
from image_classification.images.folder.tables.table import Table, titles_of

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
# Excel writes and reads such a first line
_SEPARATOR_LINE = re.compile(r"^\"?sep=([^\"\r\n])\"?\s*$")
_NAMES = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " "}
_LOOKED_AT = 200
_LARGEST = 2**31  # bytes; the texts of its cells take several times as much
_AS_PARQUET = "Expected at most 2 GiB; write it as parquet, with the columns that are needed."

Row = tuple[int, list[str]]


def read_table(path: Path, options: PathTableOptions | None = None) -> Table:
    """Read a table as text; the ending of its name says whether it is a text or a parquet file.

    The first line of a text file names the columns. Encodings: as `decode_table` finds them. Separators:
    commas, semicolons, tabs, vertical bars; in .txt files spaces. Fields may be quoted, lines end as on any
    system.

    Only regular files are read: what comes out of a pipe could not be looked at again, as each stage does.

    Args:
        path: The file.
        options: In which encoding and with which separators it is written, if that is named.

    Raises:
        UserError: It cannot be read, or is empty, a quote stays open, a line has more fields than the header,
            two columns have one name, there are NUL characters or two encodings in it, or it is not clear
            which encoding or separator it has.
    """
    try:
        with os.fdopen(open_regular(path)[0], "rb") as file:
            is_parquet = path.suffix.lower() == ".parquet"
            if is_parquet:
                return read_parquet_table(path, file)
            return _read_text_table(path, file, options or PathTableOptions())
    except (OSError, ArrowException, ValueError, ArithmeticError) as error:  # of parsers of broken files
        of_system = error.strerror if isinstance(error, OSError) else ""
        reason = of_system or (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"The table {path} cannot be read: {reason}\n"
            "Expected a .csv, .tsv, .txt or .parquet file with a path and a label in each row."
        ) from error


def _read_text_table(path: Path, file: IO[bytes], options: PathTableOptions) -> Table:
    size = os.fstat(file.fileno()).st_size
    if size > _LARGEST:
        raise UserError(f"The table {path} is too large to be read as text: {size:,} bytes.\n{_AS_PARQUET}")
    text, encoding_remark = decode_table(path, file.read(size), options)
    lines = list(io.StringIO(text, newline=""))
    separator, skipped = _separator(path, lines, options)
    rows = _rows(path, lines[skipped:], separator, skipped)
    _, names = next(rows, (0, []))
    if not names:
        raise UserError(f"The table {path} cannot be read: it is empty.\nExpected a line of column names.")
    content = [(number, _fitting(path, names, number, row)) for number, row in rows]
    used = [place for place, name in enumerate(names) if name or any(row[place] for _, row in content)]
    titles = titles_of(path, [names[place] or f"column {place + 1}" for place in used])
    columns = {title: [row[place] for _, row in content] for title, place in zip(titles, used, strict=True)}
    remarks = [encoding_remark] if encoding_remark else []
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    if separator != usual and len(titles) > 1:
        remarks.append(f"with {_SEPARATORS.get(separator, separator)} between columns")
    return Table(path, columns, numbers=[number for number, _ in content], remarks=remarks)


def _separator(path: Path, lines: Sequence[str], options: PathTableOptions) -> tuple[str, int]:
    """Return what is between the fields, and how many lines say so.

    Raises:
        UserError: Two of them divide all lines alike.
    """
    if lines and (said := _SEPARATOR_LINE.match(lines[0])):
        return said[1], 1
    if options.separator:
        return _NAMES[options.separator], 0
    usual = ["\t", ",", ";", "|"] if path.suffix.lower() == ".tsv" else [",", ";", "\t", "|"]
    if path.suffix.lower() == ".txt":
        usual.append(" ")

    def fitness(separator: str) -> tuple[float, bool, int]:
        try:
            widths = [len(row) for row in _reader(lines[:_LOOKED_AT], separator) if any(row)]
        except csv.Error:  # reading all of it will tell where
            widths = []
        header = widths[0] if widths else 0
        # a list of names in one column may have any of these in it
        alike = sum(width == header for width in widths) / max(len(widths), 1) if header > 1 else 0.0
        return alike, separator != " ", header

    best = max(usual, key=fitness)
    alike, _, header = fitness(best)
    perfect = [each for each in usual if each != " " and fitness(each)[0] == 1.0]
    if len(perfect) > 1 and not (path.suffix.lower() == ".tsv" and "\t" in perfect):
        raise UserError(_which_separator(path, perfect, options))
    # nothing separates a single column, not even what happens to be in a name
    return (best if header > 1 and (best != " " or alike == 1.0) else "\x1f"), 0


def _which_separator(path: Path, separators: Sequence[str], options: PathTableOptions) -> str:
    told = {sign: name for name, sign in _NAMES.items()}
    named = " or ".join(_SEPARATORS[each] for each in separators)
    settings = [f"  {options.setting(separator=told[each])}" for each in separators]
    return "\n".join([f"The columns of the table {path} may be divided by {named}. Say which:", *settings])


def _rows(path: Path, lines: Sequence[str], separator: str, skipped: int) -> Iterator[Row]:
    """Yield the rows that are not empty, each with the number of its first line."""
    reader = _reader(lines, separator, strict=True)
    number = skipped + 1
    try:
        for row in reader:
            fields = [field.strip() for field in row]
            if any(fields):
                yield number, fields
            number = skipped + reader.line_num + 1
    except csv.Error as error:
        expected = (
            "no field of that size: is this a table of paths, or is the content of the files in it?"
            if "limit" in str(error)
            else 'as many quotes (") that close as open; inside quotes, one is written twice.'
        )
        raise UserError(
            f"The table {path} cannot be read: in line {number}, {error}.\nExpected {expected}"
        ) from error


def _reader(lines: Sequence[str], separator: str, *, strict: bool = False) -> Any:
    # a field is empty between two tabs, not between a tab and a space
    return csv.reader(lines, delimiter=separator, strict=strict, skipinitialspace=separator != "\t")


def _fitting(path: Path, header: Sequence[str], number: int, row: list[str]) -> list[str]:
    """Return a row with as many fields as the header has."""
    if any(row[len(header) :]):
        raise UserError(
            f"The table {path} has {len(row)} fields in line {number}, and {len(header)} in its header "
            f"({', '.join(header)}).\nExpected as many in each line; a field with the separator in it is put "
            'in quotes: "a,b".'
        )
    # what is missing at the end is empty, and so is what is too much: spreadsheets write both
    return row[: len(header)] + [""] * (len(header) - len(row))
