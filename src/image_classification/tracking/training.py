"""What a training records of itself while it goes on: its data, its device and the metrics of each epoch."""

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence

import torch
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.schema import TensorDatasetSchema
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.types import Schema, TensorSpec
from numpy import dtype

from image_classification.errors import UserError
from image_classification.images.store.corrections import described
from image_classification.images.store.statistics import ImageStatistics, split_sizes
from image_classification.learning.device import choose_device
from image_classification.learning.early_stopping import is_better, worst
from image_classification.learning.options import Metric as MetricName
from image_classification.networks.first_weights import PretrainedWeights
from image_classification.tracking.description import values_by_epoch
from image_classification.tracking.failures import UNREAD
from image_classification.tracking.origin import ADDRESS
from image_classification.tracking.run import CONTINUES, TrackedRun, network_in_name
from image_classification.value_range import ValueRange

# what the best epoch is chosen by: unlike the accuracy it hardly ever is the same in two epochs
CHOSEN_BY: MetricName = "validation/loss"
# MLflow cuts the digest of a dataset at this length; the whole one is in the parameters and tags
LONGEST_DIGEST = 36

logger = logging.getLogger(__name__)


def record_training(
    run_id: str,
    store_uri: str,
    statistics: ImageStatistics,
    earlier: Sequence[Mapping[str, float]] = (),
    weights: PretrainedWeights | None = None,
    tags: Mapping[str, str] | None = None,
    continues: str | None = None,
) -> "EpochMetrics":
    """Record from which weights and on which data and device the run trains; return what records epochs.

    Of the earlier epochs of a training that is resumed, those that the run does not have are recorded too;
    and if another run has them, that this one continues it.
    """
    run = TrackedRun(run_id, store_uri)
    with run.going_on("The data"):
        record_data(run, statistics)
    run.set_tags(weights_tags(weights) | dict(tags or {}))
    before = continues if continues != run_id else None
    if before:
        _note_continued(run, before)
    recorded: Collection[int] = ()
    if record := run.read():
        if "train/loss" in record.data.metrics:
            recorded = (
                run.attempt(
                    "The curve so far",
                    lambda: values_by_epoch(run, "train/loss"),
                    is_lost=False,  # all epochs are sent then, some for the second time
                    then=UNREAD,
                )
                or ()
            )
        # only here: to look for a GPU in the process that forks the one that trains would spoil it for both
        run.attempt("The device", lambda: _record_device(run, record.data.params.get("training.device")))
        if earlier and before:
            epochs = [int(row["epoch"]) for row in earlier]
            run.attempt("The digests of earlier epochs", lambda: _copy_digests(run, before, epochs))
    metrics = EpochMetrics(run, recorded=recorded)
    for row in earlier:
        metrics(int(row["epoch"]), {name: value for name, value in row.items() if name != "epoch"})
    return metrics


def _note_continued(run: TrackedRun, before: str) -> None:
    run.set_tags({CONTINUES: before})
    logger.info(
        "This training is recorded in the run %s, which continues %s (tag %s).", run.run_id, before, CONTINUES
    )


def _copy_digests(run: TrackedRun, before: str, epochs: Sequence[int]) -> None:
    """Take the digests of the weights after earlier epochs from the run that this one continues."""
    tags = run.client.get_run(before).data.tags
    run.set_tags({name: tags[name] for name in map(digest_tag, epochs) if name in tags})


def weights_tags(weights: PretrainedWeights | None) -> dict[str, str]:
    """Return the tags that say what a network started from; none for weights that were drawn.

    Tags, and no parameters: a file that was moved does not make another configuration.
    """
    facts = weights.model_dump() if weights else {}
    return {f"weights.{name}": value or "not named" for name, value in facts.items()}


def _record_device(run: TrackedRun, name: str | None) -> None:
    try:
        device = choose_device(name or "auto")
    except UserError:
        return  # an absent device is what the training itself ends with
    model = f" ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else ""
    run.set_tags({"device": f"{device}{model}"})


