"""Which epoch was the best one, and which one the weights that were kept are of."""

from collections.abc import Mapping

from image_classification.learning.early_stopping import is_better, worst
from image_classification.parameters.training import Metric
from image_classification.tracking.run import TrackedRun

# what the best epoch is chosen by: unlike the accuracy it hardly ever is the same in two epochs
CHOSEN_BY: Metric = "validation/loss"


class BestEpoch:
    """Follows a training and says when an epoch is the best so far: that of the lowest validation loss."""

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


def kept_epoch(run: TrackedRun) -> dict[str, float]:
    """Return epoch, validation_loss and validation_accuracy of the weights that the training kept.

    Nothing where no epoch was recorded. The record of each epoch is asked, whatever form the history has.
    """
    parameters = run.client.get_run(run.run_id).data.params
    epoch = max(values_by_epoch(run, "train/loss"), default=0)
    if parameters.get("training.keep") == "best":
        named = parameters.get("training.early_stopping.metric")
        metric: Metric = "validation/loss" if named == "validation/loss" else "validation/accuracy"
        best = worst(metric)
        for candidate, value in sorted(values_by_epoch(run, metric).items()):
            if is_better(metric, value, best):
                epoch, best = candidate, value
    if not epoch:
        return {}
    kept = {"epoch": float(epoch)}
    for metric in ("validation/loss", "validation/accuracy"):
        values = values_by_epoch(run, metric)
        if epoch in values:
            kept[metric.replace("/", "_")] = values[epoch]
    return kept


def values_by_epoch(run: TrackedRun, metric: str) -> dict[int, float]:
    """Return what was recorded of a metric at each epoch; nothing if it was not."""
    return {point.step: point.value for point in run.client.get_metric_history(run.run_id, metric)}
