"""The digests of weights that a run has on record. Imports MLflow and torch."""

from pathlib import Path
from typing import NamedTuple

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from image_classification.config_loader.data_folder import NAME as DATA_FOLDER
from image_classification.errors import UserError
from image_classification.tracking.store.place import Store, locate_store
from image_classification.tracking.store.reading import opened_to_read
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.tracking.training import digest_tag


class RecordedEpoch(NamedTuple):
    """An epoch on record: the run's id, the digest of its weights after it, the data folder of the run.

    The folder is as it was given; "" if the run does not say.
    """

    run_id: str
    digest: str
    data_folder: str


def recorded_epoch(settings: TrackingSettings, project_path: Path, run: str, epoch: int) -> RecordedEpoch:
    """Return what a run has on record of an epoch (1, 2, …).

    Args:
        settings: of tracking.
        project_path: the folder of the project.
        run: its id or its name.
        epoch: 1, 2, …

    Raises:
        UserError: there is no such run, several have this name, or it has no such digest.
    """
    store = locate_store(settings, project_path)
    with opened_to_read(store, settings.timeout) as client:
        found = find_run(client, store, run)
    digest = found.data.tags.get(digest_tag(epoch))
    if digest is None:
        raise UserError(
            f"The run {found.info.run_name} ({found.info.run_id}) has no digest of the weights after epoch "
            f"{epoch} on record."
        )
    return RecordedEpoch(found.info.run_id, str(digest), str(found.data.tags.get(DATA_FOLDER, "")))


def find_run(client: MlflowClient, store: Store, run: str) -> Run:
    """Return the run with this id or name.

    Raises:
        UserError: there is none, or several have this name.
    """
    try:
        return client.get_run(run)
    except MlflowException:
        experiments = [each.experiment_id for each in client.search_experiments()]
        name = run.replace("'", "")
        found = client.search_runs(experiments, f"attributes.run_name = '{name}'")
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(each.info.run_id for each in found)
        raise UserError(f"Several runs have the name {run}: name one by its id: {ids}.")
    raise UserError(f"There is no run with the id or name {run} at {store.shown}.")
