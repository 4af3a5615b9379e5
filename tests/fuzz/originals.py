"""Small files of ours of every kind, made once, and for each what reads it in a run."""

import gzip
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
import torch
from kedro.io import AbstractDataset, DataCatalog
from kedro.pipeline import Node, Pipeline
from safetensors.torch import save_file
from torch import nn

from image_classification.datasets.archives import ArchivesDataset
from image_classification.datasets.atomic import JSONDataset, ParquetDataset
from image_classification.datasets.images import ImageDictDataset, SplitMemoryDataset, TensorSetDataset
from image_classification.datasets.network import NetworkDataset
from image_classification.errors import UserError
from image_classification.evaluation.figures.mistakes import hardest_mistakes
from image_classification.evaluation.overfitting import describe_overfitting
from image_classification.evaluation.predictions import confusion_counts, predictions_table
from image_classification.evaluation.scores import calibration_bins
from image_classification.evaluation.summary import describe_metrics
from image_classification.evaluation.training_record import parameters_of
from image_classification.files.stamp import stamp_of
from image_classification.hooks.origins import OriginsHook
from image_classification.hooks.own_files import FilesHook
from image_classification.images.idx.idx_set import ArchiveOrigin, ArchivesRecord
from image_classification.images.store.image_store import ImageDictPlan
from image_classification.images.store.statistics import split_sizes, untrained_classes
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.pretrained.weights_file import fill_in, read_weights
from image_classification.origins.contents import digest_of
from image_classification.origins.record import Made, Origin, write_origin

CLASSES = ("cat", "döner")
STATISTICS = {
    "data_name": "made up",
    "class_names": list(CLASSES),
    "image_shape": [1, 4, 4],
    "resize": "stretch",
    "value_range": None,
    "counts": {split: {"cat": 5, "döner": 5} for split in ("train", "validation", "test")},
    "left_out": {"unreadable": 2},
    "mean": [0.25],
    "std": [0.5],
    "index_digest": "ab" * 32,
    "images_digest": "cd" * 32,
}
METRICS = {"data_name": "made up", "weights_digest": "ab", "evaluation": {"top_k": 5}, "images": 10}
METRICS |= {
    "accuracy": 0.5,
    "accuracy_lower": 0.25,
    "accuracy_upper": 0.75,
    "top_5_accuracy": 1.0,
    "loss": 0.1,
}
RECORD = {
    "finished": "2030-01-01T00:00:00+00:00",
    "command": "kedro run",
    "git": {"commit": "ab"},
    "environment": {"device": "cpu"},
    "parameters": {"network.name": "convnet"},
    "run_id": None,
    "weights_digest": "ab",
}


@cache
def folder() -> Path:
    """A folder with a whole file of each kind."""
    root = Path(mkdtemp(prefix="files-of-ours-"))
    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (30, 1, 4, 4), dtype=np.uint8)

    def fill(block: Any, advance: Any) -> list[str]:
        block.write(0, pixels)
        return ["ok"] * 30

    images = ImageDictDataset(filepath=str(root / "images.safetensors"))
    images.save(
        ImageDictPlan(
            names=[f"{number}.png" for number in range(30)],
            labels=np.arange(30) % 2,
            class_names=list(CLASSES),
            given_splits=[""] * 30,
            data_name="made up",
            image_shape=(1, 4, 4),
            digest="ef" * 32,
            fill=fill,
        )
    )
    split = TensorSetDataset(filepath=str(root / "test_set.safetensors"), pipeline="made_up")
    split.save(ImageTensorDataset(images.load(), torch.arange(10, 20)))
    body = {"widths": [4, 8], "dropout": 0.1}
    about = {"mean": (0.25,), "std": (0.5,), "data_name": "made up", "index_digest": "ab" * 32}
    description = NetworkDescription(
        network="convnet", options=body, image_shape=(1, 8, 8), class_names=CLASSES, **about
    )
    network = build_classifier(description)
    NetworkDataset(filepath=str(root / "trained_network.safetensors")).save(network)
    weights = _body().state_dict()
    save_file(weights, root / "weights.safetensors")
    torch.save(weights, root / "weights.pth")
    _write_tables(root, generator)
    for name, facts in (("image_statistics", STATISTICS), ("metrics", METRICS), ("training_record", RECORD)):
        JSONDataset(filepath=str(root / f"{name}.json")).save(facts)
    _write_archives(root / "idx")
    _write_origins(root)
    return root


def _write_origins(root: Path) -> None:
    """A record of where each of two tables comes from."""
    made = Made("made_up.node", "kedro run", "2030-01-01T00:00:00+00:00", "a run")
    texts = {"some.option": "1"}
    for name in ("history", "predictions"):
        outputs = {name: digest_of(path := root / f"{name}.parquet", stamp_of(path))}
        inputs = {"test_set": "ab"}
        origin = Origin(
            name, made, texts, texts, texts, "", inputs, texts, outputs, inputs | outputs, "", made
        )
        write_origin(path, origin)


def _write_tables(root: Path, generator: np.random.Generator) -> None:
    epochs = pd.DataFrame({"epoch": [1, 2, 3], "train/loss": [3.0, 2, 1], "train/accuracy": [0.1, 0.2, 0.3]})
    epochs = epochs.assign(**{"validation/loss": [2.0, None, 1], "validation/accuracy": [0.2, None, 0.4]})
    epochs = epochs.assign(learning_rate=0.1, seconds=1.0, kept=[False, False, True])
    logits = torch.from_numpy(generator.normal(size=(20, 2)))
    names = [f"{number}.png" for number in range(20)]
    memory = {"sha256": names, "split": "train", "draw": "a", "copies": ""}
    tables = {
        "history": epochs,
        "predictions": predictions_table(names, logits, torch.arange(20) % 2, CLASSES),
        "split_memory": pd.DataFrame(memory),
    }
    for name, table in tables.items():
        ParquetDataset(filepath=str(root / f"{name}.parquet")).save(table)


