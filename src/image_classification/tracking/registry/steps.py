"""Registering and promoting: at the end of a run, and by hand. Imports MLflow."""

from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from image_classification.errors import UserError
from image_classification.tracking.registry.names import found_version
from image_classification.tracking.registry.promoting import Promoted, promote
from image_classification.tracking.registry.registering import register, registered_name
from image_classification.tracking.registry.settings import AUTO, RegistrySettings
from image_classification.tracking.registry.spelling import Reference, is_reference, parse_reference
from image_classification.tracking.store.digests import find_run
from image_classification.tracking.store.moved import follow_the_project
from image_classification.tracking.store.place import Store, locate_store
from image_classification.tracking.store.reading import opened_to_read
from image_classification.tracking.store.settings import TrackingSettings

# of a run: as which version it is registered, and what became of the champion
REGISTERED = "registered"


def register_finished(client: MlflowClient, store: Store, run_id: str, settings: RegistrySettings) -> str:
    """Register the model of a run that has just FINISHED, as is set; return in a line what has happened.

    Raises:
        UserError: it has no whole model.
    """
    run = client.get_run(run_id)
    version = register(client, run, registered_name(settings.name or AUTO, run))
    promoted = promote(client, store, version, settings)
    _tell_the_run(client, version, promoted)
    return promoted.line


def promote_by_hand(
    settings: TrackingSettings, project_path: Path, named: str, *, force: bool = False
) -> Promoted:
    """Decide whether a version becomes the champion; a run that is no version yet becomes one.

    Args:
        settings: of tracking, with those of the registry.
        project_path: the folder of the project.
        named: id or name of a run, or a reference to a version.
        force: it does, whatever the comparison says.

    Raises:
        UserError: there is no such run or version, or it cannot be registered.
    """
    store = locate_store(settings, project_path)
    with opened_to_read(store, settings.timeout, "No model can be promoted") as client:
        asked = parse_reference(named) if is_reference(named) else None
        version = (
            _version_of(client, store, asked)
            if asked and asked.name
            else _registered(client, store, asked, named, settings.registry)
        )
        promoted = promote(client, store, version, settings.registry, "force" if force else "better")
        _tell_the_run(client, version, promoted)
    return promoted


def _tell_the_run(client: MlflowClient, version: ModelVersion, promoted: Promoted) -> None:
    """Write into the tags of a version's run what was decided; where nothing was, what they say stays."""
    if version.run_id and promoted.is_decided:
        client.set_tag(version.run_id, REGISTERED, promoted.record)


def _version_of(client: MlflowClient, store: Store, asked: Reference) -> ModelVersion:
    found = found_version(client, store, asked)
    if found.run_id:
        _follow(client, store, found.run_id)
    return client.get_model_version(found.name, found.version)


def _registered(
    client: MlflowClient, store: Store, asked: Reference | None, named: str, settings: RegistrySettings
) -> ModelVersion:
    run_id = asked.run_id if asked else named
    if asked and asked.model_id:
        try:
            run_id = str(client.get_logged_model(asked.model_id).source_run_id or "")
        except MlflowException as error:
            raise UserError(f"There is no recorded model {asked.model_id} at {store.shown}.") from error
    run: Run = find_run(client, store, run_id)
    _follow(client, store, run.info.run_id)
    return register(client, run, registered_name(settings.name or AUTO, run))


def _follow(client: MlflowClient, store: Store, run_id: str) -> None:
    """Find the files of a run in a project that was copied or moved."""
    run = client.get_run(run_id)
    follow_the_project(store, client.get_experiment(run.info.experiment_id))
