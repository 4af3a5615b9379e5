"""The trainings of a study are done: by this process, by others that it starts, and by whoever joins."""

import multiprocessing
import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic

import torch
from optuna.exceptions import UpdateFinishedTrialError
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.trial import Trial

from image_classification.console import say
from image_classification.errors import UserError
from image_classification.processes.forking import fork_server_kept
from image_classification.processes.parent import end_with_parent
from image_classification.processes.stopping import stop_if_asked
from image_classification.trials.address import file_of
from image_classification.trials.heartbeat import alive
from image_classification.trials.ledger import INDEX, Ledger
from image_classification.trials.progress import Progress
from image_classification.trials.redraw import DrawnBeforeError, draw_again
from image_classification.trials.results import KeptResults, Outcome
from image_classification.trials.study import StudyPlace
from image_classification.trials.task import Pruned, Task

# seconds between two looks at what others do
POLL = 0.3


@dataclass(frozen=True)
class Work:
    """The work on a study, as each process is told of it.

    place: of the study.
    task: of each training.
    total: how many there are.
    sampler, pruner: of a search.
    seconds: after which no training is begun any more, None: until all are done.
    folder: for what is kept of trainings that are not done, where the database has none; None: nowhere.
    """

    place: StudyPlace
    task: Task
    total: int
    sampler: BaseSampler | None = None
    pruner: BasePruner | None = None
    seconds: float | None = None
    folder: Path | None = None
    _started: float = field(default_factory=monotonic)

    @property
    def is_late(self) -> bool:
        """Whether no training is begun any more; the processes of a machine share their clock."""
        return self.seconds is not None and monotonic() - self._started > self.seconds

    def unfinished(self, index: int) -> Path | None:
        """Return the folder for what is kept of a training that is not done."""
        file = file_of(self.place.address)
        beside = file.with_suffix("") if file else self.folder
        return beside / self.place.name / f"{index:05d}-unfinished" if beside else None

    def open(self) -> Ledger:
        """Open the study in this process."""
        study, storage = self.place.open(self.sampler, self.pruner)
        return Ledger(study, storage, KeptResults(self.place.address, study), self.task.tables)


def do(work: Work, processes: int = 1) -> Ledger:
    """Do all trainings of a study that are not done, in so many processes, and wait for those of others.

    Raises:
        UserError: a training cannot be done, and the others are nothing without it.
    """
    ledger = work.open()
    if work.sampler is None:  # a search draws for each training when those before it are known
        ledger.plan(work.total)
    processes = max(1, min(processes, work.total - len(ledger.settled(work.total))))
    threads = torch.get_num_threads()
    share = max(1, threads // processes)
    try:
        torch.set_num_threads(share)
        progress = Progress(work.total, processes, work.seconds)
        with _helpers(work, processes - 1, share, progress) as helpers:
            _do_what_is_left(work, ledger, progress, helpers)
            for helper in helpers:
                helper.join()
        # one that was killed at the very end has left what it was at work on
        _do_what_is_left(work, ledger, progress)
    finally:
        torch.set_num_threads(threads)
        ledger.bury()
        if kept := work.unfinished(0):
            with suppress(OSError):  # others are in it, or tables
                kept.parent.rmdir()
    return ledger


def _do_what_is_left(
    work: Work, ledger: Ledger, progress: Progress, helpers: Sequence[BaseProcess] = ()
) -> None:
    with fork_server_kept():  # trainings in several processes need it, one after the other
        _do_while_there_is_time(work, ledger, list(helpers), progress)


def _do_while_there_is_time(
    work: Work, ledger: Ledger, living: list[BaseProcess], progress: Progress
) -> None:
    while not work.is_late:
        stop_if_asked()
        for helper in [each for each in living if (each.exitcode or 0) < 0]:
            living.remove(helper)
            name = signal.Signals(-(helper.exitcode or 0)).name
            say(f"One of the processes was ended by {name}: the others do its trainings too.")
        if trial := ledger.take(work.total):
            _do_one(work, ledger, trial, progress)
        elif len(ledger.settled(work.total)) == work.total:
            return
        else:
            threading.Event().wait(POLL)


def _do_one(work: Work, ledger: Ledger, trial: Trial, progress: Progress) -> None:
    index, task = trial.user_attrs[INDEX], work.task
    done, error, outcome = False, "", Outcome()
    try:
        with alive(ledger.storage, trial):
            outcome = task(index, trial, work.unfinished(index))
        done = ledger.finish(trial, outcome)
    except Pruned as pruned:
        outcome = pruned.outcome
        done = ledger.prune(trial, outcome)
    except UpdateFinishedTrialError:
        return  # others have taken it for dead, and do it again
    except DrawnBeforeError as drawn:
        error = draw_again(ledger, trial, drawn.twin)
        if not error:
            return
        done = ledger.fail(trial, error)
    except (UserError, MemoryError, torch.OutOfMemoryError) as caught:
        if not task.goes_on_after_errors:
            ledger.give_back(trial)
            raise
        error = str(caught) or type(caught).__name__
        done = ledger.fail(trial, error)
    except BaseException:
        ledger.give_back(trial)
        raise
    if not done:
        return
    _forget(work.unfinished(index))
    said = progress.after(len(ledger.settled(work.total)), ledger.study.get_trials(deepcopy=False))
    if error:
        task.tell_failed(index, error, said)
    else:
        task.tell(index, outcome, said)


def _forget(kept: Path | None) -> None:
    """Remove what was kept of a training that is done now."""
    if kept:
        shutil.rmtree(kept, ignore_errors=True)


@contextmanager
def _helpers(work: Work, count: int, threads: int, progress: Progress) -> Iterator[list[BaseProcess]]:
    """Have other processes work on the same study for as long as the block lasts."""
    # a fork would inherit the threads and locks of this process, and no use of an accelerator
    context = multiprocessing.get_context("spawn")
    helpers: list[BaseProcess] = [
        context.Process(
            target=_help, args=(work, threads, progress), name=f"training {number + 2}", daemon=True
        )
        for number in range(count)
    ]
    try:
        for helper in helpers:
            helper.start()
        yield helpers
    finally:
        for helper in helpers:
            if helper.pid is not None:
                helper.terminate()
                helper.join()


def _help(work: Work, threads: int, progress: Progress) -> None:
    """Work on a study that another process collects."""
    end_with_parent()
    # Ctrl-C reaches all processes of a terminal: the command says what there is to say
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    torch.set_num_threads(threads)
    work.task.begin()
    ledger = work.open()
    _quietly(lambda: _do_what_is_left(work, ledger, progress))


def _quietly(do_it: Callable[[], None]) -> None:
    """Leave what goes wrong to the command, which does the same training and says it."""
    try:
        do_it()
    except Exception:
        raise SystemExit(1) from None
