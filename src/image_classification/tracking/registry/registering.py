"""A finished training becomes a version of a registered model. Imports MLflow."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow import MlflowClient
from mlflow.entities import LoggedModel, Run
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from image_classification.errors import UserError
from image_classification.tracking.announcement import STORE_URI
from image_classification.tracking.registry.names import versions_of
from image_classification.tracking.registry.settings import AUTO
from image_classification.tracking.results import INCOMPLETE
from image_classification.words import printable

# MLflow's own tag of a recorded model, by which its page leads to the versions
_VERSIONS_OF_MODEL = "mlflow.modelVersions"
# of a run, for the tags of its version
_FROM_RUN = {
    "data.name": "data.name",
    "data.index_digest": "index_digest",
    "mlflow.source.git.commit": "commit",
    "mlflow.source.git.dirty": "commit.files_changed",
    "command": "command",
}
_READY = "READY"


def registered_name(name: str, run: Run) -> str:
    """Return the name that a run's model is registered under: the one that is set, or that of the data.

    Raises:
        UserError: it is to be that of the data, and the run does not name them.
    """
    if name != AUTO:
        return name
    data_name = run.data.params.get("data.name") or run.data.tags.get("data.name", "")
    cleaned = re.sub(r"[/:@\s]+", "-", data_name).strip("-.")[:200]
    if not cleaned:
        raise UserError(
            f"The run {run.info.run_id} does not say which data it is of: set registry.name in mlflow.yml."
        )
    return cleaned


def register(client: MlflowClient, run: Run, name: str) -> ModelVersion:
    """Make the model of a run a new version, or return the version that it is already.

    Args:
        client: of the store.
        run: FINISHED, with its model.
        name: of the registered model, which is created if need be.

    Raises:
        UserError: the run is not FINISHED, or has no whole model.
    """
    logged = _model_of(client, run)
    _create(client, name)
    for each in versions_of(client, name):
        if each.run_id == run.info.run_id:
            return each
    with _at(client.tracking_uri):
        version = client.create_model_version(
            name, f"models:/{logged.model_id}", run.info.run_id, tags=_tags(run), model_id=logged.model_id
        )
    known = json.loads(logged.tags.get(_VERSIONS_OF_MODEL, "[]"))
    link = json.dumps([*known, {"name": name, "version": version.version}])
    client.set_logged_model_tags(logged.model_id, {_VERSIONS_OF_MODEL: link})
    return version


def _model_of(client: MlflowClient, run: Run) -> LoggedModel:
    about = f"The run {printable(str(run.info.run_name))} ({run.info.run_id})"
    if run.info.lifecycle_stage == "deleted":
        raise UserError(f"{about} is deleted, and is not registered.")
    if run.info.status != "FINISHED":
        raise UserError(f"{about} is {run.info.status}, and only what is FINISHED is registered.")
    outputs = run.outputs.model_outputs if run.outputs else []
    models = [client.get_logged_model(each.model_id) for each in outputs]
    whole = [each for each in models if str(each.status) == _READY]
    if not whole:
        why = f" ({missing})" if (missing := run.data.tags.get(INCOMPLETE)) else ""
        raise UserError(f"{about} has no whole model on record{why}, so there is nothing to register.")
    return whole[-1]


def _create(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name, description="Image classifiers, a version per training.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _tags(run: Run) -> dict[str, str]:
    found = run.data.params | run.data.tags
    tags = {tag: found[name] for name, tag in _FROM_RUN.items() if name in found}
    metrics = run.data.metrics
    if "test/accuracy" in metrics:
        tags["test.accuracy"] = f"{metrics['test/accuracy']:.6f}"
    if "test/accuracy_lower" in metrics and "test/accuracy_upper" in metrics:
        low, high = metrics["test/accuracy_lower"], metrics["test/accuracy_upper"]
        tags["test.accuracy_interval"] = f"{low:.6f} to {high:.6f} (95 %, Wilson)"
    return tags | {"run_id": run.info.run_id, "run_name": str(run.info.run_name)}


@contextmanager
def _at(store_uri: str) -> Iterator[None]:
    """Have MLflow's registry, which asks a client of its own for the model, find the store."""
    before = os.environ.get(STORE_URI)
    os.environ[STORE_URI] = store_uri
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(STORE_URI)
        else:
            os.environ[STORE_URI] = before
