"""What datasets of our own share: a file on this machine."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from kedro.io import AbstractDataset, AbstractVersionedDataset, DatasetError, Version
from kedro.io.core import VersionNotFoundError

# what previews return; Kedro documents these names, in a module that is private
from kedro_datasets._typing import HTMLPreview, ImagePreview, JSONPreview, PlotlyPreview

from image_classification.files.paths import is_file

__all__ = ["HTMLPreview", "ImagePreview", "JSONPreview", "PlotlyPreview"]


Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")
Dataset = TypeVar("Dataset", bound=AbstractDataset[Any, Any])
Shown = TypeVar("Shown")
Options = ParamSpec("Options")


def once_made(
    preview: Callable[Concatenate[Dataset, Options], Shown],
) -> Callable[Concatenate[Dataset, Options], Shown | None]:
    """Preview nothing as long as there is no file: kedro-viz would warn of every one that is not made yet."""

    @wraps(preview)
    def preview_of_what_is_there(
        self: Dataset, /, *arguments: Options.args, **options: Options.kwargs
    ) -> Shown | None:
        return preview(self, *arguments, **options) if self.exists() else None

    return preview_of_what_is_there


class LocalDataset(AbstractVersionedDataset[Saved, Loaded]):
    """A dataset at a local path, because its file is mapped into memory or is a folder of several.

    Args:
        filepath: Where it is.
        version: Which version is loaded and saved, as Kedro makes it of `versioned: true`; None: there is
            one file, which is replaced.
        metadata: Left to kedro-viz and other plugins.
    """

    def __init__(
        self, *, filepath: str, version: Version | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        path = filepath.removeprefix("file://")
        if "://" in path:
            raise DatasetError(
                f"{type(self).__name__} needs a local path, as its file is mapped into memory or is a folder "
                f"that work goes on in; found {filepath}.\nTo have results in a bucket: "
                "--params remote.results=s3://<bucket>/<folder>"
            )
        super().__init__(PurePosixPath(Path(path).as_posix()), version)
        self.metadata = metadata

    @property
    def _load_path(self) -> Path:
        """The path to load: that of the latest version, or of the one that was asked for."""
        return Path(self._get_load_path())

    @property
    def _save_path(self) -> Path:
        return Path(self._get_save_path())

    def _exists(self) -> bool:
        try:
            return self._is_there(self._load_path)
        except VersionNotFoundError:
            return False

    def _is_there(self, path: Path) -> bool:
        return is_file(path)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath.as_posix(), "version": self._version}


class FilePlaceDataset(LocalDataset[Path, Path]):
    """The place of a file that another pipeline writes, for what may do without it: there need not be one."""

    # what is read there need not belong to what else is read
    is_place: ClassVar[bool] = True

    def load(self) -> Path:
        """Return where the file is, or would be."""
        return self._load_path

    def save(self, data: Path) -> None:  # noqa: ARG002
        """Refuse: another pipeline writes it."""
        raise DatasetError(f"{self._filepath.name} is written by the pipeline that makes it.")

    def _exists(self) -> bool:
        return True
