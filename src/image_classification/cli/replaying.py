"""What the command `replay` does. Imports MLflow and torch."""

from pathlib import Path
from typing import Any

import click
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog

from image_classification.errors import UserError
from image_classification.images.sources import SOURCES
from image_classification.learning.checkpoints.facts import Facts, data_facts, differences
from image_classification.learning.options import CheckpointOptions
from image_classification.learning.recipe import Sets
from image_classification.learning.replay import replay_epoch
from image_classification.origins.training_code import training_code
from image_classification.tracking.store.digests import recorded_digest
from image_classification.tracking.store.settings import load_settings


def replay_recorded(
    project: Path, run: str, epoch: int, *, from_start: bool, env: str | None, conf_source: str | None
) -> bool:
    """Train an epoch of a recorded run again, print both digests, and return whether they are the same.

    Raises:
        UserError: run, digest, checkpoints or images are not there.
    """
    session: Any = KedroSession.create(project, env=env, conf_source=conf_source)
    with session:
        context = session.load_context()
        catalog = context.catalog
        run_id, recorded = recorded_digest(load_settings(context.config_loader), project, run, epoch)
        trainings = catalog.load("checkpoints").trainings()
        training = next((each for each in trainings if each.about.run_id == run_id), None)
        if training is None:
            raise UserError(
                f"The checkpoints of the run {run_id} are gone: those of the last trainings are kept "
                f"({CheckpointOptions.named('trainings')})."
            )
        networks = [catalog.load("network")] if catalog.exists("network") else []
        sets = _sets_of(training.about.facts, catalog)
        replayed = replay_epoch(training, epoch, sets, networks, code=training_code(), from_start=from_start)
    is_same = replayed.digest == recorded
    verdict = "the record is true, bit for bit" if is_same else "these are OTHER weights than the record says"
    click.echo(f"recorded  {recorded}\nreplayed  {replayed.digest}\nEpoch {epoch} of {run_id}: {verdict}.")
    for each in replayed.differing if not is_same else []:
        click.echo(f"That may be the reason: {each}.")
    return is_same


def _sets_of(facts: Facts, catalog: DataCatalog) -> Sets:
    """Load the images that a training had, of whichever source they are."""
    for source in SOURCES:
        if not catalog.exists(f"{source}.image_statistics"):
            continue
        statistics = catalog.load(f"{source}.image_statistics")
        if not differences(facts, data_facts(statistics), partly=True):
            train, validation, test = (
                catalog.load(f"{source}.{split}_set") for split in ("train", "validation", "test")
            )
            return Sets(train, validation, test, statistics)
    raise UserError(
        f"The images that the run learned from ({facts['the data']}, index "
        f"{facts['the index of the images'][:12]}) are not prepared as they were then. Prepare them with the "
        "parameters and files of that run."
    )
