"""Draws batches of a store in a random order, then trains on some of it; prints images a second of both."""

import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from tests.benchmarks.recipe import quiet

from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.image_store import open_image_store
from image_classification.images.store.statistics import ImageStatistics
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.batches import Batches, epoch_order
from image_classification.learning.recipe import Recipe, Sets, train_by
from image_classification.parameters.root import ModellingOptions
from image_classification.pipelines.modelling.nodes import build_network

BATCH, WARM_UP, DRAWN, TRAINED = 64, 640, 3_000, 640  # images


def main(path: str, reads_rows: str) -> None:
    """Measure; the store must be read as the other argument says, or this measures something else."""
    images = open_image_store(Path(path))
    if (images.rows_in_file is not None) != bool(int(reads_rows)):
        raise SystemExit("the memory of this machine does not suit the size of the store")
    everything = ImageTensorDataset(images, torch.arange(len(images)))
    if images.rows_in_file is None:
        for part in torch.arange(len(images)).split(BATCH):  # all of it in memory, as after a first epoch
            everything[part]
    order = epoch_order(len(images), 0, 1, shuffle=True)
    _draw(everything, order[:WARM_UP])
    drawn, trained = order[WARM_UP:].split([DRAWN, len(order) - WARM_UP - DRAWN])
    print(json.dumps({"batches": _draw(everything, drawn), "training": _train(images, trained[:TRAINED])}))


def _draw(dataset: ImageTensorDataset, order: torch.Tensor) -> float:
    started = perf_counter()
    for _ in Batches(dataset, BATCH, torch.device("cpu")).in_order(order):
        pass
    return len(order) / (perf_counter() - started)


def _train(images: ImageDict, rows: torch.Tensor) -> float:
    """Train for an epoch by the loop of the project, with the default options, on images not yet read.

    A second epoch would find so few of them in the page cache.
    """
    options = ModellingOptions()
    training = options.training.model_copy(update={"epochs": 1, "batch_size": BATCH})
    recipe = Recipe(0, options.loss, options.optimizer, options.schedule, options.augmentation, training)
    seconds = 0.0
    for part in (rows[:BATCH], rows):  # the first one is to warm up
        sets = [ImageTensorDataset(images, each) for each in (part, rows[:BATCH], rows[:0])]
        statistics = _facts(images)
        network = build_network(options.network, 0, statistics)
        with quiet():
            history = train_by(recipe, network, recipe.build_loss(statistics), Sets(*sets, statistics))
        seconds = float(history["seconds"].iloc[-1])
    return len(rows) / seconds


def _facts(images: ImageDict) -> ImageStatistics:
    counts = dict(zip(images.class_names, np.bincount(images.labels.numpy()).tolist(), strict=True))
    return ImageStatistics(
        data_name=images.data_name,
        class_names=images.class_names,
        image_shape=list(images.images.shape[1:]),
        resize="stretch",
        interpolation="bilinear",
        value_range=None,
        counts={"train": counts},
        left_out={},
        mean=[0.5] * 3,
        std=[0.3] * 3,
        index_digest="",
        images_digest=images.digest,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
