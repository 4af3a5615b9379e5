"""Reading a table from a parquet file: values of any type become the text that a person would write."""

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from image_classification.images.folder.tables.table import Table, titles_of

_LONGEST_TEXT = 4096
_FIRST_SIGN = 0x20


def read_parquet_table(path: Path, content: IO[bytes]) -> Table:
    """Read the columns of a parquet file, one of which may be a named index of pandas.

    Args:
        path: The file, for messages.
        content: The same, opened.

    Raises:
        UserError: It has two columns of one name.
        OSError, ArrowException, ValueError, ArithmeticError: It cannot be read.
    """
    file = pq.ParquetFile(content)
    schema = file.schema_arrow
    # an index without a name is pandas' own numbering
    names = [name for name in schema.names if not name.startswith("__index_level_")]
    title_of = dict(zip(names, titles_of(path, names), strict=True))
    nested = {name: what for name in names if (what := _other_than_text(file, name, schema.field(name).type))}
    read = file.read(columns=[name for name in names if name not in nested])
    columns = {title_of[name]: _texts(read.column(name)) for name in read.column_names if name in names}
    rows = [row for row in range(read.num_rows) if any(values[row] for values in columns.values())]
    return Table(
        path=path,
        columns={name: [values[row] for row in rows] for name, values in columns.items()},
        numbers=[row + 1 for row in rows],
        unit="row",
        nested={title_of[name]: kind for name, kind in nested.items()},
    )


def _other_than_text(file: Any, name: str, kind: Any) -> str:
    """Return what a column holds if that is not text, else ""."""
    if pa.types.is_nested(kind):
        return "structures" if pa.types.is_struct(kind) or pa.types.is_map(kind) else "lists"
    is_binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    if not is_binary and not pa.types.is_fixed_size_binary(kind):
        return ""
    for batch in file.iter_batches(batch_size=16, columns=[name]):
        if values := [value for value in batch.column(0).to_pylist() if value]:
            return "" if all(map(_is_short_text, values)) else "bytes"
    return ""


def _is_short_text(value: bytes) -> bool:
    """Whether bytes are text that was not declared as such, and not the content of a file."""
    return len(value) <= _LONGEST_TEXT and min(value) >= _FIRST_SIGN


def _texts(column: Any) -> list[str]:
    values = column.to_pylist()
    there = [value for value in values if not _is_missing(value)]
    if there and all(isinstance(value, float | Decimal) for value in there):
        texts = _number_texts(there, single=pa.types.is_float32(column.type))
    elif there and all(isinstance(value, datetime) for value in there):
        days = all(value.time() == time() for value in there)
        texts = [str(value.date()) if days else str(value) for value in there]
    else:
        texts = [_text(value) for value in there]
    written = iter(texts)
    return ["" if _is_missing(value) else next(written) for value in values]


def _number_texts(values: Sequence[Any], *, single: bool) -> list[str]:
    # pandas makes whole numbers with a gap among them floats: class 1 is not called 1.0
    if all(np.isfinite(float(value)) and value == int(value) for value in values):
        return [str(int(value)) for value in values]
    return [str(np.float32(value)) if single else str(value) for value in values]


def _is_missing(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124  (not a number is not equal to itself)


def _text(value: object) -> str:
    return (value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)).strip()
