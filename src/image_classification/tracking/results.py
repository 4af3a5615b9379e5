"""What is recorded at the end of a run: model, test metrics and files, or the traceback of its failure."""

import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from torch import Tensor

from image_classification.catalog_files import Outputs, local_path
from image_classification.evaluation.cross_validation import recorded_metrics
from image_classification.evaluation.stability import recorded_stability
from image_classification.networks.classifier import Classifier, NetworkDescription
from image_classification.networks.storage import save_classifier
from image_classification.parameters.used import parameter_text
from image_classification.tracking.delivery.clock import timestamp
from image_classification.tracking.delivery.entries import ERROR, KILLED_BY
from image_classification.tracking.description import kept_epoch, record_description
from image_classification.tracking.logged_model.model import log_model
from image_classification.tracking.run import TrackedRun, shortened
from image_classification.tracking.training import dataset_key

# kedro-viz layers whose files go into the record; the model goes there in a form of its own
RECORDED_LAYERS = ("model_output", "reporting")
# the folder of artifacts that has the network as this project loads it
NETWORK = "network"
# the tag that says what could not be recorded
INCOMPLETE = "incomplete"


def record_results(run: TrackedRun, outputs: Outputs, pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Record what a run has produced, as its nodes saved it, in whatever thread or process they ran."""
    belonging: dict[str, str] = {}
    if outputs.written("trained_network"):
        classifier = run.locally("The trained network", lambda: catalog.load("trained_network"))
        if isinstance(classifier, Classifier):
            history = (
                run.locally("The history", lambda: catalog.load("history"))
                if outputs.written("history")
                else None
            )
            belonging = _record_network(run, classifier, history, pipeline, catalog)
    if outputs.written("metrics"):
        metrics = run.locally("The test metrics", lambda: catalog.load("metrics"))
        run.log_metrics(test_metrics(metrics or {}), belonging)
    if outputs.written("cross_validation_metrics"):
        summary = run.locally("The cross-validation", lambda: catalog.load("cross_validation_metrics"))
        run.log_metrics(recorded_metrics(summary or {}))
    if outputs.written("stability_metrics"):
        stability = run.locally("The sum of the seeds", lambda: catalog.load("stability_metrics"))
        run.log_metrics(recorded_stability(stability or {}))
    if outputs.written("search_record"):
        search = run.locally("The best of the search", lambda: catalog.load("search_record")) or {}
        found = {"search/best": search.get("best_value"), "search/best_trial": search.get("best_trial")}
        run.log_metrics({name: float(value) for name, value in found.items() if value is not None})
    for path, layer in run.locally("The files", lambda: outputs.files(RECORDED_LAYERS)) or []:
        run.log_file(path, layer)


def close(
    run: TrackedRun,
    error: BaseException | None = None,
    killed_by: str = "",
    *,
    not_before: int = 0,
    at: int | None = None,
) -> str:
    """Record how a run ends and close it; return the status that is recorded now.

    It is FINISHED without an error, FAILED by an `Exception` and KILLED by any other, as by Ctrl-C.

    Args:
        run: the run, with what it has produced recorded already.
        error: what has ended it.
        killed_by: what has killed it, if that says more than the error.
        not_before: when it started, in milliseconds since 1970.
        at: when it ended, if that is not now.
    """
    status, why = "FINISHED", ""
    if isinstance(error, Exception):
        status, why = "FAILED", summary_of(error)
        text = "".join(traceback.format_exception(error))
        run.attempt("The traceback", lambda: run.client.log_text(run.run_id, text, "traceback.txt"))
        run.set_tags({ERROR: why})
    elif error:
        status, why = "KILLED", killed_by or summary_of(error)
        run.set_tags({KILLED_BY: why})
    if run.missing:
        run.set_tags({INCOMPLETE: f"could not be recorded: {shortened(run.missing, 10)}"})
    # first what matters most: there may be little time
    recorded = run.end(status, max(timestamp() if at is None else at, not_before))
    run.try_again()  # a storage of files that failed says nothing of the store of runs
    # where this one is finished, a run within it that is not belongs to a process that has died
    run.end_children(status if error else "KILLED")
    # of a run whose end is delivered later the description is written then
    is_lost = recorded == status
    run.attempt("The description", lambda: record_description(run, status, why), is_lost=is_lost)
    run.say_what_is_missing()
    run.close()
    return recorded


def summary_of(error: BaseException) -> str:
    """Return an error in one line: its class and the first line of its message."""
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
    examples = run.locally("The examples of images", lambda: _examples(pipeline, catalog))
    # without a history the store is asked
    attempt = run.locally if isinstance(history, pd.DataFrame) else run.attempt
    kept = attempt("The epoch of the weights", lambda: kept_epoch(run, history)) or {}
    epoch = int(kept.get("epoch", 0))
    belonging = dataset_key(description.data_name, description.index_digest)
    model_id = run.locally("The model", lambda: log_model(run, classifier, examples, epoch, belonging))
    # the model is an exported graph: what goes on with the network needs the weights and their description
    if file := local_path("trained_network", catalog):
        run.log_file(file, NETWORK)
    else:
        run.locally("The network", lambda: _log_network(run, classifier))
    belonging |= {"model_id": model_id} if model_id else {}
    of_model = {"num_parameters": float(classifier.num_parameters), **kept}
    run.log_metrics({f"weights/{name}": value for name, value in of_model.items()}, belonging, epoch)
    return belonging


def _log_network(run: TrackedRun, classifier: Classifier) -> None:
    """Record a network that has no file on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trained_network.safetensors"
        save_classifier(classifier, path)
        run.log_file(path, NETWORK)


def _complete(run: TrackedRun, description: NetworkDescription) -> None:
    """Record which network was trained if the pipeline took it from an earlier run."""
    record = run.read()
    if record is None or "network.name" in record.data.params:
        return
    run.log_parameters(
        {"network.name": description.network}
        | {f"network.{name}": parameter_text(value) for name, value in description.options.items()}
    )
    run.name(record, description.short_name, description.data_name)


def _examples(pipeline: Pipeline, catalog: DataCatalog) -> Tensor | None:
    """Return the first two test images (2, C, H, W) uint8, None if there are none."""
    for name in sorted(pipeline.datasets()):
        if name.split(".")[-1] == "test_set":
            test_set = catalog.load(name)
            images: Tensor = test_set[list(range(min(2, len(test_set))))][0]
            return images
    return None
