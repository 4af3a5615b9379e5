"""A table that is made piece by piece, so that it never has to be in memory as a whole."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]


@dataclass(frozen=True)
class TableStream:
    """A table that is made piece by piece, so that it never has to be in memory as a whole.

    schema: Of all pieces; its metadata says where they are from.
    pieces: Yields them, each time anew.
    """

    schema: pa.Schema
    pieces: Callable[[], Iterator[pa.Table]]

    def __iter__(self) -> Iterator[pa.Table]:
        yield from self.pieces()

    def to_pandas(self) -> pd.DataFrame:
        """Return the whole table, where there is no other way."""
        whole: pd.DataFrame = pa.concat_tables([self.schema.empty_table(), *self]).to_pandas()
        return whole
