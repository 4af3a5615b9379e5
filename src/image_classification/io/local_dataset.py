"""The base of the datasets that need a real file on this machine."""

from pathlib import Path
from typing import Any, TypeVar

from kedro.io import AbstractDataset, DatasetError

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")


class LocalDataset(AbstractDataset[Saved, Loaded]):
    """A dataset at a local path, because its file is mapped into memory or is a folder of many.

    Args:
        filepath: Where it lies.
        metadata: Left to kedro-viz and other plugins.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        path = filepath.removeprefix("file://")
        if "://" in path:
            raise DatasetError(f"{type(self).__name__} needs a local path, found {filepath}")
        self._path = Path(path)
        self.metadata = metadata

    def _exists(self) -> bool:
        return self._path.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._path.as_posix()}
