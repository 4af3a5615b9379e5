"""The memory of the splits that were drawn, which begins empty."""

from typing import Any

import pandas as pd

from image_classification.datasets.atomic import ParquetDataset
from image_classification.images.folder.split_memory import MEMORY_COLUMNS, empty_memory


class SplitMemoryDataset(ParquetDataset):
    """A parquet file that need not be there: then nothing is remembered yet."""

    def load(self) -> pd.DataFrame:
        """Load the memory, or an empty one.

        Raises:
            DatasetError: The file is damaged.
        """
        if not super()._exists():
            return empty_memory()
        memory: pd.DataFrame = super().load.__wrapped__(self)  # Kedro wraps the load of this class already
        # a memory of an earlier version lacks columns
        return memory.reindex(columns=list(MEMORY_COLUMNS), fill_value="").astype("str")

    def _exists(self) -> bool:
        return True  # to start from nothing is fine

    def preview(self, nrows: int = 5) -> Any:
        """The first of the images."""
        return super().preview(nrows) if super()._exists() else None
