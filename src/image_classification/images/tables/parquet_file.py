"""Reading a table from a parquet file: values of any type become the text that a person would write."""

from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from image_classification.errors import UserError
from image_classification.images.tables.table import Table


def read_parquet_table(path: Path) -> Table:
    """Read the columns of a parquet file, and a named index of pandas as one of them.

    Raises:
        UserError: It has two columns of one name.
        OSError, ArrowException: It cannot be read.
    """
    schema = pq.read_schema(path)
    # an index without a name is pandas' own numbering
    names = [name for name in schema.names if not name.startswith("__index_level_")]
    if len(set(names)) < len(names):
        raise UserError(f"The table {path} has two columns of one name.\nExpected a name for each.")
    kinds = {name: schema.field(name).type for name in names}
    nested = {name: _kind(kind) for name, kind in kinds.items() if pa.types.is_nested(kind)}
    content = pq.ParquetFile(path).read(columns=[name for name in names if name not in nested])
    columns = {name: _texts(content.column(name)) for name in content.column_names if name in names}
    rows = [row for row in range(content.num_rows) if any(values[row] for values in columns.values())]
    return Table(
        path=path,
        columns={name: [values[row] for row in rows] for name, values in columns.items()},
        numbers=[row + 1 for row in rows],
        unit="row",
        nested=nested,
    )


def _kind(kind: Any) -> str:
    return "structures" if pa.types.is_struct(kind) or pa.types.is_map(kind) else "lists"


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
    # whole numbers with a gap among them are fractions to pandas: class 1 is no class 1.0
    if all(np.isfinite(float(value)) and value == int(value) for value in values):
        return [str(int(value)) for value in values]
    return [str(np.float32(value)) if single else str(value) for value in values]


def _is_missing(value: object) -> bool:
    return value is None or value != value  # noqa: PLR0124  (not a number is not equal to itself)


def _text(value: object) -> str:
    return (value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)).strip()
