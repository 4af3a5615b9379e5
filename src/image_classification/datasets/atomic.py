"""Kedro's file datasets, written beside the target and renamed: a killed run leaves the old file whole."""

import warnings
from pathlib import Path, PurePosixPath
from typing import Any

import kedro_datasets.json
import kedro_datasets.matplotlib
import kedro_datasets.pandas
from matplotlib.figure import Figure

from image_classification.files import replacing


class AtomicSave:
    """Put before a dataset of kedro-datasets that saves to the one path that `_get_save_path` gives.

    Remote stores are left to themselves: there a file appears only once it is complete.
    """

    _temporary: Path | None = None

    def save(self, data: Any) -> None:
        """Save through the dataset's own method, to a temporary file that then replaces the target."""
        dataset: Any = super()
        save_without_wrapper = dataset.save.__wrapped__  # Kedro wraps the save of this class already
        if self._protocol != "file":  # type: ignore[attr-defined]
            save_without_wrapper(self, data)
            return
        with replacing(Path(dataset._get_save_path())) as temporary:
            self._temporary = temporary
            try:
                save_without_wrapper(self, data)
            finally:
                self._temporary = None

    def _get_save_path(self) -> PurePosixPath:
        dataset: Any = super()
        path: PurePosixPath = dataset._get_save_path()
        return path if self._temporary is None else PurePosixPath(self._temporary.as_posix())


class ParquetDataset(AtomicSave, kedro_datasets.pandas.ParquetDataset):  # type: ignore[misc]
    """A pandas table in a parquet file."""


class CSVDataset(AtomicSave, kedro_datasets.pandas.CSVDataset):  # type: ignore[misc]
    """A pandas table in a CSV file."""


class JSONDataset(AtomicSave, kedro_datasets.json.JSONDataset):  # type: ignore[misc]
    """A JSON file."""


class MatplotlibDataset(kedro_datasets.matplotlib.MatplotlibDataset):  # type: ignore[misc]
    """One or several figures of Matplotlib; each file is replaced on its own."""

    def _save_to_fs(self, full_key_path: str, plot: Figure) -> None:
        if self._protocol != "file":
            super()._save_to_fs(full_key_path, plot)
            return
        with replacing(Path(full_key_path)) as temporary, warnings.catch_warnings():
            # a class in Chinese is drawn as boxes: nobody can do anything about its fonts here
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            super()._save_to_fs(str(temporary), plot)
