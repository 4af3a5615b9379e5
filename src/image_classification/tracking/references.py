"""A recorded network by its reference: of a run, a version or alias of the registry, or a recorded model.

`local_network` returns the file of the network, which `networks.storage` loads, and says where it is from.
Imports MLflow, so what may do without it imports this where it does not; `is_reference` is in
`registry.spelling`.
"""

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from image_classification.errors import UserError
from image_classification.tracking.announcement import announced_place
from image_classification.tracking.registry.names import Version, found_version
from image_classification.tracking.registry.spelling import Reference, parse_reference
from image_classification.tracking.results import NETWORK
from image_classification.tracking.store.moved import follow_the_project
from image_classification.tracking.store.place import Store, locate_store
from image_classification.tracking.store.reading import opened_to_read
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.words import did_you_mean, nearest_names, printable

_TROUBLE = "No recorded network can be read"


@dataclass(frozen=True)
class RecordedNetwork:
    """The file of a recorded network, and where it is from.

    Attributes:
        path: of the safetensors file, on this machine.
        run_id, run_name: of the run that trained it.
        name, version: in the registry; "" if the reference names none.
        aliases: that the version has, such as champion.
    """

    path: Path
    run_id: str
    run_name: str
    name: str = ""
    version: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Say in a few words which network it is: "digits version 3 (champion), of the run …"."""
        run = f"the run {printable(self.run_name)} ({self.run_id})"
        if not self.name:
            return run
        aliases = f" ({', '.join(self.aliases)})" if self.aliases else ""
        return f"{printable(self.name)} version {self.version}{aliases}, of {run}"


def local_network(
    reference: str, settings: TrackingSettings | None = None, project_path: Path | None = None
) -> RecordedNetwork:
    """Return the file of a recorded network; one that is elsewhere is fetched, and deleted at the exit.

    Args:
        reference: runs:/<run id>, runs:/<run id>/<name of its model>, a bare run id,
            models:/<name>/<version>, models:/<name>@<alias>, or models:/m-<id of a recorded model>.
        settings: of tracking, which say where the runs are; None: those of the pipeline that runs, else the
            defaults.
        project_path: the folder of the project; None: likewise.

    Raises:
        UserError: it is no reference, names nothing that there is, or something without a network; or the
            place of runs does not answer.
    """
    asked = parse_reference(reference)
    announced, folder = announced_place()
    settings = settings or announced
    store = locate_store(settings, project_path or folder)
    # a bar for one file, which notebooks show as an error
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    with opened_to_read(store, settings.timeout, _TROUBLE) as client:
        version = found_version(client, store, asked) if asked.name else None
        run = _run_of(client, store, asked, version)
        path = _file_of(client, store, run)
    about = (version.name, version.version, version.aliases) if version else ("", "", ())
    return RecordedNetwork(path, run.info.run_id, str(run.info.run_name), *about)


def _run_of(client: MlflowClient, store: Store, asked: Reference, version: Version | None) -> Run:
    """Return the run that a reference leads to."""
    run_id, text = asked.run_id, asked.text
    if version:
        run_id = version.run_id
    elif asked.model_id:
        try:
            run_id = str(client.get_logged_model(asked.model_id).source_run_id or "")
        except MlflowException as error:
            raise UserError(
                f"{text}: there is no recorded model {asked.model_id} at {store.shown}."
            ) from error
    if not run_id:
        raise UserError(f"{text} comes from no run, and a network is kept with the run that trained it.")
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        raise UserError(
            f"{text}: there is no run {run_id} at {store.shown}. `make mlflow` shows those that there are."
        ) from error
    if asked.model_name:
        _require_model(client, run, asked)
    return run


def _require_model(client: MlflowClient, run: Run, asked: Reference) -> None:
    """Refuse a name that no model of the run has."""
    outputs = run.outputs.model_outputs if run.outputs else []
    names = [str(client.get_logged_model(each.model_id).name) for each in outputs]
    if asked.model_name not in names:
        guess = did_you_mean(nearest_names(asked.model_name, names))
        has = f" It has: {', '.join(map(printable, names))}." if names else " It has none."
        raise UserError(f"{asked.text}: the run has no model {printable(asked.model_name)}{guess}{has}")


def _file_of(client: MlflowClient, store: Store, run: Run) -> Path:
    """Return the file of a run's network, fetched if it is on another machine."""
    if run.info.lifecycle_stage == "deleted":
        raise UserError(
            f"The run {run.info.run_id} is deleted: mlflow runs restore --run-id {run.info.run_id}"
        )
    follow_the_project(store, client.get_experiment(run.info.experiment_id))
    found = [
        each.path
        for each in client.list_artifacts(run.info.run_id, NETWORK)
        if each.path.endswith(".safetensors")
    ]
    if not found:
        raise UserError(f"The run {printable(str(run.info.run_name))} ({run.info.run_id}) {_why_none(run)}")
    is_here = urlsplit(run.info.artifact_uri).scheme in {"", "file"}
    folder = None if is_here else _temporary_folder()
    return Path(client.download_artifacts(run.info.run_id, found[0], folder))


def _why_none(run: Run) -> str:
    """Say why a run has no network."""
    status = run.info.status
    if "network.name" not in run.data.params and "train/loss" not in run.data.metrics:
        return "is none of a training of this project, and has no network."
    if status == "RUNNING":
        return "goes on, and has no network yet."
    if status != "FINISHED":
        return f"ended {status} before it had a network to record."
    if run.outputs and run.outputs.model_outputs:
        return (
            "has an MLflow model, and no network file: an earlier version of this project recorded it. "
            "Train again, or name the file of the network."
        )
    return "kept no network: it trained several, such as those of a cross-validation, to measure them."


def _temporary_folder() -> str:
    """Make a folder that is deleted when this process ends."""
    folder = tempfile.mkdtemp(prefix="recorded-network-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
