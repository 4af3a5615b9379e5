"""The trials of a study as a list of who does what: each process takes the next one that nobody has.

A study has one trial for each training (its place in the plan: 0, 1, …) or several, of which only one counts:
where a process has died, or was ended, the training is put on the list again. Optuna's database sees to it
that nothing is taken twice.
"""

from collections import Counter
from time import monotonic
from typing import Any

from optuna import Study
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage, fail_stale_trials
from optuna.trial import FrozenTrial, Trial, TrialState

from image_classification.errors import UserError
from image_classification.processes.identity import is_gone_in_short, this_process_in_short
from image_classification.trials.results import NUMBERS, KeptResults, Outcome
from image_classification.trials.storage import without_its_warnings

INDEX, PROCESS = "index", "process"
_WITH_RESULT = (TrialState.COMPLETE, TrialState.PRUNED)
_ERROR, _SUGGESTED = "error", "suggested"
# a training whose process has died so often is what kills it
MOST_DEATHS = 3
# seconds in which a process that has just taken a training says who it is
_INTRODUCTION = 30.0


class Ledger:
    """The trials of one study.

    Args:
        study: as it was opened in this process.
        storage: of the study.
        kept: the results.
        tables: the names of the tables that every finished training has left.
    """

    def __init__(self, study: Study, storage: RDBStorage, kept: KeptResults, tables: tuple[str, ...]) -> None:
        self.study, self.storage = study, storage
        self._kept, self._tables = kept, tables
        self._unknown_since: dict[int, float] = {}
        # of each training, how often its process has died while this one looked on
        self._deaths: Counter[int] = Counter()
        self._has_looked = False

    def settled(self, total: int) -> dict[int, FrozenTrial]:
        """Return the trial of each training (0 to total - 1) with which nothing is to be done any more."""
        settled: dict[int, FrozenTrial] = {}
        for trial in self._trials():
            index = trial.user_attrs.get(INDEX)
            if index is not None and index < total and self._is_settled(trial):
                settled.setdefault(index, trial)
        return dict(sorted(settled.items()))

    def at_work(self, total: int) -> list[int]:
        """Return the trainings that somebody is at work on."""
        running = [trial for trial in self._trials() if trial.state == TrialState.RUNNING]
        return sorted({index for trial in running if (index := trial.user_attrs.get(INDEX, total)) < total})

    def plan(self, total: int, *, most: int | None = None) -> int:
        """Put the trainings on the list that are not on it, the first `most` of them; return their number."""
        known = {trial.user_attrs.get(INDEX) for trial in self._trials() if self._counts(trial)}
        missing = [index for index in range(total) if index not in known]
        for index in missing[:most]:
            self._put_again(index)
        return len(missing[:most])

    def take(self, total: int) -> Trial | None:
        """Take the next training that nobody has; None if there is none now.

        Raises:
            UserError: whoever began one of them has died again and again.
        """
        self.bury()
        while self._has_waiting(total):
            with without_its_warnings():
                trial = self.study.ask()
            trial.set_user_attr(PROCESS, this_process_in_short())
            index = trial.user_attrs.get(INDEX)
            if index is not None and index < total and not self._has_another(trial):
                return trial
            self.give_back(trial)
        return None

    def bury(self) -> None:
        """Note which trainings have lost their process: they are to be done again."""
        with without_its_warnings():
            fail_stale_trials(self.study)
        for trial in self._trials():
            if trial.state == TrialState.RUNNING and self._is_lost(trial):
                buried = self._tell(trial.number, TrialState.FAIL)
                # what has died before this command is another matter: somebody has killed the whole of it
                self._deaths[trial.user_attrs.get(INDEX, -1)] += buried and self._has_looked
        self._has_looked = True

    def finish(self, trial: Trial, outcome: Outcome) -> bool:
        """Keep what a training came to; return False if others took it for dead and do it again."""
        try:
            self._kept.keep(trial, outcome)
        except UpdateFinishedTrialError:
            return False
        return self._tell(trial.number, TrialState.COMPLETE, outcome.value)

    def prune(self, trial: Trial, outcome: Outcome) -> bool:
        """Note that a training was ended because it came to less than others."""
        try:
            self._kept.keep(trial, outcome)
        except UpdateFinishedTrialError:
            return False
        return self._tell(trial.number, TrialState.PRUNED)

    def fail(self, trial: Trial, error: str) -> bool:
        """Note that a training cannot be done, and why: it is not done again."""
        try:
            trial.set_user_attr(_ERROR, error)
        except UpdateFinishedTrialError:
            return False
        return self._tell(trial.number, TrialState.FAIL)

    def give_back(self, trial: Trial) -> None:
        """Note that a training was not done: it is to be done again."""
        self._tell(trial.number, TrialState.FAIL)

    def outcomes(self, total: int) -> dict[int, Outcome]:
        """Return what each of the trainings came to, those that were ended early too."""
        settled = self.settled(total)
        return {
            index: self._kept.read(trial, self._tables)
            for index, trial in settled.items()
            if trial.state in _WITH_RESULT
        }

    def _has_waiting(self, total: int) -> bool:
        """Whether a training waits on the list; the first that is not on it is put there, if none does."""
        while not any(trial.state == TrialState.WAITING for trial in self._trials()):
            if not self.plan(total, most=1):
                return False
        return True

    @staticmethod
    def error_of(trial: FrozenTrial) -> str:
        """Return why a training could not be done, "" if it could."""
        return str(trial.user_attrs.get(_ERROR, ""))

    @staticmethod
    def numbers_of(trial: FrozenTrial) -> dict[str, Any]:
        """Return the numbers that a training has left."""
        return dict(trial.user_attrs.get(NUMBERS, {}))

    def _trials(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False)

    def _is_settled(self, trial: FrozenTrial) -> bool:
        if trial.state in _WITH_RESULT:
            return self._kept.is_whole(trial, self._tables)
        return bool(self.error_of(trial))

    def _counts(self, trial: FrozenTrial) -> bool:
        return self._is_settled(trial) or trial.state in (TrialState.WAITING, TrialState.RUNNING)

    def _has_another(self, taken: Trial) -> bool:
        """Whether a training is done or being done already: two processes put it on the list at once."""
        others = [trial for trial in self._trials() if trial.user_attrs.get(INDEX) == taken.user_attrs[INDEX]]
        return any(
            self._is_settled(trial) or (trial.state == TrialState.RUNNING and trial.number < taken.number)
            for trial in others
            if trial.number != taken.number
        )

    def _put_again(self, index: int) -> None:
        """Put a training on the list: with what was drawn for it, if somebody has begun it before."""
        before = [trial for trial in self._trials() if trial.user_attrs.get(INDEX) == index]
        if self._deaths[index] >= MOST_DEATHS:
            raise UserError(
                f"The processes of training {index + 1} have died {MOST_DEATHS} times, without a word: it is "
                "not begun once more.\nMaybe the memory does not suffice for so many processes at once."
            )
        drawn = [trial for trial in before if trial.user_attrs.get(_SUGGESTED)]
        fixed = drawn[-1].params if drawn else {}
        self.study.enqueue_trial(fixed, user_attrs={INDEX: index})

    def _is_lost(self, trial: FrozenTrial) -> bool:
        if process := trial.user_attrs.get(PROCESS):
            return is_gone_in_short(process)
        # it died between two steps, or takes the second just now
        since = self._unknown_since.setdefault(trial.number, monotonic())
        return monotonic() - since > _INTRODUCTION

    def _tell(self, number: int, state: TrialState, value: float | None = None) -> bool:
        """Say what has become of a trial; return False if somebody else has said it before."""
        try:
            self.study.tell(number, value, state=state)
        except (ValueError, UpdateFinishedTrialError):
            return False
        return True


def is_suggested(trial: FrozenTrial) -> bool:
    """Whether all has been drawn for a trial."""
    return bool(trial.user_attrs.get(_SUGGESTED))


def note_suggested(trial: Trial) -> None:
    """Note that all has been drawn for a trial: who does it again does the same."""
    trial.set_user_attr(_SUGGESTED, True)
