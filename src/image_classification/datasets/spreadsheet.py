"""Tables in CSV files that people open with a spreadsheet, and programs read back as they were."""

import csv
import re
from typing import Any, ClassVar

import kedro_datasets.pandas
import pandas as pd

# what spreadsheets take for the beginning of a formula, in wide letters too; one may start a program
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def guarded(text: object) -> object:
    """Return a text with an apostrophe before it if a spreadsheet would take it for a formula.

    A spreadsheet then shows it as text. `unguarded` takes the apostrophe away again.
    """
    is_formula = isinstance(text, str) and _FORMULA.match(text) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def unguarded(text: object) -> object:
    """Return a text of a file as it was before `guarded`."""
    return text[1:] if isinstance(text, str) and text.startswith("'") and _FORMULA.match(text) else text


class SpreadsheetCSV(kedro_datasets.pandas.CSVDataset):  # type: ignore[misc]
    """A pandas table in a CSV file: a row per line of the table, and no text in it becomes a formula."""

    # a class may be called NA or None
    DEFAULT_LOAD_ARGS: ClassVar[dict[str, Any]] = {"keep_default_na": False, "na_values": [""]}

    _save_args: dict[str, Any]

    def save(self, data: pd.DataFrame) -> None:
        """Write the table, its texts guarded."""
        table, quoting = guarded_table(data)
        before = self._save_args
        self._save_args = {**before, **quoting}
        try:
            super().save(table)
        finally:
            self._save_args = before

    def load(self) -> pd.DataFrame:
        """Read the table as it was."""
        return _each_text(super().load(), unguarded)


def guarded_table(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a table with its texts guarded, and how pandas has to be told to write it."""
    table = _each_text(table, guarded)
    # Python's own writer quotes only ends of lines of its own kind
    return table, {"quoting": csv.QUOTE_NONNUMERIC} if _has_carriage_return(table) else {}


def _each_text(table: pd.DataFrame, change: Any) -> pd.DataFrame:
    changed = table.rename(columns=change)
    for place, kind in enumerate(table.dtypes):
        if pd.api.types.is_string_dtype(kind) or pd.api.types.is_object_dtype(kind):
            texts = table.iloc[:, place].map(change, na_action="ignore")
            changed.isetitem(place, texts.array)
    return changed


def _has_carriage_return(table: pd.DataFrame) -> bool:
    texts = [column for _, column in table.items() if pd.api.types.is_string_dtype(column.dtype)]
    return any("\r" in str(name) for name in table.columns) or any(
        bool(column.astype("str").str.contains("\r", regex=False).any()) for column in texts
    )
