"""One process of a training, whose argument is the folder of the job.

torch's agent starts it, and says by environment variables which one of how many it is.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch._C._distributed_c10d import PrefixStore, TCPStore
from torch.distributed.elastic.multiprocessing.errors import record

from image_classification.console import console
from image_classification.errors import UserError
from image_classification.learning.checkpoints.folder import About
from image_classification.learning.device import choose_device
from image_classification.learning.distributed.process_team import ProcessTeam
from image_classification.learning.elastic.checkpoints import TeamCheckpoints, shared_state
from image_classification.learning.elastic.children import call_this_process, end_with_agent
from image_classification.learning.elastic.events import Events, SaidToDriver, SentProgress
from image_classification.learning.elastic.job import Job, read_network, read_sets, save_tensors
from image_classification.learning.elastic.rendezvous import ROUND
from image_classification.learning.options import TrainingOptions
from image_classification.learning.recipe import Recipe, train_used
from image_classification.threads import usable_cores

# seconds that the slowest process may take to begin: it loads libraries, and may compile them first
START = 300.0
# families of networks of which some have weights that do nothing
PARTLY_USED = ("timm", "torchvision")
# seconds that a process has to end in order
GRACE = 15.0


def train_together(folder: Path, events: Events) -> None:
    """Train the job of a folder, as one of the processes that the environment tells of."""
    job = Job.read(folder)
    recipe = Recipe.load(job.recipe)
    options = _on_own_device(recipe.training)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, usable_cores() // int(os.environ["LOCAL_WORLD_SIZE"])))
    network = read_network(job, folder, recipe.seed)
    used = read_sets(job, folder, recipe.augmentation)
    criterion = recipe.build_loss(job.statistics)  # type: ignore[arg-type]  # it is what a dict of them was
    _meet(options)
    checkpoints, team = _together(job, folder, options, events)

    def tell(epoch: int, row: Mapping[str, float]) -> None:
        if dist.get_rank() == 0:
            path = folder / f"epoch-{epoch}.safetensors"
            save_tensors(network.state_dict(), path)
            events.send("epoch", epoch=epoch, row=row, weights=str(path))

    history = train_used(
        recipe,
        network,
        criterion,
        used,
        checkpoints=checkpoints,
        on_epoch=[tell],
        team=team,
        shown_by=partial(SentProgress, events),
    )
    if dist.get_rank() == 0:
        path = folder / "trained.safetensors"
        save_tensors(network.state_dict(), path)
        events.send("trained", history=history.to_dict("records"), weights=str(path))
    dist.barrier()
    dist.destroy_process_group()


def _together(
    job: Job, folder: Path, options: TrainingOptions, events: Events
) -> tuple[TeamCheckpoints, ProcessTeam]:
    """Begin where the last checkpoint is; return what takes them, and the team."""
    rank, size = dist.get_rank(), dist.get_world_size()
    own = Path(job.checkpoints) if job.checkpoints and rank == 0 else None
    found = shared_state(own, folder / f"state-{rank}.safetensors")
    known: dict[str, Any] = {"threads": torch.get_num_threads(), "processes": size}
    if found and os.environ[ROUND] != "1":
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        known["resumed"] = [*found[0].resumed, f"{now} {found[0].position}, after a process had ended"]
    checkpoints = TeamCheckpoints(
        own or folder / "none",
        About.model_validate(job.about).model_copy(update=known),
        options.checkpoint if rank == 0 else options.checkpoint.model_copy(update={"enabled": False}),
        found[1] if found else None,
    )
    tuning = options.fine_tuning
    checkpoints.team = team = ProcessTeam(
        choose_device(options.device),
        lambda: checkpoints.is_asked,
        varies=bool(tuning.head_epochs or tuning.epochs_per_stage) or job.network["network"] in PARTLY_USED,
    )
    position = found[0].position if found else ""
    events.send(
        "begun",
        round=int(os.environ[ROUND]),
        processes=size,
        nodes=int(os.environ["GROUP_WORLD_SIZE"]),
        position=position,
    )
    return checkpoints, team


def _on_own_device(options: TrainingOptions) -> TrainingOptions:
    device = choose_device(options.device)
    if device.type != "cuda":
        return options
    own = f"cuda:{os.environ['LOCAL_RANK']}"
    torch.cuda.set_device(own)
    return options.model_copy(update={"device": own})


def _meet(options: TrainingOptions) -> None:
    """Wait until all processes are there, and connect them."""
    server = TCPStore(
        os.environ["MASTER_ADDR"],
        int(os.environ["MASTER_PORT"]),
        is_master=False,
        timeout=timedelta(seconds=START),
    )
    store = PrefixStore(f"workers/{os.environ[ROUND]}", server)
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    store.set(f"here/{rank}", "")
    store.wait([f"here/{each}" for each in range(size)], timedelta(seconds=START))
    cuda = choose_device(options.device).type == "cuda"
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if cuda else "gloo",
        store=store,
        rank=rank,
        world_size=size,
        timeout=timedelta(seconds=options.distributed.timeout_s),
    )


def _end_in_time() -> None:
    """Have this process end soon after a signal, whatever it waits for.

    Python calls what handles a signal only between two steps of its own, and none comes while it waits for
    another process that hangs.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)

    def wait() -> None:
        os.read(reading, 1)
        threading.Event().wait(GRACE)
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=wait, name="end in time", daemon=True).start()


class _ToDriver(logging.Handler):
    def __init__(self, events: Events) -> None:
        super().__init__(logging.WARNING)
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        self._events.send("logged", level=record.levelno, name=record.name, text=record.getMessage())


@record
def main() -> None:
    """Train, and tell the driver."""
    call_this_process(f"training: {os.environ['RANK']}")
    end_with_agent()
    _end_in_time()
    events = Events(is_heard=os.environ["RANK"] == "0")
    console.file = SaidToDriver(events)  # type: ignore[assignment]  # it writes lines, no more
    logging.getLogger("image_classification").addHandler(_ToDriver(events))
    try:
        train_together(Path(sys.argv[1]), events)
    except UserError as error:
        events.send("refused", text=str(error))
        raise


if __name__ == "__main__":
    main()
    os._exit(0)  # taking apart what was imported would take a second
