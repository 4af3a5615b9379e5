"""Which run an interrupted training has, for a training that goes on with it; imports torch."""

import logging
from collections.abc import Mapping
from datetime import datetime
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
from image_classification.tracking.description import DESCRIPTION
from image_classification.tracking.origin import commit_in_words
from image_classification.tracking.run import TrackedRun
from image_classification.tracking.store.opening import find_run
from image_classification.tracking.store.place import Store
from image_classification.tracking.store.settings import TrackingSettings

# the dataset that is the folder of checkpoints
CHECKPOINTS = "checkpoints"
# which run a training with more epochs goes on from
CONTINUES = "continues_run"
RESUMED = "resumed"
# what is no longer true of a run that goes on
_OF_THE_END = ("killed_by", "ended_in", "error")

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


def recorded_run(
    store: Store, settings: TrackingSettings, training: About, parameters: Mapping[str, str]
) -> tuple[MlflowClient, Run] | None:
    """Return a client and the run of a training that goes on, None if a new one has to be opened.

    A run that was planned for fewer epochs stays as it is: its parameters cannot be changed.
    """
    if training.run_id is None or str(training.epochs) != parameters.get("training.epochs"):
        return None
    found = find_run(store, settings, training.run_id)
    if found is None:
        logger.warning(
            "The run %s of the training that is resumed is not at %s: it goes on in a new one.",
            training.run_id,
            store.shown,
        )
    return found


def open_again(run: TrackedRun, record: Run, training: About, origin: Mapping[str, str]) -> None:
    """Take away what a run says of its end, and note where its training goes on.

    Args:
        run: that goes on.
        record: as it was.
        training: that goes on.
        origin: the tags of this command, its commit among them.
    """
    tags = record.data.tags
    ended = [name for name in _OF_THE_END if name in tags]
    if str(tags.get(DESCRIPTION, "")).startswith(("**Killed", "**Failed")):
        ended.append(DESCRIPTION)
    for name in ended:
        run.attempt("The resumption", lambda name=name: run.client.delete_tag(run.run_id, name))  # type: ignore[misc]
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    where = ", ".join(filter(None, [training.position, commit_in_words(origin)]))
    said = [*filter(None, [tags.get(RESUMED)]), f"{now} {where}: {origin['command']}"]
    run.set_tags({RESUMED: "\n".join(said)})
