"""A table as text, whatever it was read from."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from image_classification.errors import UserError
from image_classification.words import printable

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
"""Endings of the files that are read as tables."""

NOTHING = frozenset(
    {"", "nan", "na", "<na>", "n/a", "#n/a", "#na", "none", "null", "nat", "-nan", "-1.#ind", "1.#qnan"}
)
"""What programs write where nothing is known, in lower case."""

_WRITTEN_BY_PEOPLE = "unknown,unk,not known,not available,unspecified,undefined,?,-,--"
UNKNOWN = NOTHING.union(_WRITTEN_BY_PEOPLE.split(","))
"""What programs or people write there."""


def is_table(path: Path) -> bool:
    """Whether the name of a file promises a table."""
    return path.suffix.lower() in SUFFIXES


def names_table(name: str) -> bool:
    """Whether a name promises a table."""
    return name.lower().endswith(SUFFIXES)


def titles_of(path: Path, names: Sequence[str]) -> list[str]:
    """Return the names of columns without what nobody sees: spaces around them, marks, ways to compose é.

    Raises:
        UserError: Two are the same.
    """
    seen = ("".join(each for each in name if unicodedata.category(each) != "Cf").strip() for name in names)
    titles = [
        unicodedata.normalize("NFC", name) or f"column {place}" for place, name in enumerate(seen, start=1)
    ]
    twice = next((name for name, times in Counter(titles).items() if times > 1), None)
    if twice is not None:
        places = [str(place) for place, name in enumerate(titles, start=1) if name == twice]
        raise UserError(
            f"The table {path} has several columns {twice!r}: {' and '.join(places)} of {len(titles)}.\n"
            f"Expected a name for each. It has: {', '.join(map(repr, titles))}"
        )
    return titles


@dataclass(frozen=True)
class Table:
    """Columns of text, without empty rows.

    path: The file.
    columns: Name -> a text per row, without spaces around it; "" where nothing is written.
    numbers: Where each row is in the file, as an editor counts lines, or a viewer of tables rows.
    unit: What they count: "line" or "row".
    nested: Columns of lists and the like, which are not text -> what they hold.
    remarks: How the file was read, where that is not obvious.
    """

    path: Path
    columns: Mapping[str, Sequence[str]]
    numbers: Sequence[int]
    unit: str = "line"
    nested: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()

    def place(self, row: int) -> str:
        """Return where a row is: `line 7`."""
        return f"{self.unit} {self.numbers[row]}"

    def examples(self, column: str, limit: int = 3) -> str:
        """Return the first different values of a column, shortened and in quotes."""
        values = dict.fromkeys(value for value in self.columns[column][:1000] if value)
        shown = [repr(value if len(value) <= 40 else value[:39] + "…") for value in list(values)[:limit]]
        return ", ".join([*shown, *(["…"] if len(values) > limit else [])]) or "empty"

    def listed(self) -> str:
        """Return a line for each column, with examples."""
        lines = [f"  {printable(name)}: {self.examples(name)}" for name in self.columns]
        return "\n".join([*lines, *(f"  {name}: {kind}" for name, kind in self.nested.items())])
