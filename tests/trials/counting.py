"""Trainings that train nothing: each returns its index, and the number of the process that did it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from image_classification.errors import UserError
from image_classification.trials.results import KeptResults, Outcome
from image_classification.trials.study import StudyPlace, StudyPlan, begin_or_join
from image_classification.trials.work import Work

PLAN = StudyPlan("counting", {"the data": "a", "epochs": "3"})


def begin(folder: Path, plan=PLAN, resume="auto", name="trials.db") -> StudyPlace:
    """Begin or join a study in a file."""
    return begin_or_join(f"sqlite:///{folder / name}", plan, resume)


@dataclass(frozen=True)
class Counting:
    """What is done for each training.

    dies_in: a folder; the process dies in each training whose file is not there yet, after making it.
    refuses: trainings that cannot be done.
    """

    dies_in: Path | None = None
    refuses: tuple[int, ...] = ()
    goes_on_after_errors: bool = False
    tables: tuple[str, ...] = ("found",)

    def begin(self):
        """Nothing."""

    def __call__(self, index, trial, kept):
        if kept:
            kept.mkdir(parents=True, exist_ok=True)
            (kept / "weights").touch()
        if self.dies_in and not (mark := self.dies_in / f"{index}").exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if index in self.refuses:
            raise UserError(f"{index} is refused")
        table = pd.DataFrame({"index": [index], "process": [os.getpid()]})
        return Outcome(float(index), {"square": index**2}, {"found": table})

    def tell(self, index, outcome, progress):
        """Nothing."""

    def tell_failed(self, index, error, progress):
        """Nothing."""


def work(place: StudyPlace, total=4, **options) -> Work:
    """The work on a study."""
    return Work(place, Counting(**options), total)


def states(place: StudyPlace) -> list[str]:
    """The states of all trials of a study, in order."""
    study, _ = place.open()
    return [trial.state.name for trial in study.get_trials()]


def in_a_fork(function) -> int:
    """Call a function in a process of its own, and return its exit code."""
    process = os.fork()
    if not process:
        try:
            function()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def kept(place: StudyPlace) -> KeptResults:
    """The results of a study."""
    return KeptResults(place.address, place.open()[0])
