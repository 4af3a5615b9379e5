"""Who ends a process is told how what it was at work on goes on, if it does."""

import signal

import pytest

from image_classification.processes.signals import Signals


@pytest.fixture
def signals():
    signals = Signals()
    signals.start()
    yield signals
    signals.stop()


def interrupt(signals, *ways):
    """Be interrupted within blocks, the outermost first."""
    if not ways:
        signal.raise_signal(signal.SIGINT)
    with signals.going_on_by(ways[0]):
        interrupt(signals, *ways[1:])


@pytest.mark.parametrize("ways", [("Again.",), ("Again.", "Otherwise."), ("", "Again.", "Otherwise.")])
def test_that_of_the_outermost_block(signals, ways):
    with pytest.raises(KeyboardInterrupt):
        interrupt(signals, *ways)
    assert signals.last_line() == "\nInterrupted. Again."


@pytest.mark.parametrize("ways", [(), ("",)])
def test_nothing_where_nothing_is_known(signals, ways):
    with pytest.raises(KeyboardInterrupt):
        interrupt(signals, *(ways or ("",)))
    assert signals.last_line() == "\nInterrupted."


@pytest.mark.parametrize("error", [None, ValueError])
def test_not_after_the_block(signals, error):
    try:
        with signals.going_on_by("Again."):
            if error:
                raise error
    except ValueError:
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert signals.last_line() == "\nInterrupted."


def test_a_later_interruption_knows_nothing_of_an_earlier_one(signals):
    with pytest.raises(KeyboardInterrupt):
        interrupt(signals, "Again.")
    signals.stop()
    signals.start()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert signals.last_line() == "\nInterrupted."
