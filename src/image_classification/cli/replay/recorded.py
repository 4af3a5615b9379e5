"""What the command `replay` does. Imports MLflow and torch."""

from pathlib import Path
from typing import Any

import click
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog

from image_classification.config_loader.data_folder import NAME as DATA_FOLDER
from image_classification.console import shown_path
from image_classification.errors import UserError
from image_classification.hooks.one_writer import hold
from image_classification.images.sources import SOURCES
from image_classification.learning.checkpoints.facts import Facts, data_facts, differences
from image_classification.learning.checkpoints.folder import KeptTraining
from image_classification.learning.options import CheckpointOptions
from image_classification.learning.recipe import Sets
from image_classification.learning.replay import replay_epoch
from image_classification.origins.training_code import training_code
from image_classification.tracking.store.digests import recorded_epoch
from image_classification.tracking.store.settings import load_settings


def replay_recorded(
    project: Path, run: str, epoch: int, *, from_start: bool, env: str | None, conf_source: str | None
) -> bool:
    """Train an epoch of a recorded run again, print both digests, and return whether they are the same.

    Raises:
        UserError: run, digest, checkpoints or images are not there.
    """
    create: Any = KedroSession.create
    where = {"env": env, "conf_source": conf_source}
    with create(project, **where) as session:
        settings = load_settings(session.load_context().config_loader)
        run_id, recorded, folder = recorded_epoch(settings, project, run, epoch)
    with create(project, runtime_params={DATA_FOLDER: folder} if folder else None, **where) as session:
        context = session.load_context()
        catalog, folder = context.catalog, context.config_loader["parameters"][DATA_FOLDER]
        source = _source_of(_training_of(run_id, catalog).about.facts, catalog)
        with hold([source, "modelling"], context.project_path / folder):
            training = _training_of(run_id, catalog)  # another run may have been at work meanwhile
            sets = _sets_of(training.about.facts, source, catalog)
            networks = [catalog.load("network")] if catalog.exists("network") else []
            replayed = replay_epoch(
                training, epoch, sets, networks, code=training_code(), from_start=from_start
            )
    is_same = replayed.digest == recorded
    verdict = "the record is true, bit for bit" if is_same else "these are OTHER weights than the record says"
    click.echo(f"recorded  {recorded}\nreplayed  {replayed.digest}\nEpoch {epoch} of {run_id}: {verdict}.")
    for each in replayed.differing if not is_same else []:
        click.echo(f"That may be the reason: {each}.")
    return is_same


def _training_of(run_id: str, catalog: DataCatalog) -> KeptTraining:
    kept = catalog.load("checkpoints")
    training = next((each for each in kept.trainings() if each.about.run_id == run_id), None)
    if training is None:
        raise UserError(
            f"There are no checkpoints of the run {run_id} in {shown_path(kept.path)}: those of the last "
            f"trainings are kept ({CheckpointOptions.named('trainings')})."
        )
    found: KeptTraining = training
    return found


def _source_of(facts: Facts, catalog: DataCatalog) -> str:
    """Return the source that has the images of a training as they were."""
    for source in SOURCES:
        name = f"{source}.image_statistics"
        if catalog.exists(name) and not differences(facts, data_facts(catalog.load(name)), partly=True):
            return source
    raise UserError(
        f"The images that the run learned from ({facts.get('the data')}, index "
        f"{facts.get('the index of the images', '')[:12]}) are not prepared as they were then. Prepare them "
        "with the parameters and files of that run."
    )


def _sets_of(facts: Facts, source: str, catalog: DataCatalog) -> Sets:
    """Load the images that a training had; no other run replaces them meanwhile."""
    if _source_of(facts, catalog) != source:
        raise UserError(f"The images of {source} were replaced by another run. Try again.")
    names = ("train_set", "validation_set", "test_set", "image_statistics")
    return Sets(*(catalog.load(f"{source}.{name}") for name in names))
