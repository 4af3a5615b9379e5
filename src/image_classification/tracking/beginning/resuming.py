"""Which run an interrupted training has, for a training that goes on with it; imports torch."""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from mlflow import MlflowClient
from mlflow.entities import Run

from image_classification.learning.checkpoints.facts import data_facts, version_facts
from image_classification.learning.checkpoints.folder import About
from image_classification.origins.training_code import training_code
from image_classification.parameters.root import ModellingOptions, Parameters
from image_classification.parameters.used import training_facts
from image_classification.tracking.delivery.entries import DESCRIPTION, ENDED_IN, ERROR, KILLED_BY, RESUMED
from image_classification.tracking.delivery.lane import NoAnswerError
from image_classification.tracking.delivery.leftovers import deliver_leftovers
from image_classification.tracking.failures import explained
from image_classification.tracking.origin import commit_in_words
from image_classification.tracking.run import LONGEST_PARAMETER, TrackedRun
from image_classification.tracking.store.opening import find_run
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings
from image_classification.tracking.store.storage_of_files import require_storage
from image_classification.words import shorten, some

# the dataset that is the folder of checkpoints
CHECKPOINTS = "checkpoints"

logger = logging.getLogger(__name__)


def training_to_resume(
    parameters: Mapping[str, Any], pipeline: Pipeline, catalog: DataCatalog
) -> About | None:
    """Return what the last checkpoint says of the training that this pipeline is asked to resume.

    None if it is not asked to, or there is none. The training itself compares more, once it has the data.
    """
    modelling = parameters.get("modelling", {})
    if CHECKPOINTS not in pipeline.inputs() or not modelling.get("training", {}).get("resume"):
        return None
    options = ModellingOptions.model_validate(modelling)
    network, any_code = options.network, options.training.checkpoint.changed_code == "allow"
    facts = training_facts(modelling, network.name, network.options, Parameters)
    facts |= version_facts() | training_code()
    for name in sorted(pipeline.datasets()):
        # as the last run left it; this one may change it
        if name.endswith(".image_statistics") and catalog.exists(name):
            facts |= data_facts(catalog.load(name))
    found = catalog.load(CHECKPOINTS).that_fits(facts, partly=True, any_code=any_code)
    return found.about if found else None


def run_to_rejoin(
    store: Store, settings: TrackingSettings, training: About, parameters: Mapping[str, str], pending: Path
) -> tuple[MlflowClient, Run] | None:
    """Return a client and the run of a training that goes on, None if it goes on in a run of its own.

    A run that is finished stays as it is, and so does one with other parameters: they cannot be changed, and
    its results belong to them.

    Args:
        store: where the run is.
        settings: of tracking.
        training: what its last checkpoint says.
        parameters: those that decide about a result, by their names in the record.
        pending: the folder of what could not be recorded: the run's own is, before it is looked at.

    Raises:
        UserError: the store cannot be used.
    """
    run_id = training.run_id
    if run_id is None:
        return None
    found = find_run(store, settings, run_id)
    if found is None:
        logger.warning(
            "The run %s of the training that is resumed is not at %s: it goes on in a new one.",
            run_id,
            store.shown,
        )
        return None
    client, run = found
    with explained(store):
        _deliver_what_is_left(run_id, client, store, pending)
        run = client.get_run(run_id)
        require_storage(run.info.artifact_uri, store, settings)
    if why := _why_another(run, parameters):
        logger.info(
            "The run %s %s. It stays as it is, and what comes now is recorded in a run of its own.",
            run_id,
            why,
        )
        return None
    return client, run


def _deliver_what_is_left(run_id: str, client: MlflowClient, store: Store, pending: Path) -> None:
    """Record what the store did not take before, or it would end a run that goes on."""
    deliver_leftovers(client, store, pending, run_id)
    before = TrackedRun(run_id, store.uri)  # of this process, as that of a notebook
    is_recorded = before.catch_up()
    before.close()
    if not is_recorded:
        raise NoAnswerError(f"it has not taken all yet that is to be recorded in the run {run_id}")


def _why_another(run: Run, parameters: Mapping[str, str]) -> str:
    """Say why what comes now does not belong into a run, "" if it does."""
    if run.info.status == "FINISHED":
        return "is finished"
    recorded = run.data.params
    other = [
        f"{name} = {shorten(recorded[name], 60)} (now {shorten(value, 60)})"
        for name, value in parameters.items()
        if recorded.get(name, value)[:LONGEST_PARAMETER] != value[:LONGEST_PARAMETER]
    ]
    return f"has {some(other, most=3)}" if other else ""


def open_again(run: TrackedRun, record: Run, training: About, origin: Mapping[str, str]) -> None:
    """Take away what a run says of its end, and note where its training goes on.

    Args:
        run: that goes on.
        record: as it was.
        training: that goes on.
        origin: the tags of this command, its commit among them.
    """
    without_end(run, record)
    note_resumed(run, record, training.position, origin)


def without_end(run: TrackedRun, record: Run) -> None:
    """Take away what a run says of its end."""
    tags = record.data.tags
    ended = [name for name in (KILLED_BY, ENDED_IN, ERROR) if name in tags]
    if str(tags.get(DESCRIPTION, "")).startswith(("**Killed", "**Failed")):
        ended.append(DESCRIPTION)
    for name in ended:
        run.attempt("The resumption", lambda name=name: run.client.delete_tag(run.run_id, name))  # type: ignore[misc]


def note_resumed(run: TrackedRun, record: Run, position: str, origin: Mapping[str, str]) -> None:
    """Note when and by which command a run goes on, and where it stood."""
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    where = ", ".join(filter(None, [position, commit_in_words(origin)]))
    line = f"{' '.join(filter(None, [now, where]))}: {origin.get('command', '')}"
    said = [*filter(None, [record.data.tags.get(RESUMED)]), line]
    run.set_tags({RESUMED: "\n".join(said)})