def _write_archives(place: Path) -> None:
    place.mkdir()
    record: dict[str, ArchiveOrigin] = {}
    for prefix in ("train", "t10k"):
        for name, shape in ((f"{prefix}-images.gz", (20, 4, 4)), (f"{prefix}-labels.gz", (20,))):
            head = bytes([0, 0, 8, len(shape)]) + b"".join(side.to_bytes(4, "big") for side in shape)
            values = np.arange(np.prod(shape)) % 10
            (place / name).write_bytes(gzip.compress(head + values.astype(np.uint8).tobytes(), mtime=0))
            record[name] = ArchiveOrigin(md5="", mirror="")
    made = ArchivesRecord(data_name="made up", digest="ab", files=record)
    (place / "archives.json").write_text(made.model_dump_json())


def _body() -> nn.Module:
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4), fc=nn.Linear(4, 2)))


def _loaded(name: str, dataset: AbstractDataset[Any, Any]) -> Any:
    """Load a dataset as a run does before a node sees it."""
    catalog = DataCatalog({name: dataset})
    hook = FilesHook()
    hook.before_pipeline_run({}, Pipeline([]), catalog)
    hook.before_dataset_loaded(name)
    content = catalog.load(name)
    hook.after_dataset_loaded(name, content)
    return content


def _read_images(path: Path) -> None:
    images = ImageDictDataset(filepath=str(path)).load()
    assert int(images.images.sum()) >= 0
    assert len(list(images.items())) == len(images)
    [images.class_names[label] for label in images.labels.tolist()]


def _read_split(path: Path) -> None:
    split = TensorSetDataset(filepath=str(path), pipeline="made_up").load()
    assert len(split.tensors[0]) == len(split.names)


def _read_split_of(path: Path) -> None:
    _read_split(path.with_name("test_set.safetensors"))


def _read_network(path: Path) -> None:
    NetworkDataset(filepath=str(path)).load()


def _read_weights(path: Path) -> None:
    state = read_weights(path, "weights")
    fill_in(_body(), state, path, head=["fc.weight", "fc.bias"], first_weight="conv.weight")


def _read_history(path: Path) -> None:
    history = _loaded("history", ParquetDataset(filepath=str(path)))
    history["seconds"].sum() + history["learning_rate"].max()
    [history[column].notna() for column in ("validation/loss", "validation/accuracy") if column in history]
    describe_overfitting(history, {"train": 100, "validation": 100})


def _read_predictions(path: Path) -> None:
    predictions = _loaded("predictions", ParquetDataset(filepath=str(path)))
    confusion_counts(predictions, CLASSES)
    hardest_mistakes(predictions, 5)
    calibration_bins(predictions, 10)


def _read_memory(path: Path) -> None:
    SplitMemoryDataset(filepath=str(path)).load()


def _read_statistics(path: Path) -> None:
    statistics = _loaded("image_statistics", JSONDataset(filepath=str(path)))
    split_sizes(statistics)
    untrained_classes(statistics)


def _read_metrics(path: Path) -> None:
    metrics = _loaded("metrics", JSONDataset(filepath=str(path)))
    describe_metrics(metrics)
    parameters_of(RECORD, metrics)


def _read_record(path: Path) -> None:
    parameters_of(_loaded("training_record", JSONDataset(filepath=str(path))), METRICS)


def _read_archives(path: Path) -> None:
    found = ArchivesDataset(filepath=str(path.parent)).load()
    found.read_labels()
    found.read_images()


def _read_origin(path: Path) -> None:
    """Read a record as the hook does before a run, in each of the ways that it is used."""
    folder = path.parent.parent
    names = ("history", "predictions")
    tables = {name: ParquetDataset(filepath=str(folder / f"{name}.parquet")) for name in names}
    catalog = DataCatalog(tables)
    nodes = [
        Node(print, list(names), None, name="read"),
        Node(len, "statistics", "history", name="made_up.node"),
    ]
    catalog["statistics"] = JSONDataset(filepath=str(folder / "image_statistics.json"))
    hook = OriginsHook()
    for only_missing in (True, False):
        with suppress(UserError):  # a mixture
            asked = {"only_missing_outputs": only_missing}
            hook.before_pipeline_run(run_params=asked, pipeline=Pipeline(nodes[1:]), catalog=catalog)
            hook.before_pipeline_run(run_params=asked, pipeline=Pipeline(nodes[:1]), catalog=catalog)


FILES: Mapping[str, Callable[[Path], None]] = {
    "images.safetensors": _read_images,
    "test_set.safetensors": _read_split,
    "trained_network.safetensors": _read_network,
    "weights.safetensors": _read_weights,
    "weights.pth": _read_weights,
    "history.parquet": _read_history,
    "predictions.parquet": _read_predictions,
    "split_memory.parquet": _read_memory,
    "image_statistics.json": _read_statistics,
    "metrics.json": _read_metrics,
    "training_record.json": _read_record,
    ".origins/history.parquet.json": _read_origin,
    "idx/archives.json": _read_archives,
    "idx/train-labels.gz": _read_archives,
    "idx/train-images.gz": _read_archives,
}


def place_of(name: str) -> Path:
    """Return where a file is."""
    return folder() / name


@cache
def content_of(name: str) -> bytes:
    """Return the content of a file while it is whole."""
    return place_of(name).read_bytes()
