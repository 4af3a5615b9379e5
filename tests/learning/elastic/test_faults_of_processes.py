"""A process that is killed, or hangs, costs what was learned since the last checkpoint, and no more."""

import os
import signal

import pytest
from tests.learning.elastic.conftest import Once, agents, assert_same, processes_of, strike

from image_classification.errors import UserError

LONG = {"epochs": 30, "checkpoint": {"every_epochs": 1}}
TWO = {"processes_per_node": 2}


@pytest.mark.slow
def test_a_killed_process_is_replaced_whichever_it_is(training, capfd):
    expected = training(**LONG)
    faults, epochs = [Once(3 + 12 * rank, strike(signal.SIGKILL, rank)) for rank in (0, 1)], []

    def on_epoch(epoch: int, row: object) -> None:
        epochs.append(epoch)
        for fault in faults:
            fault(epoch, row)

    trained = training(TWO, on_epoch=on_epoch, **LONG | {"checkpoint": {"every_epochs": 4}})

    assert epochs == list(range(1, 31))  # those that were trained again are told once
    said = capfd.readouterr().out
    assert said.count("Going on in 2 processes on 1 machine, ") == 2
    assert said.count("One of the processes here was ended by SIGKILL.") == 2
    assert_same(trained, expected)
    assert processes_of() == []


@pytest.mark.slow
def test_a_process_that_hangs_is_replaced_whichever_it_is(training, capfd):
    expected = training(**LONG)
    faults = [Once(3 + 12 * rank, strike(signal.SIGSTOP, rank)) for rank in (0, 1)]

    def on_epoch(epoch: int, row: object) -> None:
        for fault in faults:
            fault(epoch, row)

    trained = training(TWO | {"timeout_s": 3.0}, on_epoch=on_epoch, **LONG)

    assert capfd.readouterr().out.count("Going on in 2 processes on 1 machine, after epoch") == 2
    assert_same(trained, expected)
    assert processes_of() == []


@pytest.mark.slow
def test_a_killed_agent_is_replaced(training, capfd):
    expected = training(**LONG)

    def fault() -> None:
        agents()[0].kill()

    trained = training(TWO, on_epoch=Once(3, fault), **LONG)

    said = capfd.readouterr().out
    assert "The agent of this machine was ended by SIGKILL: it is started anew.\nGoing on in 2 pro" in said
    assert_same(trained, expected)


@pytest.mark.slow
def test_after_too_many_faults_the_cause_is_named(training):
    fault = strike(signal.SIGKILL, 1)

    with pytest.raises(UserError, match=r"process 1 was ended by SIGKILL \(1 restart allowed"):
        training(
            TWO | {"max_restarts": 1},
            on_epoch=lambda epoch, row: fault() if epoch in (2, 6) else None,
            **LONG | {"epochs": 200},
        )
    assert processes_of() == []


@pytest.mark.slow
def test_a_training_that_a_person_has_to_change_is_not_begun_again(training, capfd):
    with pytest.raises(UserError, match="the training diverged"):
        training(TWO, **LONG | {"optimizer": {"name": "sgd", "sgd": {"lr": 1e25}}})

    assert "Going on" not in capfd.readouterr().out
    assert processes_of() == []


@pytest.mark.slow
def test_a_training_goes_on_with_another_number_of_processes(training, capfd):
    expected = training(**LONG)
    end = Once(5, lambda: os.kill(os.getpid(), signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        training(TWO, on_epoch=end, **LONG)
    assert processes_of() == []
    assert "Saved in epoch" in capfd.readouterr().out
    trained = training({"processes_per_node": 3}, resume=True, **LONG)

    assert_same(trained, expected)


@pytest.mark.slow
def test_nothing_is_promised_where_no_checkpoint_is_kept(training, capfd):
    end = Once(2, lambda: os.kill(os.getpid(), signal.SIGINT))

    with pytest.raises(KeyboardInterrupt):
        training(TWO, on_epoch=end, **LONG | {"checkpoint": {"enabled": False}})

    assert "Saved" not in capfd.readouterr().out


@pytest.mark.slow
def test_nothing_is_left_behind(training, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    end = Once(2, lambda: os.kill(os.getpid(), signal.SIGINT))

    training(TWO)
    with pytest.raises(KeyboardInterrupt):
        training(TWO, on_epoch=end, **LONG)

    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    # torch's compiler keeps a cache there
    left = {each.name for each in tmp_path.iterdir() if not each.name.startswith("torchinductor_")}
    assert left == {"checkpoints"}
    assert processes_of() == []
