"""Takes checkpoints of a training as it goes on, and gives it back what one of them holds."""

import logging
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from image_classification.console import say
from image_classification.errors import UserError
from image_classification.learning.checkpoints.epoch import Epoch
from image_classification.learning.checkpoints.folder import (
    About,
    CheckpointFolder,
    checkpoint_files,
    is_within_epoch,
)
from image_classification.learning.checkpoints.foreign import reading_what_was_written
from image_classification.learning.checkpoints.interruptions import Interruptions
from image_classification.learning.checkpoints.parts import Checkpoints, History, Parts
from image_classification.learning.checkpoints.storage import reason, write_checkpoint
from image_classification.learning.optimizers import learning_rate
from image_classification.learning.options import CheckpointOptions, TrainingOptions
from image_classification.processes.parent import is_orphan

# by default a checkpoint is only taken once the last one took less than this share of the time since then
LARGEST_SHARE = 0.02
SECONDS_BETWEEN_LOOKS = 1.0

logger = logging.getLogger(__name__)


class KeptCheckpoints(Checkpoints):
    """Takes checkpoints into a folder, and resumes a training from one.

    A checkpoint that cannot be written is said once; it never ends the training.

    Args:
        folder: of all trainings.
        path: of this training, in it.
        about: of this training.
        options: when checkpoints are taken, and how many are kept.
        state: that of the training to be resumed, None to start anew.
        continues: the record of the training that the state is of.
    """

    def __init__(
        self,
        folder: CheckpointFolder,
        path: Path,
        about: About,
        options: CheckpointOptions,
        state: Mapping[str, Any] | None = None,
        continues: str | None = None,
    ) -> None:
        self._folder, self._path, self._options = folder, path, options
        self._about = about
        self._state, self._continues = state, continues
        self._last, self._cost, self._looked = monotonic(), 0.0, monotonic()
        self._parts: Parts | None = None
        self._has_warned = False
        self._interruptions = Interruptions()

    @property
    def path(self) -> Path:
        """The folder of this training's checkpoints."""
        return self._path

    @property
    def about(self) -> About:
        """What they say of this training."""
        return self._about

    @property
    def continues(self) -> str | None:
        """The id of the record of the training that is gone on with; None if this one begins anew."""
        return self._continues if self._state else None

    @property
    def earlier(self) -> History:
        """A row for each epoch that was done before."""
        return list(self._state["history"]) if self._state else []

    def restore(self, parts: Parts, epochs: int, batches: int) -> History:
        """Give the parts the state of the training that is resumed; return a row per epoch that it did.

        Args:
            parts: of the training.
            epochs: of the training.
            batches: of an epoch.

        Raises:
            UserError: it would need another learning rate, and the options refuse that; or its state is not
                one that this code reads.
        """
        self._parts = parts
        self._about = self._about.model_copy(update={"batches": batches})
        if self._state is None:
            return []
        with self._reading():
            return self._restored(self._state, parts, epochs)

    def _reading(self) -> AbstractContextManager[None]:
        anew = f"Begin anew: {TrainingOptions.setting(resume=False)}"
        return reading_what_was_written("The checkpoint", self._about.facts, anew)

    def _restored(self, state: Mapping[str, Any], parts: Parts, epochs: int) -> History:
        saved = state["parts"]
        spans = saved["schedule"]["spans"]
        is_stretched = spans != parts.schedule.spans
        if is_stretched and self._options.more_epochs == "refuse":
            raise UserError(
                f"The learning rate is drawn out over the {spans} epochs that the training was planned for, "
                f"and now there are {epochs} ({CheckpointOptions.named('more_epochs')} is refuse). "
                f"Take a schedule that does not depend on the length, or "
                f"{CheckpointOptions.setting(more_epochs='stretch')}"
            )
        parts.load_state_dict(saved)
        if is_stretched:
            before = saved["optimizer"]["param_groups"][0]["lr"]
            say(
                f"The learning rate was drawn out over {spans} epochs, and from here on over {epochs}: it "
                f"goes from {before:.3g} to {learning_rate(parts.optimizer):.3g}."
            )
        return self.earlier

    def saving_when_interrupted(self) -> AbstractContextManager[None]:
        """Hold Ctrl-C and the like back until the current update is done, and a checkpoint saved."""
        return self._interruptions.held_back() if self._options.enabled else nullcontext()

    def take_up(self, epoch: Epoch) -> None:
        """Give an epoch that begins the state of the one that was interrupted, if it is that."""
        self._interruptions.may_hold = True
        interrupted = self._state["epoch"] if self._state else None
        if interrupted and interrupted["number"] == epoch.number:
            with self._reading():
                epoch.load_state_dict(interrupted)
        self._state = None  # its memory is free for the training

    def after_update(self, epoch: Epoch, history: History) -> None:
        """Take a checkpoint within the epoch if it is time, or the process is asked to end."""
        # from the last update on it may take long until the next one
        self._interruptions.may_hold = epoch.drawn < self._about.batches
        if self._interruptions.is_held:
            if position := self._save(history, epoch):
                say(way_on_from(position))
            self._interruptions.deliver()
        self._save_if_it_is_time(epoch, history)

    def _save_if_it_is_time(self, epoch: Epoch, history: History) -> None:
        now, minutes = monotonic(), self._options.every_minutes
        if now - self._looked >= SECONDS_BETWEEN_LOOKS:
            self._looked = now
            if is_orphan():  # it would go on beside the training that is resumed
                sys.exit("The process that started this training is gone.")
        if minutes is not None and now - self._last >= 60 * minutes:
            self._save(history, epoch)

    def after_epoch(self, history: History, *, is_over: bool) -> None:
        """Take a checkpoint if it is time, and in any case if the training is over."""
        every = self._options.every_epochs
        if every is None:
            is_time = self._cost <= LARGEST_SHARE * (monotonic() - self._last)
        else:
            is_time = len(history) % every == 0
        if is_time or is_over:
            self._save(history, is_over=is_over)

    def _save(self, history: History, epoch: Epoch | None = None, *, is_over: bool = False) -> str:
        """Take a checkpoint; return where the training is, "" if there is none."""
        if not self._options.enabled:
            return ""
        position = ""
        started = monotonic()
        about = self._about.model_copy(
            update={
                "saved": datetime.now().astimezone().isoformat(timespec="seconds"),
                "epochs_done": len(history),
                "batches_done": epoch.drawn if epoch else 0,
                "is_over": is_over,
            }
        )
        try:
            state = self._state_now(history, epoch)
            write_checkpoint(self._path / about.file_name, about.model_dump(), state)
            position = about.position
            self._remove_old()
        except Exception as error:  # whatever it is, the training is worth more; a signal still ends it
            level = logging.DEBUG if self._has_warned else logging.WARNING
            self._has_warned = True
            logger.log(level, "No checkpoint can be saved: %s. The training goes on without.", reason(error))
        self._last = monotonic()
        self._cost = self._last - started
        return position

    def _state_now(self, history: History, epoch: Epoch | None) -> dict[str, Any]:
        assert self._parts  # noqa: S101  (the loop begins with `restore`)
        return {
            "history": history,
            "parts": self._parts.state_dict(),
            "epoch": epoch.state_dict() if epoch else None,
        }

    def _remove_old(self) -> None:
        """Keep the checkpoints of the last epochs, and of those within epochs the last since then."""
        files = checkpoint_files(self._path)
        after_epochs = [path for path in files if not is_within_epoch(path)]
        newest = files.index(after_epochs[0]) if after_epochs else len(files)
        kept = {*after_epochs[: self._options.keep], *files[:newest][: self._options.keep]}
        for path in files:
            if path not in kept:
                path.unlink(missing_ok=True)
        self._folder.forget_all_but(self._options.trainings, self._path)


def way_on_from(position: str) -> str:
    """Say how a training that was saved at a position is gone on with."""
    return f"Saved {position}. To go on from there: {TrainingOptions.setting(resume=True)}"
