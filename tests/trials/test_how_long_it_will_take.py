"""How long it will still take is said when it is known, by what is trained now, in as many processes."""

from datetime import datetime, timedelta
from time import monotonic

import pytest
from optuna.trial import FrozenTrial, TrialState
from tests.trials.counting import Counting, begin

from image_classification.processes.identity import this_process_in_short
from image_classification.trials.ledger import INDEX, PROCESS
from image_classification.trials.progress import Progress
from image_classification.trials.work import Work, do

# as a process is known that was killed: another one has its number now
DEAD = f"{this_process_in_short()}0"
COMPLETE, PRUNED, FAIL, RUNNING = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING


def said(trained, total, **options):
    """What is said when the last of these has just ended.

    trained: when each ended (or, if it runs, is looked at), in seconds since the command began; how long it
        took; its process; and its state.
    """
    after = trained[-1][0]
    began, trials = datetime.now() - timedelta(seconds=after), []
    for number, (ended, seconds, *more) in enumerate(trained):
        process, state = (*more, *("a", COMPLETE)[len(more) :])
        end = began + timedelta(seconds=ended)
        times = end - timedelta(seconds=seconds), end if state.is_finished() else None
        value = 0.5 if state == COMPLETE else None
        attributes = {INDEX: number, PROCESS: process}
        trials.append(FrozenTrial(number, state, value, *times, {}, {}, attributes, {}, {}, number))
    done = sum(trial.state.is_finished() for trial in trials)
    progress = Progress(total, **options, _started=monotonic() - after, _began=began)
    return progress.after(done, trials)


def told(seconds, left):
    return f"{seconds} s so far" + (f", about {left} s left" if left else "")


@pytest.mark.parametrize(
    ("trained", "total", "left"),
    [
        pytest.param([(45, 45)], 5, None, id="nothing is known of the others"),
        pytest.param([(45, 45), (48, 3)], 5, 9, id="they take as long as those that follow"),
        pytest.param([(10, 10), (13, 3), (30, 17), (33, 3)], 6, 6, id="one was slow"),
        pytest.param([(4, 4), (8, 4)], 2, None, id="all are done"),
        pytest.param([(-90, 50), (-40, 50), (20, 20)], 6, None, id="others were done before the command"),
        pytest.param([(-90, 50), (20, 20), (30, 10)], 5, 20, id="one was done before the command"),
        pytest.param([(20, 20), (21, 1, "a", FAIL)], 5, None, id="one could not be done"),
        pytest.param([(20, 20), (30, 10, "a", PRUNED)], 5, None, id="the only one was ended early"),
        # 4 s each: of four, one takes 10 s and three 2 s
        pytest.param(
            [(20, 20), (30, 10), *((end, 2, "a", PRUNED) for end in (32, 34, 36))],
            8,
            12,
            id="most were ended early",
        ),
    ],
)
def test_by_one_process(trained, total, left):
    assert said(trained, total) == told(trained[-1][0], left)


@pytest.mark.parametrize(
    ("trained", "total", "processes", "left"),
    [
        pytest.param([(20, 20, "a"), (22, 20, "b")], 8, 2, None, id="the first of each"),
        # b is over in 2 s, then in 12 s and 22 s; a in 10 s and 20 s
        pytest.param(
            [(20, 20, "a"), (22, 20, "b"), (30, 10, "a"), (30, 8, "b", RUNNING)], 8, 2, 22, id="two"
        ),
        pytest.param([(20, 20, "a"), (30, 10, "a")], 6, 4, 10, id="others have not begun yet"),
        # the first of c is over in 16 s; a in 10 s, then in 20 s
        pytest.param([(20, 20), (30, 10), (30, 4, "c", RUNNING)], 5, 1, 20, id="another command"),
        pytest.param([(20, 20), (30, 10), (30, 25, "b", RUNNING)], 4, 2, 10, id="a first one takes longer"),
        pytest.param(
            [(20, 20), (22, 20, "b"), (30, 10), (40, 10), (40, 18, "b", RUNNING)],
            5,
            2,
            None,
            id="one takes longer",
        ),
        # what b was at work on is done again, by a
        pytest.param(
            [(20, 20), (22, 20, DEAD), (30, 10), (30, 8, DEAD, RUNNING)],
            6,
            2,
            30,
            id="one was killed just now",
        ),
        pytest.param(
            [(20, 20), (22, 20, DEAD), (28, 6, DEAD, FAIL), (30, 10)], 8, 2, 40, id="one was killed before"
        ),
        pytest.param(
            [(-20, 10, DEAD), (-3, 8, DEAD, FAIL), (20, 20), (30, 10)],
            8,
            2,
            20,
            id="one of an earlier command",
        ),
    ],
)
def test_by_several_processes(trained, total, processes, left):
    assert said(trained, total, processes=processes) == told(trained[-1][0], left)


@pytest.mark.parametrize(("limit", "left"), [(61, 10), (75, 20), (1000, 80)])
def test_after_a_limit_none_is_begun(limit, left):
    assert said([(50, 50), (60, 10)], 10, limit=limit) == told(60, left)


def test_each_is_told_with_those_before(folder, monkeypatch):
    place, lines = begin(folder), []
    monkeypatch.setattr(Counting, "tell", lambda *arguments: lines.append(arguments[-1]))
    monkeypatch.setattr(
        Progress,
        "after",
        lambda self, done, trials: f"{done} of {self.total}, {len(self._durations(trials)[1])} known",
    )
    do(Work(place, Counting(), 2))
    do(Work(place, Counting(), 4))
    assert lines == [
        *("1 of 2, 0 known", "2 of 2, 1 known"),
        *("3 of 4, 0 known", "4 of 4, 1 known"),
    ]
