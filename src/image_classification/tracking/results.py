"""What a finished run holds: model, test metrics, files; what a failed one holds: its traceback."""

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from torch import Tensor

from image_classification.networks.classifier import Classifier, NetworkDescription
from image_classification.parameters.used import parameter_text
from image_classification.tracking.description import kept_epoch
from image_classification.tracking.model import log_model
from image_classification.tracking.origin import dataset_key, name_run
from image_classification.tracking.run import TrackedRun

# path, time of the last change, size, number of the file
Stamp = frozenset[tuple[str, int, int, int]]


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
        return path is None or (path.exists() and _stamp(path) != self._before[name])

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

    def _dataset(self, name: str) -> Any:
        return self._catalog.get(name)

    def _layer(self, name: str) -> str:
        metadata = getattr(self._dataset(name), "metadata", None) or {}
        layer: str = metadata.get("kedro-viz", {}).get("layer", "")
        return layer

    def _path(self, name: str) -> Path | None:
        """Return the local file or folder of a dataset, None if it has none."""
        dataset = self._dataset(name)
        filepath = getattr(dataset, "_filepath", None)
        if filepath is None or getattr(dataset, "_protocol", "file") not in {"file", ""}:
            return None
        if getattr(dataset, "_version", None):
            # the version of this run: the one it saves
            filepath = dataset._get_versioned_path(dataset.resolve_save_version())
        return Path(str(filepath))


def _stamp(path: Path | None) -> Stamp:
    """Return what changes when a file, or any file of a folder, is written."""
    if path is None or not path.exists():
        return frozenset()
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    states = [(str(file), file.stat()) for file in files]
    return frozenset((name, state.st_mtime_ns, state.st_size, state.st_ino) for name, state in states)


# kedro-viz layers whose files go into the record; the model goes there in a form of its own
RECORDED_LAYERS = ("model_output", "reporting")


def record_results(run: TrackedRun, outputs: Outputs, pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Record what a run has produced, reading it from where the nodes have put it.

    So it does not matter in which thread or process they ran.
    """
    belonging: dict[str, str] = {}
    if outputs.written("trained_network"):
        classifier = run.attempt("The trained network", lambda: catalog.load("trained_network"))
        if isinstance(classifier, Classifier):
            history = (
                run.attempt("The history", lambda: catalog.load("history"))
                if outputs.written("history")
                else None
            )
            belonging = _record_network(run, classifier, history, pipeline, catalog)
    if outputs.written("metrics"):
        metrics = run.attempt("The test metrics", lambda: catalog.load("metrics"))
        run.log_metrics(test_metrics(metrics or {}), belonging)
    for path, layer in run.attempt("The files", lambda: outputs.files(RECORDED_LAYERS)) or []:
        run.log_file(path, layer)


def record_error(run: TrackedRun, error: BaseException) -> None:
    """Record the traceback as a file, and the first line of the message as a tag."""
    text = "".join(traceback.format_exception(error))
    run.attempt("The traceback", lambda: run.client.log_text(run.run_id, text, "traceback.txt"))
    run.set_tags({"error": summary_of(error)})


def summary_of(error: BaseException) -> str:
    """Return an error in one line: its kind and the first line of its message."""
    message = str(error).strip()
    return f"{type(error).__name__}: {message.splitlines()[0]}" if message else type(error).__name__


def test_metrics(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers among the metrics under the names that they have in the record: test/<name>."""
    return {
        f"test/{name}": float(value)
        for name, value in metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _record_network(
    run: TrackedRun, classifier: Classifier, history: object, pipeline: Pipeline, catalog: DataCatalog
) -> dict[str, str]:
    """Record the network as the run's model; return what ties metrics to it and to its data."""
    description = classifier.description
    _complete(run, description)
    examples = run.attempt("The examples of images", lambda: _examples(pipeline, catalog))
    kept = run.attempt("The epoch of the weights", lambda: kept_epoch(run, history)) or {}
    epoch = int(kept.get("epoch", 0))
    model_id = run.attempt("The model", lambda: log_model(run, classifier, examples, epoch))
    belonging = dataset_key(description.data_name, description.index_digest)
    belonging |= {"model_id": model_id} if model_id else {}
    of_model = {"num_parameters": float(classifier.num_parameters), **kept}
    run.log_metrics({f"weights/{name}": value for name, value in of_model.items()}, belonging, epoch)
    return belonging


def _complete(run: TrackedRun, description: NetworkDescription) -> None:
    """Record which network was trained if the pipeline did not build it but took it from an earlier run."""
    record = run.read()
    if record is None or "network.name" in record.data.params:
        return
    run.log_parameters(
        {"network.name": description.network}
        | {f"network.{name}": parameter_text(value) for name, value in description.options.items()}
    )
    name_run(run, record, description.network, description.data_name)


def _examples(pipeline: Pipeline, catalog: DataCatalog) -> Tensor | None:
    """Return the first two test images (2, C, H, W) uint8, None if there are none."""
    for name in sorted(pipeline.datasets()):
        if name.split(".")[-1] == "test_set":
            test_set = catalog.load(name)
            images: Tensor = test_set[list(range(min(2, len(test_set))))][0]
            return images
    return None
