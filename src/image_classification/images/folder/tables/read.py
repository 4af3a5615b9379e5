"""Reading a table from a file: of text, with its encoding, separator and header line, or of parquet."""

import codecs
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
from image_classification.images.folder.tables.parquet_file import read_parquet_table
from image_classification.images.folder.tables.table import Table, titles_of

# the longer marks first: that of UTF-32 begins like that of UTF-16
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
# Excel writes and reads such a first line
_SEPARATOR_LINE = re.compile(r"^\"?sep=([^\"\r\n])\"?\s*$")
_LOOKED_AT = 200
# of every second byte: names in other alphabets have fewer zeros than ASCII, whose header has them all
_ZEROS = 0.1
# what spreadsheets (old and new), gzip and parquet files begin with
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"PAR1")

_LARGEST = 2**31  # bytes; the texts of its cells take several times as much
_AS_PARQUET = "Expected at most 2 GiB; write it as parquet, with the columns that are needed."

Row = tuple[int, list[str]]


def read_table(path: Path) -> Table:
    """Read a table as text; the ending of its name says whether it is a text or a parquet file.

    The first line of a text file names the columns. Encodings: UTF-8, UTF-16 and UTF-32, by their mark or
    their zeros, else cp1252. Separators: commas, semicolons, tabs, vertical bars; in .txt files spaces.
    Fields may be quoted, lines end as on any system.

    Only regular files are read: what comes out of a pipe could not be looked at again, as each stage does.

    Raises:
        UserError: It cannot be read, or is empty, a quote stays open, a line has more fields than the header,
            two columns have one name, or there are NUL characters or two encodings in it.
    """
    try:
        with os.fdopen(open_regular(path)[0], "rb") as file:
            is_parquet = path.suffix.lower() == ".parquet"
            return read_parquet_table(path, file) if is_parquet else _read_text_table(path, file)
    except (OSError, ArrowException, ValueError, ArithmeticError) as error:  # of parsers of broken files
        of_system = error.strerror if isinstance(error, OSError) else ""
        reason = of_system or (str(error).splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"The table {path} cannot be read: {reason}\n"
            "Expected a .csv, .tsv, .txt or .parquet file with a path and a label in each row."
        ) from error


def _read_text_table(path: Path, file: IO[bytes]) -> Table:
    size = os.fstat(file.fileno()).st_size
    if size > _LARGEST:
        raise UserError(f"The table {path} is too large to be read as text: {size:,} bytes.\n{_AS_PARQUET}")
    text, encoding = _decoded(path, file.read(size))
    lines = list(io.StringIO(text, newline=""))
    separator, skipped = _separator(path, lines)
    rows = _rows(path, lines[skipped:], separator, skipped)
    _, names = next(rows, (0, []))
    if not names:
        raise UserError(f"The table {path} cannot be read: it is empty.\nExpected a line of column names.")
    content = [(number, _fitting(path, names, number, row)) for number, row in rows]
    used = [place for place, name in enumerate(names) if name or any(row[place] for _, row in content)]
    titles = titles_of(path, [names[place] or f"column {place + 1}" for place in used])
    columns = {title: [row[place] for _, row in content] for title, place in zip(titles, used, strict=True)}
    remarks = []
    if not encoding.startswith("utf-8"):
        remarks.append(f"as {encoding}" + (", as it is not UTF-8" if encoding == "cp1252" else ""))
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    if separator != usual and len(titles) > 1:
        remarks.append(f"with {_SEPARATORS.get(separator, separator)} between columns")
    return Table(path, columns, numbers=[number for number, _ in content], remarks=remarks)


def _decoded(path: Path, content: bytes) -> tuple[str, str]:
    """Return the text and its encoding."""
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "")
    encoding = encoding or _by_zeros(content[:4096])
    for each in [encoding] if encoding else ["utf-8", "cp1252"]:
        try:
            text = "" if content.startswith(_NO_TEXT) else content.decode(each)
        except UnicodeDecodeError:
            continue
        if each == "cp1252":
            _refuse_two_encodings(path, content)
        if text or content in (b"", *_MARKS):
            return text, each
    raise UserError(
        f"The table {path} cannot be read: it is not text in {encoding or 'UTF-8'}.\n"
        "Expected a text file; save it as CSV in UTF-8."
    )


def _refuse_two_encodings(path: Path, content: bytes) -> None:
    """Refuse text that is not UTF-8 as a whole if some of its lines are: they would be read as nonsense."""
    first: dict[bool, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.isascii():
            first.setdefault(_is_utf8(line), number)
    if len(first) > 1:
        raise UserError(
            f"The table {path} is written in two encodings: line {first[True]} in UTF-8, and line "
            f"{first[False]} in another one.\nExpected one; save it as CSV in UTF-8."
        )


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _by_zeros(content: bytes) -> str:
    """Recognise UTF-16 without a mark, where every second byte of ASCII is zero; "" if it is not that."""
    even, odd = content[::2].count(0), content[1::2].count(0)
    if max(even, odd) * 2 < len(content) * _ZEROS or min(even, odd) * 10 > max(even, odd):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _separator(path: Path, lines: Sequence[str]) -> tuple[str, int]:
    """Return what is between the fields, and how many lines say so."""
    if lines and (said := _SEPARATOR_LINE.match(lines[0])):
        return said[1], 1
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
    # nothing separates a single column, not even what happens to be in a name
    return (best if header > 1 and (best != " " or alike == 1.0) else "\x1f"), 0


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
