"""A command that trains several times: it takes what is done, does the rest, and collects it all."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from image_classification.console import say
from image_classification.processes.sharing import SharedWorkOptions
from image_classification.processes.signals import SIGNALS
from image_classification.trials.address import address_of
from image_classification.trials.ledger import Ledger
from image_classification.trials.storage import losses_told
from image_classification.trials.study import StudyPlace, StudyPlan, begin_or_join, share_run
from image_classification.trials.task import Task
from image_classification.trials.work import Work, do
from image_classification.words import count_of


@contextmanager
def folder_or_temporary(folder: Path | None) -> Iterator[Path]:
    """Yield the folder, or where there is none, one that is gone after the block."""
    if folder:
        yield folder
        return
    with TemporaryDirectory() as temporary:
        yield Path(temporary)


@dataclass(frozen=True)
class Draws:
    """How a search draws parameters, ends trainings early, and when it begins no more of them."""

    sampler: BaseSampler
    pruner: BasePruner
    seconds: float | None = None


def train_all(
    folder: Path,
    plan: StudyPlan,
    options: SharedWorkOptions,
    task: Task,
    total: int,
    draws: Draws | None = None,
    run_of: Callable[[Sequence[str]], str | None] = lambda _: None,
) -> tuple[Ledger, StudyPlace]:
    """Do all trainings of a plan, each once, whoever does them.

    Args:
        folder: of the database, if the options name none, and of what is kept of trainings that are not done.
        plan: what the trainings depend on.
        options: how they are shared.
        task: does one of them.
        total: how many there are.
        draws: of a search.
        run_of: gets the runs that earlier commands with the same trainings were recorded in, and returns that
            of this one.

    Returns:
        The list of all of them, and where it is.

    Raises:
        UserError: the database cannot be used, or a training cannot be done.
    """
    place = begin_or_join(address_of(options.storage, folder), plan, options.resume)
    share_run(place, run_of)
    sampler, pruner, seconds = (draws.sampler, draws.pruner, draws.seconds) if draws else (None, None, None)
    work = Work(place, task, total, sampler, pruner, seconds, folder)
    ledger = work.open()
    ledger.bury()
    if done := len(ledger.settled(total)):
        say(
            f"{done} of {count_of(total, 'training')} {'is' if done == 1 else 'are'} done already, by an "
            f"earlier command or another one ({type(options).setting(resume=False)} does all anew)."
        )
    if options.storage:
        say(
            "Others may join: the same command in another terminal or on another machine, with "
            f"{type(options).setting(storage=options.storage)} and a data_folder of its own."
        )
    task.begin()
    way_on = "The same command goes on from here." if options.resume else ""
    with SIGNALS.going_on_by(way_on), losses_told(place.address):
        return do(work, options.processes), place
