"""The recorded runs as tables."""

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Experiment, Run, ViewType
from mlflow.exceptions import MlflowException

from image_classification.errors import UserError
from image_classification.files.troubles import require_readable
from image_classification.tracking.announcement import announced_place
from image_classification.tracking.failures import explained
from image_classification.tracking.run import PARENT_RUN
from image_classification.tracking.store.opening import find_experiment
from image_classification.tracking.store.place import Store, locate_store
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.words import did_you_mean, nearest_names

# before the name of a parameter or metric in the name of its column
PARAMETER, METRIC = "parameter/", "metric/"
PREDICTIONS = "model_output/predictions.parquet"
TRAIN_FIRST = "Train first: kedro run --pipeline training"
_PAGE = 1000

logger = logging.getLogger(__name__)


class RecordedRuns:
    """The runs of one experiment; nothing is written.

    Args:
        experiment: its name; None for the one that runs are recorded in.

    Raises:
        UserError: there is no record, it cannot be opened, or it has no such experiment.
    """

    def __init__(self, experiment: str | None = None) -> None:
        # a bar for a file of some kilobytes, which notebooks show as an error
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        settings, project_path = announced_place()
        self._store = locate_store(settings, project_path)
        name = experiment or settings.experiment
        with explained(self._store, "No recorded run can be read"):
            self._client = _open(self._store, settings)
            found = None if experiment else find_experiment(self._client, settings)
            self.experiment = found or _find_experiment(self._client, self._store, name)

    def table(self, filter_string: str = "", statuses: Sequence[str] = (), limit: int = 100) -> pd.DataFrame:
        """Return a row per run, the latest first.

        Args:
            filter_string: as on MLflow's page: params.`network.name` = 'convnet' and metrics.`test/loss` < 1.
            statuses: FINISHED, FAILED, KILLED, RUNNING; none for all.
            limit: of the number of runs.

        Returns:
            run_id, name, status, started (UTC), run_seconds; then parameter/<name> (text) and metric/<name>
            (the last value) for every name that any of the runs has, missing where a run lacks it. No rows
            if no run is found.

        Raises:
            UserError: the filter cannot be understood.
        """
        rows = [_row(run) for run in self._search(filter_string, statuses, limit)]
        table = pd.DataFrame(rows, columns=_columns(rows))
        return table.astype({"run_seconds": "float64"})

    def curves(self, runs: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
        """Return a row per run, metric and epoch: run_id, metric, epoch, value.

        Args:
            runs: as `table` returns them.
            metrics: names such as validation/loss; those that a run does not have are left out.
        """
        rows = [
            (run_id, metric, point.step, point.value)
            for metric in metrics
            if f"{METRIC}{metric}" in runs
            for run_id in runs.loc[runs[f"{METRIC}{metric}"].notna(), "run_id"]
            for point in self._client.get_metric_history(run_id, metric)
        ]
        return pd.DataFrame(rows, columns=["run_id", "metric", "epoch", "value"])

    def predictions(self, run_id: str) -> pd.DataFrame | None:
        """Return the predictions of a run for its test images, None if it recorded none."""
        return read_predictions(self._client, run_id)

    def _search(self, filter_string: str, statuses: Sequence[str], limit: int) -> list[Run]:
        # the folds of a cross-validation, each on data of its own, are summed up in their parent
        with_children = PARENT_RUN in filter_string
        found: list[Run] = []
        token: str | None = None
        while len(found) < limit:
            try:
                page = self._client.search_runs(
                    [self.experiment.experiment_id],
                    filter_string,
                    run_view_type=ViewType.ACTIVE_ONLY,
                    max_results=_PAGE,
                    page_token=token,
                )
            except MlflowException as error:
                raise UserError(
                    f"comparison.filter is {filter_string!r}, which MLflow does not understand: "
                    f"{str(error).splitlines()[0]}\n"
                    "Write it as on MLflow's page, for example: params.`network.name` = 'convnet' and "
                    "metrics.`test/accuracy` > 0.9 and tags.`data.name` = 'mnist'"
                ) from error
            # MLflow's filters have no "or", and none for a tag that is absent
            found.extend(
                run
                for run in page
                if (not statuses or run.info.status in statuses)
                and (with_children or PARENT_RUN not in run.data.tags)
            )
            token = page.token
            if not token:
                break
        return found[:limit]


def read_predictions(client: MlflowClient, run_id: str) -> pd.DataFrame | None:
    """Return the predictions of a run for its test images, None if it recorded none."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = client.download_artifacts(run_id, PREDICTIONS, folder)
        except Exception as error:  # each kind of store has its own for a file that is not there
            logger.debug("No predictions of the run %s: %s", run_id, error)
            return None
        return pd.read_parquet(Path(path))


def _open(store: Store, settings: TrackingSettings) -> MlflowClient:
    """Open a store that exists; MLflow would create a database where there is none."""
    store.require_answer(settings.timeout)
    if store.database:
        require_readable(store.database)
    if store.database and not store.database.is_file():
        raise UserError(f"There are no runs to compare yet: {store.database} does not exist.\n{TRAIN_FIRST}")
    return MlflowClient(store.uri)


def _find_experiment(client: MlflowClient, store: Store, name: str) -> Experiment:
    found = client.get_experiment_by_name(name)
    if found is not None:
        return found
    names = [experiment.name for experiment in client.search_experiments()]
    guess = did_you_mean(nearest_names(name, names))
    raise UserError(
        f"There is no experiment '{name}' at {store.shown}{guess} "
        f"It has: {', '.join(names)}.\n"
        f"Set comparison.experiment, or train with experiment: {name} in conf/base/mlflow.yml."
    )


def _row(run: Run) -> dict[str, object]:
    info = run.info
    row: dict[str, object] = {
        "run_id": info.run_id,
        "name": info.run_name,
        "status": info.status,
        "started": pd.Timestamp(info.start_time, unit="ms", tz="UTC"),
        "run_seconds": (info.end_time - info.start_time) / 1000 if info.end_time else None,
    }
    row |= {f"{PARAMETER}{name}": value for name, value in sorted(run.data.params.items())}
    row |= {f"{METRIC}{name}": value for name, value in sorted(run.data.metrics.items())}
    return row


def _columns(rows: Sequence[dict[str, object]]) -> list[str]:
    fixed = ["run_id", "name", "status", "started", "run_seconds"]
    others = {column for row in rows for column in row} - set(fixed)
    return fixed + sorted(others, key=lambda column: (not column.startswith(PARAMETER), column))
