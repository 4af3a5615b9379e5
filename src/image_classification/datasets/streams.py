"""Tables that are made piece by piece, written as they come."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from image_classification.datasets.atomic import CSVDataset, ParquetDataset
from image_classification.datasets.spreadsheet import guarded_table
from image_classification.files import replacing
from image_classification.inference.table_stream import TableStream

_ROWS_OF_A_GROUP = 2**16
_NUMBERS_OF_A_GROUP = 2**22  # of many columns


class StreamedParquetDataset(ParquetDataset):
    """A table in a parquet file, which is written as its pieces come, and loaded as a whole."""

    def _save_at(self, path: PurePath, data: Any) -> None:
        if isinstance(data, TableStream) and self._protocol == "file":
            with replacing(Path(path)) as temporary:
                write_parquet(data, temporary)
        else:
            super()._save_at(path, data.to_pandas() if isinstance(data, TableStream) else data)


class StreamedCSVDataset(CSVDataset):
    """The same in a CSV file, in which no text becomes a formula."""

    def _save_at(self, path: PurePath, data: Any) -> None:
        if isinstance(data, TableStream) and self._protocol == "file":
            with replacing(Path(path)) as temporary:
                write_csv(data, temporary)
        else:
            super()._save_at(path, data.to_pandas() if isinstance(data, TableStream) else data)


def write_parquet(stream: TableStream, path: Path) -> None:
    """Write a table to a parquet file, in groups of rows that fit into memory, with checksums."""
    schema = stream.schema
    rows = max(1, min(_ROWS_OF_A_GROUP, _NUMBERS_OF_A_GROUP // len(schema)))
    with pq.ParquetWriter(path, schema, write_page_checksum=True) as writer:
        for group in _groups(stream, rows):
            writer.write_table(group.cast(schema))


def write_csv(stream: TableStream, path: Path) -> None:
    """Write a table to a CSV file in which no text becomes a formula."""
    with path.open("w", encoding="utf-8", newline="") as file:
        heading, quoting = guarded_table(stream.schema.empty_table().to_pandas())
        heading.to_csv(file, index=False, **quoting)
        for piece in stream:
            table, quoting = guarded_table(piece.to_pandas())
            table.to_csv(file, index=False, header=False, **quoting)


def _groups(stream: TableStream, rows: int) -> Iterator[pa.Table]:
    waiting: list[pa.Table] = []
    for piece in stream:
        waiting.append(piece.replace_schema_metadata(None))
        if sum(map(len, waiting)) >= rows:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)
