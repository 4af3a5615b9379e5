"""How far a command is that trains several times, and how long it will still take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heapify, heapreplace
from statistics import median
from time import monotonic
from typing import TypeAlias

from optuna.trial import FrozenTrial, TrialState

from image_classification.processes.identity import is_gone_in_short
from image_classification.trials.ledger import INDEX, PROCESS

_TRAINED, _NEVER = (TrialState.COMPLETE, TrialState.PRUNED), datetime.min
_Durations: TypeAlias = list[tuple[TrialState, float]]


@dataclass(frozen=True)
class Progress:
    """What a command that has just begun will say of its trainings; all its processes share it.

    total: all that are to be done.
    processes: in which it begins to train at once.
    limit: seconds after which no training is begun any more; None: until all are done.
    """

    total: int
    processes: int = 1
    limit: float | None = None
    _started: float = field(default_factory=monotonic)
    _began: datetime = field(default_factory=datetime.now)  # as Optuna notes times

    def after(self, done: int, trials: Sequence[FrozenTrial]) -> str:
        """Say how many seconds have passed, and how many are left, as far as that is known.

        Args:
            done: trainings with which nothing is to be done any more.
            trials: of the study, of which this process has just ended one.
        """
        seconds = monotonic() - self._started
        said = f"{seconds:.0f} s so far"
        first, others = self._durations(trials)
        if done >= self.total or all(state == TrialState.PRUNED for state, _ in others):
            return said
        each = _usual(others)
        under_way = [_still(trial, first, each) for trial in trials if self._is_under_way(trial)]
        free = max(1, self.processes - self._ended(trials) - len(under_way))  # one of them this one
        left = self._left(each, seconds, self.total - done - len(under_way), [*under_way, *[0.0] * free])
        # no second: one that is under way takes longer than those before it, and nobody knows how long
        return f"{said}, about {left:.0f} s left" if left >= 0.5 else said

    def _durations(self, trials: Sequence[FrozenTrial]) -> tuple[dict[str, float], _Durations]:
        """Return the seconds of each training that was done since the command began.

        The first of each process, which is by the name of that, says nothing of the others: it computes
        features and imports libraries, too (45 s, then 3 s each, on a frozen network).
        """
        first: dict[str, float] = {}
        others: _Durations = []
        for trial in trials:
            complete, duration = trial.datetime_complete, trial.duration
            if trial.state in _TRAINED and complete and duration and complete >= self._began:
                process = _process_of(trial)
                if process in first:
                    others.append((trial.state, duration.total_seconds()))
                else:
                    first[process] = duration.total_seconds()
        return first, others

    def _is_under_way(self, trial: FrozenTrial) -> bool:
        is_ours = trial.user_attrs.get(INDEX, self.total) < self.total
        return is_ours and trial.state == TrialState.RUNNING and not is_gone_in_short(_process_of(trial))

    def _ended(self, trials: Sequence[FrozenTrial]) -> int:
        """Return how many of the processes have been killed; a helper is told of none of the others."""
        began = {_process_of(trial) for trial in trials if (trial.datetime_start or _NEVER) >= self._began}
        return sum(map(is_gone_in_short, began))

    def _left(self, each: float, seconds: float, to_do: int, ends: list[float]) -> float:
        """Return the seconds until the last of all processes has done its last training.

        Args:
            each: seconds of one training.
            seconds: since the command began.
            to_do: trainings that nobody has begun.
            ends: seconds until each of the processes has done what it is at work on.
        """
        heapify(ends)
        for _ in range(to_do):
            if self.limit is not None and seconds + ends[0] > self.limit:
                break
            heapreplace(ends, ends[0] + each)
        return max(ends)


def _process_of(trial: FrozenTrial) -> str:
    return str(trial.user_attrs.get(PROCESS, ""))


def _usual(durations: _Durations) -> float:
    """Return the seconds of one training, as the share of those that are ended early, which are short, stays.

    One that was slow counts no more than others.
    """
    of_state = ([seconds for state, seconds in durations if state == each] for each in _TRAINED)
    return sum(len(seconds) * median(seconds) for seconds in of_state if seconds) / len(durations)


def _still(trial: FrozenTrial, first: Mapping[str, float], each: float) -> float:
    """Return the seconds that a training which is under way will still take.

    Args:
        trial: which one.
        first: the seconds of the first training of each process.
        each: the seconds of others.
    """
    began = trial.datetime_start
    since = (datetime.now() - began).total_seconds() if began else 0.0
    if _process_of(trial) in first:
        return max(0.0, each - since)
    usual = median(first.values())
    return usual - since if since < usual else each
