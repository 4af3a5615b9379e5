"""Checkpoints of a training in several processes: the first writes them, all begin from the same."""

import os
import time
from contextlib import AbstractContextManager
from pathlib import Path

import torch
import torch.distributed as dist

from image_classification.learning.checkpoints.epoch import Epoch
from image_classification.learning.checkpoints.folder import About, CheckpointFolder, checkpoint_files
from image_classification.learning.checkpoints.interruptions import Interruptions
from image_classification.learning.checkpoints.opening import newest_whole
from image_classification.learning.checkpoints.parts import History
from image_classification.learning.checkpoints.saver import KeptCheckpoints
from image_classification.learning.checkpoints.storage import Tree, read_checkpoint
from image_classification.learning.distributed.team import Team
from image_classification.learning.options import CheckpointOptions

# the code of a process that was asked to end, and has
STOPPED = 75
# seconds in which the agent ends a process that is done; it has been asked to
_LAST_WAIT = 60.0


class TeamCheckpoints(KeptCheckpoints):
    """Takes checkpoints in the first process; in all of them a training that is asked to end does so.

    All processes end after the same update, whichever of them was asked, or the others would wait for it.

    Args:
        path: of the folder of this training's.
        about: of it.
        options: when they are taken.
        state: that it begins from, None: at the beginning.
    """

    def __init__(self, path: Path, about: About, options: CheckpointOptions, state: Tree) -> None:
        super().__init__(CheckpointFolder(path.parent), path, about, options, state)
        self.team = Team()

    @property
    def is_asked(self) -> bool:
        """Whether this process was asked to end."""
        return self._interruptions.is_held

    def saving_when_interrupted(self) -> AbstractContextManager[None]:
        """Hold signals back until all processes know of them, which is after the next update."""
        self._interruptions.may_hold = True
        return self._interruptions.held_back()

    def after_update(self, epoch: Epoch, history: History) -> None:
        """Take a checkpoint within the epoch if it is time; end if the team was asked to."""
        if self.team.is_asked_to_stop:
            self._save(history, epoch)
            dist.barrier()  # nobody ends before it is saved
            end_when_asked(self._interruptions)
        self._save_if_it_is_time(epoch, history)


def end_when_asked(interruptions: Interruptions) -> None:
    """End this process as the signal that it was sent would; where another process was, wait for one."""
    interruptions.may_hold = False
    interruptions.deliver()
    time.sleep(_LAST_WAIT)
    os._exit(STOPPED)


def shared_state(path: Path | None, target: Path) -> tuple[About, Tree] | None:
    """Return the newest whole checkpoint of the first process to all processes, None if there is none.

    Args:
        path: of the folder with the checkpoints, in the first process.
        target: where the others may write a file for a moment.
    """
    found = newest_whole(checkpoint_files(path)) if path else None
    content = (path / found[0].file_name).read_bytes() if path and found else b""
    size = torch.tensor([len(content)])
    dist.broadcast(size, 0)
    if not int(size):
        return None
    tensor = torch.frombuffer(bytearray(content or bytes(int(size))), dtype=torch.uint8)
    for part in tensor.split(2**28):
        dist.broadcast(part, 0)
    if found:
        return found
    target.write_bytes(tensor.numpy().data)
    try:
        raw, state = read_checkpoint(target)
    finally:
        target.unlink()
    return About.model_validate(raw), state
