"""Prepares a folder, or what follows a store, and prints the seconds of each stage and its most memory."""

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from tests.benchmarks.growing_images import SIDE
from tests.benchmarks.image_preparation import prepare
from tests.benchmarks.memory_side import private_megabytes

from image_classification.datasets.atomic import ParquetDataset
from image_classification.datasets.images import ImageDictDataset, TensorSetDataset
from image_classification.evaluation.figures.answers import answers_figure
from image_classification.evaluation.figures.calibration_curve import calibration_curve_figure
from image_classification.evaluation.figures.confusion_matrix import confusion_matrix_figure
from image_classification.evaluation.figures.mistakes import hardest_mistakes, mistakes_figure
from image_classification.evaluation.figures.overview import SHOWN_MISTAKES, overview_figure
from image_classification.evaluation.figures.samples import rows_of_samples, samples_figure
from image_classification.evaluation.predictions import confusion_counts, predictions_table
from image_classification.evaluation.scores import calibration_bins
from image_classification.images.audit.near.near_copies import find_near_copies
from image_classification.images.store.options import SplitOptions
from image_classification.images.store.split import make_image_index
from image_classification.images.store.statistics import summarise_images
from image_classification.images.store.tensor_sets import ImageTensorDataset, make_tensor_sets

EVERY = 0.01  # seconds
RIGHT = 0.9  # the share of the predictions


class Stages:
    """Seconds of stages, and the most memory of this process alone in each, above that at the beginning."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.megabytes: dict[str, float] = {}
        self._samples: list[tuple[float, float]] = []
        self._before = private_megabytes()
        self._done = Event()

    def __enter__(self) -> "Stages":
        self._watcher = Thread(target=self._watch)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._done.wait(EVERY):
            self._samples.append((perf_counter(), private_megabytes()))

    def measure(self, stage: str, work: Callable[[], Any]) -> Any:
        """Measure a stage, and return what it makes."""
        started = perf_counter()
        made = work()
        self.note(stage, started, perf_counter() - started)
        return made

    def note(self, stage: str, started: float, seconds: float) -> None:
        """Take a stage that was measured elsewhere."""
        own = [each for moment, each in self._samples if started <= moment <= started + seconds]
        self.seconds[stage] = seconds
        self.megabytes[stage] = max(own, default=private_megabytes()) - self._before


def of_folder(stages: Stages, folder: Path) -> None:
    """Prepare a folder of files."""
    started = perf_counter()
    prepared = prepare(folder, folder.with_suffix(".safetensors"), SIDE)
    for stage, seconds in prepared.seconds.items():
        stages.note(stage, started, seconds)
        started += seconds


def of_store(stages: Stages, path: Path) -> None:
    """Search a store for copies, split it, and make what is shown of it."""
    dataset = ImageDictDataset(filepath=str(path))
    images = stages.measure("open the store", dataset.load)
    every = np.arange(len(images))
    found = stages.measure("near copies", lambda: find_near_copies(images.images, every, 0.93))
    index = stages.measure("split", lambda: make_image_index(images, SplitOptions()))
    stages.measure("statistics", lambda: summarise_images(images, index))
    sets = stages.measure("sets", lambda: make_tensor_sets(images, index))
    stages.measure("previews", lambda: _previews(dataset, sets["train"], index, path))
    stages.measure("figures of the report", lambda: _figures(sets["train"], sets["test"]))
    print(f"{len(found.links):,} copies found", file=sys.stderr)


def _previews(
    dataset: ImageDictDataset, training: ImageTensorDataset, index: pd.DataFrame, path: Path
) -> None:
    """Make what kedro-viz shows of the images, of a set and of the index."""
    rows = TensorSetDataset(filepath=str(path.with_suffix(".rows")), pipeline="growth")
    table = ParquetDataset(filepath=str(path.with_suffix(".parquet")))
    rows.save(training)
    table.save(index)
    shown = [dataset.preview(), rows.preview(), table.preview(nrows=20)]
    if not all(shown):
        raise RuntimeError("something has no preview")


def _figures(training: ImageTensorDataset, tested: ImageTensorDataset) -> None:
    """Draw the figures whose work depends on the number of images, from made predictions."""
    random = torch.Generator().manual_seed(0)
    classes, labels = tested.class_names, tested.labels[tested.rows]
    logits = torch.randn(len(labels), len(classes), generator=random)
    logits[torch.arange(len(labels)), labels] += 5 * (torch.rand(len(labels), generator=random) < RIGHT)
    predictions = predictions_table(tested.names, logits, labels, classes)
    counts = confusion_counts(predictions, classes)
    mistakes = hardest_mistakes(predictions, SHOWN_MISTAKES)
    pictures = tested[pd.Index(tested.names).get_indexer(pd.Index(mistakes["name"])).tolist()][0]
    samples = rows_of_samples(training.labels[training.rows], classes, 10)
    history = pd.DataFrame({"epoch": [1], "train/loss": [1.0], "train/accuracy": [0.5]})
    drawn = [
        confusion_matrix_figure(counts, ""),
        calibration_curve_figure(calibration_bins(predictions, 10), ""),
        answers_figure(predictions, None, ""),
        mistakes_figure(mistakes, pictures, ""),
        samples_figure([training[which][0] for which in samples], classes, ""),
    ]
    overview_figure(history, counts, mistakes, pictures, "").savefig(StringIO(), format="svg")
    if (largest := max(len(figure.to_json()) for figure in drawn)) > 2_000_000:
        raise RuntimeError(f"a figure of {largest:,} letters grows with the images")


def main(kind: str, place: str) -> None:
    """Measure `folder` or `store` at a place."""
    with Stages() as stages:
        (of_folder if kind == "folder" else of_store)(stages, Path(place))
    print(json.dumps({"seconds": stages.seconds, "megabytes": stages.megabytes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
