"""Trains in processes beside this one, on this machine and those that join, as `loop.train` does here."""

import logging
import os
import shutil
import socket
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from time import monotonic

import pandas as pd
import torch
from torch._C._distributed_c10d import TCPStore

from image_classification.console import say
from image_classification.errors import UserError
from image_classification.files.temporary import temporary_folder
from image_classification.learning.checkpoints.folder import About, checkpoint_files
from image_classification.learning.checkpoints.saver import KeptCheckpoints
from image_classification.learning.device import choose_device
from image_classification.learning.distributed.options import (
    DistributedOptions,
    host_and_port,
    node_limits,
)
from image_classification.learning.distributed.refusals import require_what_can_be_shared
from image_classification.learning.early_stopping import check_there_is_validation
from image_classification.learning.elastic.addresses import interface_of, shown_endpoint
from image_classification.learning.elastic.children import LOADED
from image_classification.learning.elastic.driver.door import door_of
from image_classification.learning.elastic.driver.following import INTERVAL, follow
from image_classification.learning.elastic.driver.referee import OVER, Referee
from image_classification.learning.elastic.driver.told import TOKEN, Guidance, joining_command, who_is_awaited
from image_classification.learning.elastic.events import Followed
from image_classification.learning.elastic.job import JOB, STORE, TENSORS, Job, write_job
from image_classification.learning.elastic.visitor import AgentSettings
from image_classification.learning.fine_tuning.features import TrainedOn
from image_classification.learning.loop import EpochListener
from image_classification.learning.losses import Loss
from image_classification.learning.options import CheckpointOptions
from image_classification.learning.recipe import Recipe, Sets
from image_classification.networks import Classifier
from image_classification.processes.forking import fork_server_kept

logger = logging.getLogger(__name__)

FAREWELL = 3.0  # seconds, of those that a command has after a signal
SHORTEST_TOKEN = 16  # letters: long enough to guess none


def train_apart(
    recipe: Recipe,
    network: Classifier,
    criterion: Loss,
    sets: Sets,
    used: TrainedOn,
    *,
    checkpoints: KeptCheckpoints | None,
    on_epoch: Sequence[EpochListener],
) -> pd.DataFrame:
    """Train the network in place, and return its history.

    Args:
        recipe: of the training.
        network: as it is trained: it takes features if `used` has them.
        criterion: the loss.
        sets: the images, and what is known of them.
        used: what is trained and evaluated on.
        checkpoints: of the training, which may resume one.
        on_epoch: called after every epoch, when the network has its weights.

    Raises:
        UserError: it cannot be shared between processes; it failed more often than is allowed; or what
            `loop.train` raises.
    """
    class_names = sets.statistics["class_names"]
    check_there_is_validation(recipe.training, len(used.sets[1]))
    require_what_can_be_shared(
        network, criterion, used.sets[0], recipe.optimizer, recipe.training, len(class_names)
    )
    options = recipe.training.distributed
    with fork_server_kept(), temporary_folder() as folder:
        LOADED.prepare()
        recipe, path, about = _checkpoints(recipe, checkpoints, folder)
        job = write_job(
            folder,
            recipe.dump(),
            network,
            used,
            sets.statistics,
            path,
            about.model_dump(mode="json"),
        )
        with _opened(options, job, folder) as (settings, referee, command):
            lasting = path if checkpoints and checkpoints.path == path else None
            guidance = Guidance(command, options.max_restarts, lasting)
            followed = follow(settings, referee, guidance, network, on_epoch)
        _take_over(network, followed, recipe)
    return pd.DataFrame(followed.history)


def _take_over(network: Classifier, followed: Followed, recipe: Recipe) -> None:
    """Put the network where it would be, had it been trained here."""
    network.load_state_dict(followed.weights)
    network.to(choose_device(recipe.training.device), memory_format=torch.channels_last)  # type: ignore[call-overload]


def _checkpoints(recipe: Recipe, kept: KeptCheckpoints | None, folder: Path) -> tuple[Recipe, Path, About]:
    """Return where checkpoints go: where none are wanted, to a folder that is removed with the job.

    Without any, a training could not go on after one of its processes has ended.
    """
    options = recipe.training.checkpoint
    if kept and options.enabled:
        return recipe, kept.path, kept.about
    path = folder / "checkpoints" / "of-this-job"
    path.mkdir(parents=True)
    for file in checkpoint_files(kept.path)[:1] if kept and kept.earlier else []:
        shutil.copy(file, path)
    enabled: CheckpointOptions = options.model_copy(update={"enabled": True})
    training = recipe.training.model_copy(update={"checkpoint": enabled})
    about = kept.about if kept else About(facts={}, started="", epochs=recipe.training.epochs)
    return replace(recipe, training=training), path, about


@contextmanager
def _opened(
    options: DistributedOptions, job: Job, folder: Path
) -> Iterator[tuple[AgentSettings, Referee, str]]:
    """Within the block let machines join; yield how the agent of this one does, and others' command."""
    host, port = host_and_port(options.endpoint)
    if interface_of(host) is None:
        raise UserError(
            f"This machine has no address {host} ({DistributedOptions.named('endpoint')}). Name one that it "
            "has, at which the other machines reach it."
        )
    fewest, most = node_limits(options.nodes)
    node, token = uuid.uuid4().hex, _token()
    referee = Referee(fewest, most, options.wait_s, first=node)
    store = _store(host)
    common = {
        "store": store.port,
        "fewest": fewest,
        "most": most,
        "processes": options.processes_per_node,
        "max_restarts": options.max_restarts,
    }
    door = door_of((host, port), token, referee, _files_for_others(job, folder), job.versions, common)
    with door.opened():
        command = joining_command(shown_endpoint(host, door.port), token)
        if most > 1:
            say(who_is_awaited(command, fewest, most))
        settings = AgentSettings(
            folder=str(folder), host=host, port=door.port, token=token, node=node, address=host, **common
        )
        try:
            yield settings, referee, command
        finally:
            referee.close(OVER)
            _wait_until_heard(referee)
            del store


def _wait_until_heard(referee: Referee) -> None:
    """Give other machines the time to ask once more: else they look for this one for half a minute."""
    until = monotonic() + FAREWELL
    while not referee.all_have_heard() and monotonic() < until:
        threading.Event().wait(INTERVAL)


def _store(host: str) -> TCPStore:
    """Open torch's store, at one address: by itself it would listen at every one of this machine."""
    listening = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    return TCPStore(
        host,
        listening.getsockname()[1],
        is_master=True,
        wait_for_workers=False,
        timeout=timedelta(seconds=60),
        master_listen_fd=listening.detach(),
    )


def _files_for_others(job: Job, folder: Path) -> dict[str, Path]:
    """Return what other machines fetch, by its path at the door: the job, and its images."""
    for_others = folder / "of-others"
    for_others.mkdir()
    job.model_copy(update={"checkpoints": None}).write(for_others)
    files = {f"/{TENSORS}": folder / TENSORS, f"/{JOB}": for_others / JOB}
    return files | ({f"/{STORE}": Path(job.store)} if job.store else {})


def _token() -> str:
    token = os.environ.get(TOKEN)
    if token is None:
        return token_hex(16)  # nothing in it that a shell or a command would take for something else
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise UserError(f"{TOKEN} has to have {SHORTEST_TOKEN} letters and digits at least.")
    return token
