"""The files behind the datasets of a catalog: where they are, and which of them a run has written.

Kedro has no public names for this; those of its private ones that are read outside of `datasets` are here.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kedro.framework.project import pipelines
from kedro.io import AbstractDataset, DataCatalog
from kedro.io.core import VersionNotFoundError
from kedro.pipeline import Pipeline

from image_classification.files.paths import exists as is_there
from image_classification.files.stamp import Stamp, stamp_of


def file_of(name: str, catalog: DataCatalog) -> Path | None:
    """Return what the catalog says of a dataset's file, None if it says nothing."""
    filepath = getattr(catalog.get(name), "_filepath", None)
    return Path(filepath) if filepath else None


def local_path(name: str, catalog: DataCatalog, *, saved: bool = False) -> Path | None:
    """Return the file or folder of a dataset on this machine, None if it has none.

    Of a dataset with versions it is the one that is loaded, or with `saved` the one that this run saves.
    """
    dataset: Any = catalog.get(name)
    path = local_file(name, catalog)
    if path is None or not getattr(dataset, "_version", None):
        return path
    if saved:
        return Path(dataset._get_versioned_path(dataset.resolve_save_version()))
    try:
        return Path(dataset._get_load_path())
    except VersionNotFoundError:
        return None


def local_file(name: str, catalog: DataCatalog) -> Path | None:
    """Return the file or folder of a dataset, or of all its versions, if it is on this machine."""
    path = file_of(name, catalog) if name in catalog else None
    return path if path and getattr(catalog.get(name), "_protocol", "file") in {"file", ""} else None


def exists(name: str, catalog: DataCatalog) -> bool:
    """Whether a dataset can be loaded; one that cannot tell is trusted, as reading it will show."""
    if name not in catalog:
        return False
    cannot_tell = getattr(type(catalog.get(name)), "_exists", None) is AbstractDataset._exists
    return cannot_tell or catalog.exists(name)


def take_for_missing(names: Iterable[str], catalog: DataCatalog) -> None:
    """Have Kedro find nothing where these datasets are, so that `--only-missing-outputs` makes them anew."""
    for name in names:
        # on the one dataset; a function of a module, as ParallelRunner pickles it
        catalog.get(name)._exists = _is_missing  # type: ignore[union-attr, method-assign]


def find_again(names: Iterable[str], catalog: DataCatalog) -> None:
    """End what `take_for_missing` has begun."""
    for name in names:
        vars(catalog.get(name)).pop("_exists", None)


def _is_missing() -> bool:
    return False


def registered() -> dict[str, Pipeline]:
    """Return all pipelines of the project; a session has Kedro ask for some of them only."""
    pipelines.set_requested(None)
    return dict(pipelines)


class Outputs:
    """The files behind a pipeline's outputs, and which of them this run has written.

    Files are told by their state before and after the run: one that an earlier run left and this one did
    not replace, as under `--only-missing-outputs`, is none of its own.
    """

    def __init__(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        self._pipeline = pipeline
        self._catalog = catalog
        self._names = sorted(pipeline.all_outputs())
        self._before = {name: _stamp(self._path(name)) for name in self._names}

    def written(self, name: str) -> bool:
        """Whether the run wrote the dataset called `name`; True too where it is no file at all."""
        if name not in self._names:
            return False
        path = self._path(name)
        return path is None or (is_there(path) and _stamp(path) != self._before[name])

    def files(self, layers: tuple[str, ...]) -> list[tuple[Path, str]]:
        """Return path and layer of every file that the run wrote to one of these layers."""
        found = [(self._path(name), self._layer(name)) for name in self._names if self.written(name)]
        return [(path, layer) for path, layer in found if path and layer in layers]

    def skipped_nodes(self) -> list[str]:
        """The names of the nodes that write files, none of which the run wrote, and of those before them
        whose results only they would have used.
        """
        ran: set[str] = set()  # datasets that were made, or that a node which ran has read
        skipped = []
        for node in reversed(self._pipeline.nodes):
            paths = [name for name in node.outputs if self._path(name) is not None]
            if any(map(self.written, paths)) if paths else ran & set(node.outputs):
                ran |= set(node.inputs)
            else:
                skipped.append(node.name)
        return skipped[::-1]

    def _layer(self, name: str) -> str:
        metadata = getattr(self._catalog.get(name), "metadata", None) or {}
        layer: str = metadata.get("kedro-viz", {}).get("layer", "")
        return layer

    def _path(self, name: str) -> Path | None:
        return local_path(name, self._catalog, saved=True)


def _stamp(path: Path | None) -> Stamp | None:
    return stamp_of(path) if path is not None and is_there(path) else None