def record_data(run: TrackedRun, statistics: ImageStatistics) -> None:
    """Record name, size, shape and digest of the data as parameters, tags and dataset input; name the run."""
    value_range = statistics.get("value_range")
    run.log_parameters(
        {
            "data.name": statistics["data_name"],
            "data.classes": str(len(statistics["class_names"])),
            "data.image_shape": json.dumps(list(statistics["image_shape"])),
            "data.index_digest": statistics["index_digest"],
            "data.resize": statistics.get("resize", "stretch"),
            "data.interpolation": statistics.get("interpolation", "bilinear"),
        }
        | ({"data.value_range": str(ValueRange(**value_range))} if value_range else {})
        | _corrections(statistics)
        | {f"data.{split}_images": str(count) for split, count in split_sizes(statistics).items()}
    )
    run.set_tags({"data.name": statistics["data_name"], "data.index_digest": statistics["index_digest"]})
    if record := run.read():
        dataset = _dataset(statistics, record.data.tags)
        run.attempt("The dataset", lambda: run.client.log_inputs(run.run_id, datasets=[dataset]))
        run.name(record, network_in_name(record.data.params), statistics["data_name"])


def _corrections(statistics: ImageStatistics) -> dict[str, str]:
    """Return what was corrected, and which data these would be without, if the test is the same with them."""
    corrections = statistics.get("corrections")
    if corrections is None:
        return {}
    before = {} if corrections["of_test"] else {"uncorrected_digest": corrections["uncorrected_digest"]}
    said = {"corrections": text} if (text := described(corrections)) else {}
    return {f"data.{name}": value for name, value in (said | before).items()}


def _dataset(statistics: ImageStatistics, tags: Mapping[str, str]) -> DatasetInput:
    kind, source = _source(tags)
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
        source_type=kind,
        source=source,
        schema=json.dumps(schema.to_dict()),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "training")])


def _source(tags: Mapping[str, str]) -> tuple[str, str]:
    """Return kind and description of the source of the data as MLflow knows it.

    It is the address of data that are remote, else the code that prepared them.
    """
    if address := tags.get(ADDRESS):
        return address.partition("://")[0].lower(), json.dumps({"uri": address})
    named = {name: tags[name] for name in tags if name.startswith("mlflow.source.")}
    return "code", CodeDatasetSource(named).to_json()


def dataset_key(data_name: str, index_digest: str) -> dict[str, str]:
    """Return what ties a metric to the dataset of a run."""
    return {"dataset_name": data_name, "dataset_digest": index_digest[:LONGEST_DIGEST]}


class EpochMetrics:
    """Send the metrics of each epoch in one call, which takes about 5 ms on SQLite.

    An epoch that the run has already, because the training was interrupted after it, is not recorded twice.
    """

    def __init__(self, run: TrackedRun, recorded: Collection[int] = ()) -> None:
        self._recorded = frozenset(recorded)
        self._run = run
        self._best = BestEpoch()

    def __call__(self, epoch: int, row: Mapping[str, float], digest: Callable[[], str] | None = None) -> None:
        """Record the metrics of an epoch at step `epoch`, and the digest of its weights as a tag."""
        measured = {_name(name): value for name, value in row.items()} | self._best.after(epoch, row)
        if epoch not in self._recorded:
            tags = {digest_tag(epoch): digest()} if digest else {}
            self._run.log_epoch(epoch, measured, tags)


def digest_tag(epoch: int) -> str:
    """Return the name of the tag that has the digest of the weights after an epoch (1, 2, …)."""
    return f"weights_digest/{epoch:04d}"


def _name(name: str) -> str:
    """Return the name in the record, where test/… is the result of the final network, which ranks the run.

    The seconds of an epoch have a name of their own, too: a run takes longer than its epochs.
    """
    if name == "seconds":
        return "epoch_seconds"
    return name.replace("test/", "test_each_epoch/", 1) if name.startswith("test/") else name


class BestEpoch:
    """Follow a training and tell when an epoch is the best so far, by the lowest validation loss."""

    def __init__(self) -> None:
        self._lowest = worst(CHOSEN_BY)

    def after(self, epoch: int, row: Mapping[str, float]) -> dict[str, float]:
        """Return validation_best/epoch, validation_best/loss, … of the best epoch so far; else nothing."""
        if CHOSEN_BY not in row or not is_better(CHOSEN_BY, row[CHOSEN_BY], self._lowest):
            return {}
        self._lowest = row[CHOSEN_BY]
        validated = {name: value for name, value in row.items() if name.startswith("validation/")}
        return {"validation_best/epoch": epoch} | {
            f"validation_best/{name.partition('/')[2]}": value for name, value in validated.items()
        }
