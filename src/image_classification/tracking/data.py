"""Which data a run has been trained on, as its record says it."""

import json
from collections.abc import Mapping
from datetime import datetime

from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.schema import TensorDatasetSchema
from mlflow.entities import Dataset, DatasetInput, InputTag, Run
from mlflow.types import Schema, TensorSpec
from numpy import dtype

from image_classification.images.statistics import ImageStatistics
from image_classification.images.value_range import ValueRange
from image_classification.tracking.run import TrackedRun

# MLflow cuts the digest of a dataset at this length; the whole one is in the parameters and tags
LONGEST_DIGEST = 36
# MLflow's own tag of a run that is part of another one
PARENT_RUN = "mlflow.parentRunId"


def record_data(run: TrackedRun, statistics: ImageStatistics) -> None:
    """Record name, size, shape and digest of the data as parameters, tags and dataset input; name the run."""
    images = {split: sum(counts.values()) for split, counts in statistics["counts"].items()}
    run.log_parameters(
        {
            "data.name": statistics["data_name"],
            "data.classes": str(len(statistics["class_names"])),
            "data.image_shape": json.dumps(list(statistics["image_shape"])),
            "data.index_digest": statistics["index_digest"],
            "data.resize": statistics.get("resize", "stretch"),
        }
        | _value_range(statistics)
        | {f"data.{split}_images": str(count) for split, count in images.items()}
    )
    run.set_tags({"data.name": statistics["data_name"], "data.index_digest": statistics["index_digest"]})
    if record := run.read():
        dataset = _dataset(statistics, record.data.tags)
        run.attempt("The dataset", lambda: run.client.log_inputs(run.run_id, datasets=[dataset]))
        name_run(run, record, record.data.params.get("network.name"), statistics["data_name"])


def _value_range(statistics: ImageStatistics) -> dict[str, str]:
    value_range = statistics.get("value_range")
    return {"data.value_range": str(ValueRange(**value_range))} if value_range else {}


def dataset_key(data_name: str, index_digest: str) -> dict[str, str]:
    """Return what ties a metric to the dataset of a run."""
    return {"dataset_name": data_name, "dataset_digest": index_digest[:LONGEST_DIGEST]}


def run_name(network: str | None, data_name: str | None, start_time: int) -> str:
    """Name a run after its network, its data and the local time of its start (milliseconds since 1970)."""
    started = datetime.fromtimestamp(start_time / 1000).astimezone()
    return "-".join(filter(None, (network, data_name, f"{started:%Y%m%d-%H%M%S}")))


def name_run(run: TrackedRun, record: Run, network: str | None, data_name: str | None) -> None:
    """Name a run after what is known of it by now, unless whoever began it has named it."""
    started = record.info.start_time
    if str(record.info.run_name).endswith(run_name(None, None, started)):
        name = run_name(network, data_name, started)
        run.attempt("The run's name", lambda: run.client.update_run(run.run_id, name=name))


def _dataset(statistics: ImageStatistics, tags: Mapping[str, str]) -> DatasetInput:
    # the source of the data as MLflow knows it: the code that fetched them
    source = CodeDatasetSource({name: tags[name] for name in tags if name.startswith("mlflow.source.")})
    schema = TensorDatasetSchema(
        features=Schema([TensorSpec(dtype("uint8"), (-1, *statistics["image_shape"]))]),
        targets=Schema([TensorSpec(dtype("int64"), (-1,))]),
    )
    key = dataset_key(statistics["data_name"], statistics["index_digest"])
    profile = {
        "class_names": statistics["class_names"],
        "counts": statistics["counts"],
        "mean": statistics["mean"],
        "std": statistics["std"],
        "images_digest": statistics["images_digest"],
    }
    dataset = Dataset(
        name=key["dataset_name"],
        digest=key["dataset_digest"],
        source_type=source._get_source_type(),
        source=source.to_json(),
        schema=json.dumps(schema.to_dict()),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "training")])
