"""A model on its way to the store: a folder in MLflow's format that becomes a logged model of its run."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus, Metric, Run
from mlflow.exceptions import MlflowException

# our tag of a logged model, by which an attempt that has failed is found again
KEY = "record_key"
# what the metrics of the trained network begin with
_OF_THE_NETWORK = ("test/", "weights/")


def send_model(client: MlflowClient, run_id: str, content: Mapping[str, Any]) -> str:
    """Record a model; return its id. One that is recorded already is left as it is.

    Args:
        client: of the store.
        run_id: of the run that has trained it.
        content: path, the folder; name; epoch (0: unknown); tags; and where the metrics of the network are on
            record already, dataset_name and dataset_digest of what they are of.
    """
    run = client.get_run(run_id)
    logged = _begun_before(client, run, content["tags"][KEY]) or _begun(client, run, content)
    if str(logged.status) == "READY":
        return str(logged.model_id)
    try:
        outputs = run.outputs.model_outputs if run.outputs else []
        if logged.model_id not in {each.model_id for each in outputs}:  # twice is refused
            client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=content["epoch"])])
        _name_in_folder(Path(content["path"]), logged, run_id)
        client.log_model_artifacts(logged.model_id, content["path"])
        if "dataset_name" in content:
            _tie_metrics(client, run, logged.model_id, content)
    except BaseException:
        with suppress(Exception):  # the store that has failed; the first error says why
            client.finalize_logged_model(logged.model_id, LoggedModelStatus.FAILED)
        raise
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    return str(logged.model_id)


def _begun(client: MlflowClient, run: Run, content: Mapping[str, Any]) -> LoggedModel:
    return client.create_logged_model(
        run.info.experiment_id,
        name=content["name"],
        source_run_id=run.info.run_id,
        params=run.data.params,
        tags=dict(content["tags"]),
        model_type="classifier",
    )


def _begun_before(client: MlflowClient, run: Run, key: str) -> LoggedModel | None:
    try:
        found = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    except MlflowException:  # a server that is older
        return None
    return next((each for each in found if each.tags.get(KEY) == key), None)


def _name_in_folder(folder: Path, logged: LoggedModel, run_id: str) -> None:
    """Write into the folder which model it is of."""
    from mlflow.models import Model  # noqa: PLC0415  (takes a second)

    model = Model.load(str(folder))
    model.artifact_path, model.run_id = logged.artifact_location, run_id
    model.model_uuid = model.model_id = logged.model_id
    model.save(str(folder / "MLmodel"))


def _tie_metrics(client: MlflowClient, run: Run, model_id: str, dataset: Mapping[str, str]) -> None:
    """Say of which model the metrics of the network are that are on record."""
    belonging = {name: dataset[name] for name in ("dataset_name", "dataset_digest")}
    points = [
        client.get_metric_history(run.info.run_id, name)[-1]
        for name in run.data.metrics
        if name.startswith(_OF_THE_NETWORK)
    ]
    metrics = [
        Metric(
            each.key,
            each.value,
            each.timestamp,
            each.step,
            model_id=model_id,
            run_id=run.info.run_id,
            **belonging,
        )
        for each in points
    ]
    if metrics:
        client.log_batch(run.info.run_id, metrics=metrics)
