"""What is done for each training of a study."""

from pathlib import Path
from typing import Protocol

from optuna import TrialPruned
from optuna.trial import Trial

from image_classification.trials.results import Outcome


class Pruned(TrialPruned):
    """A training was ended because it came to less than others at the same epoch.

    Args:
        outcome: what it came to until then.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("ended, as others came to more")
        self.outcome = outcome


class Task(Protocol):
    """What is done for each training; sent to other processes, so all that it holds can be pickled.

    tables: the names of the tables that it returns.
    goes_on_after_errors: whether one that cannot be done leaves the others as they are.
    """

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that every training returns."""

    @property
    def goes_on_after_errors(self) -> bool:
        """Whether a training that a person's error makes impossible ends only itself."""

    def begin(self) -> None:
        """Do what has to be done once in each process."""

    def __call__(self, index: int, trial: Trial, kept: Path | None) -> Outcome:
        """Do training `index` (0, 1, …).

        Args:
            index: which one.
            trial: of the study.
            kept: a folder, which need not be there, for what goes on after an interruption; it is removed
                once the training is done. None: nothing is kept.

        Raises:
            Pruned: it was ended early.
        """

    def tell(self, index: int, outcome: Outcome, progress: str) -> None:
        """Say that it is done, and how far the whole is."""

    def tell_failed(self, index: int, error: str, progress: str) -> None:
        """Say that it could not be done."""
