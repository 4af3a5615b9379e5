"""The folder of all checkpoints: a folder for each training, named after the time of its start."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from image_classification.learning.checkpoints.facts import EPOCHS, Facts, differences
from image_classification.learning.checkpoints.storage import DamagedCheckpointError, read_about

_TRAINING = re.compile(r"\d{8}-\d{6}-\d{6}")
_NAME = re.compile(r"epoch-(\d+)-batch-(\d+)\.safetensors")


class About(BaseModel):
    """What a checkpoint says of itself.

    facts: what has to be the same for the training to go on.
    recipe: the options of the training, nested, as JSON.
    network: its description, as JSON; empty where it is no classifier of this project.
    run_id: of the record; None if there is none.
    started, saved: when, in local time, ISO 8601.
    resumed: where the training was taken up again, in words.
    epochs: as many as were planned.
    epochs_done: as many as were completed.
    batches_done: of the epoch after those.
    batches: of an epoch.
    threads: of the processor.
    processes: that trained together.
    is_over: whether nothing is left to learn.
    """

    model_config = ConfigDict(frozen=True)

    facts: dict[str, str]
    recipe: dict[str, Any] = {}
    network: dict[str, Any] = {}
    run_id: str | None = None
    started: str
    saved: str = ""
    resumed: list[str] = []
    epochs: int
    epochs_done: int = 0
    batches_done: int = 0
    batches: int = 0
    threads: int = 0
    processes: int = 1
    is_over: bool = False

    @property
    def position(self) -> str:
        """Where the training was, in words."""
        if not self.batches_done:
            return f"after epoch {self.epochs_done} of {self.epochs}"
        return (
            f"in epoch {self.epochs_done + 1} of {self.epochs}, "
            f"after {self.batches_done} of {self.batches} batches"
        )

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"epoch-{self.epochs_done:04d}-batch-{self.batches_done:06d}.safetensors"


@dataclass(frozen=True)
class KeptTraining:
    """A training whose checkpoints are kept.

    path: of its folder.
    about: the newest of them that can be read.
    """

    path: Path
    about: About

    @property
    def files(self) -> list[Path]:
        """All its checkpoints, the newest first."""
        return checkpoint_files(self.path)

    @staticmethod
    def position_of(file: Path) -> tuple[int, int]:
        """Return how many epochs, and batches after them, were done at a checkpoint."""
        match = _NAME.fullmatch(file.name)
        assert match  # noqa: S101  (it is one of `files`)
        return int(match[1]), int(match[2])


@dataclass(frozen=True)
class CheckpointFolder:
    """Where checkpoints are kept.

    path: of the folder, which need not exist.
    """

    path: Path

    def trainings(self) -> Iterator[KeptTraining]:
        """Yield the trainings that have a checkpoint which can be read, those that started last first."""
        for path in self._folders():
            for file in checkpoint_files(path):
                try:
                    yield KeptTraining(path, about_of(file))
                except DamagedCheckpointError:
                    continue
                break

    def that_fits(
        self, facts: Facts, *, run_id: str | None = None, partly: bool = False, any_code: bool = False
    ) -> KeptTraining | None:
        """Return the training that one with these facts would go on with, None if there is none.

        It is that of the run, if there is one, whatever its facts are. Else of those with the same facts one
        of as many epochs goes before one of fewer, and a later one before an earlier.

        Args:
            facts: of the training that is asked for.
            run_id: of its record.
            partly: whether only some facts are known.
            any_code: whether it may have been another code that trained until then.
        """
        trainings = list(self.trainings())
        of_this_run = [each for each in trainings if run_id and each.about.run_id == run_id]
        fitting = [
            each
            for each in trainings
            if not differences(each.about.facts, facts, partly=partly, any_code=any_code)
        ]
        as_long = [each for each in fitting if each.about.facts.get(EPOCHS) == facts.get(EPOCHS)]
        return next(iter([*of_this_run, *as_long, *fitting]), None)

    def new_training(self) -> Path:
        """Return the path for the checkpoints of a training that starts now; nothing is created."""
        return self.path / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"

    def forget_all_but(self, number: int, current: Path) -> None:
        """Remove all but the last trainings; the current one stays, and counts.

        That which was interrupted last stays as well: somebody may want to resume it.
        """
        old = [path for path in self._folders() if path != current][number - 1 :]
        if not old:
            return
        others = (each for each in self.trainings() if each.path != current)
        interrupted = next((each.path for each in others if not each.about.is_over), None)
        for path in old:
            if path != interrupted:
                shutil.rmtree(path, ignore_errors=True)

    def _folders(self) -> list[Path]:
        if not self.path.is_dir():
            return []
        return sorted((path for path in self.path.iterdir() if _TRAINING.fullmatch(path.name)), reverse=True)


def checkpoint_files(folder: Path) -> list[Path]:
    """Return the checkpoints of a training, the newest first."""
    if not folder.is_dir():
        return []
    found = {path: match for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))}
    return sorted(found, key=lambda path: (int(found[path][1]), int(found[path][2])), reverse=True)


def is_within_epoch(path: Path) -> bool:
    """Whether a checkpoint was taken between the batches of an epoch."""
    match = _NAME.fullmatch(path.name)
    return bool(match and int(match[2]))


def about_of(path: Path) -> About:
    """Read what a checkpoint says of itself.

    Raises:
        DamagedCheckpointError: it cannot be read.
    """
    return parsed(read_about(path))


def parsed(raw: dict[str, Any]) -> About:
    """Take what was read for what it is.

    Raises:
        DamagedCheckpointError: it is something else.
    """
    try:
        return About.model_validate(raw)
    except ValidationError as error:
        raise DamagedCheckpointError("it is no checkpoint of this project") from error
