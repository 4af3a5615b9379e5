"""A process that is asked to end completes its update and saves it; the second time it ends at once."""

import os
import signal

import pytest
from tests.learning.checkpoints.conftest import same
from tests.learning.conftest import BAD

from image_classification.processes.signals import NUMBERS

RARELY = {"every_minutes": None, "every_epochs": 100}


class EndedError(Exception):
    """What the handler of the test raises."""


@pytest.fixture(autouse=True)
def handlers():
    """As a program that ends in order sets them."""

    def end(number, frame):
        raise EndedError(number)

    before = {number: signal.signal(number, end) for number in NUMBERS}
    yield end
    for number, handler in before.items():
        signal.signal(number, handler)


def signalled(number, *, after, times=1):
    """Listen to batches, and send this process a signal after so many."""
    seen = []

    def listen(epoch, batch, loss):
        seen.append(batch)
        if len(seen) == after:
            for _ in range(times):
                os.kill(os.getpid(), number)

    return listen


@pytest.mark.parametrize("number", NUMBERS)
def test_what_was_learned_until_then_is_resumed(
    learn, open_kept, fresh, bright_or_dark, handlers, number, folder, capsys
):
    how = {"checkpoints": open_kept(**RARELY), "on_batch": [signalled(number, after=9)]}
    with pytest.raises(EndedError):
        learn(fresh(), bright_or_dark, log_every_batches=1, how=how)
    assert next(folder.trainings()).about.position == "in epoch 2 of 4, after 3 of 6 batches"
    said = "Saved in epoch 2 of 4, after 3 of 6 batches. To go on from there: TrainingOptions(resume=True)"
    assert said in " ".join(capsys.readouterr().out.split())
    assert signal.getsignal(number) == handlers

    whole, resumed = fresh(), fresh()
    expected = learn(whole, bright_or_dark)
    history = learn(resumed, bright_or_dark, how={"checkpoints": open_kept(resume=True, **RARELY)})
    same(resumed, whole, history, expected)
    assert signal.getsignal(number) == handlers


def test_the_second_time_it_ends_at_once(learn, open_kept, fresh, bright_or_dark, folder):
    how = {"checkpoints": open_kept(**RARELY), "on_batch": [signalled(signal.SIGTERM, after=9, times=2)]}
    with pytest.raises(EndedError):
        learn(fresh(), bright_or_dark, log_every_batches=1, how=how)
    assert list(folder.trainings()) == []


@pytest.mark.parametrize("left_out", [[], [5], [3, 40, 70]])
def test_after_the_updates_of_an_epoch_it_ends_at_once(
    learn, open_kept, fresh, bright_or_dark, breaking, left_out
):
    """While images are measured, which may take long, nothing would deliver it."""
    bright_or_dark.tensors[0][left_out, 0, 0, 0] = BAD
    reached = []

    def after_epoch(epoch, row):
        os.kill(os.getpid(), signal.SIGTERM)
        reached.append(epoch)

    with pytest.raises(EndedError):
        learn(
            fresh(),
            bright_or_dark,
            loss=breaking,
            not_finite="skip",
            how={"checkpoints": open_kept(**RARELY), "on_epoch": [after_epoch]},
        )
    assert reached == []


def test_what_is_ignored_stays_ignored(learn, open_kept, fresh, bright_or_dark):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    how = {"checkpoints": open_kept(**RARELY), "on_batch": [signalled(signal.SIGHUP, after=9)]}
    assert len(learn(fresh(), bright_or_dark, log_every_batches=1, how=how)) == 4
