"""Reading a table of any kind."""

from pathlib import Path

from pyarrow import ArrowException  # type: ignore[import-untyped]

from image_classification.errors import UserError
from image_classification.images.folder.tables.parquet_file import read_parquet_table
from image_classification.images.folder.tables.table import Table
from image_classification.images.folder.tables.text_file import read_text_table


def read_table(path: Path) -> Table:
    """Read a table as text; the ending of its name says whether it is a text or a parquet file.

    Raises:
        UserError: It cannot be read.
    """
    try:
        return read_parquet_table(path) if path.suffix.lower() == ".parquet" else read_text_table(path)
    except (OSError, ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"The table {path} cannot be read: {reason}\n"
            "Expected a .csv, .tsv, .txt or .parquet file with a path and a label in each row."
        ) from error
