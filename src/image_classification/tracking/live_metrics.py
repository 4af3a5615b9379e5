"""The metrics of a training while it goes on, from inside the node that trains."""

from collections.abc import Callable, Mapping

from image_classification.images.store.statistics import ImageStatistics
from image_classification.tracking.environment import announced_run


def live_metrics(statistics: ImageStatistics) -> Callable[[int, Mapping[str, float]], None]:
    """Tell the open run which data it trains on, and return the function to call after each epoch.

    Works in any thread and any child process of the one that opened the run. Where no run is open the
    returned function does nothing. Nothing that fails here is raised.

    Args:
        statistics: of the data that is trained on.

    Returns:
        A function of the epoch (from 1) and its metrics by name, such as "train/loss".
    """
    announced = announced_run()
    if announced is None:
        return _ignore
    # imports MLflow, which takes more than a second: only where something is recorded
    from image_classification.tracking.epoch_metrics import record_training  # noqa: PLC0415

    return record_training(*announced, statistics)


def _ignore(epoch: int, row: Mapping[str, float]) -> None:
    """Record nothing: no run is open."""
