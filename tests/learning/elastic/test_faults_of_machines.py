"""Machines come, leave and are lost while a training goes on; each is an agent on the loopback interface."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil
import pytest
from tests.learning.elastic.conftest import Once, assert_same, joining, processes_of

from image_classification.learning.elastic.driver import referee, told

TOKEN = "a-token-of-this-test-alone"
LONG = {"epochs": 40, "checkpoint": {"every_epochs": 1}}


@pytest.fixture
def endpoint(monkeypatch) -> str:
    monkeypatch.setenv("IMAGE_CLASSIFICATION_JOIN_TOKEN", TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def begins_with_both(monkeypatch) -> None:
    """Have a training that may begin with one machine wait until the other has started."""
    monkeypatch.setattr(referee, "LAST_CALL", 120.0)


def kill_all(process) -> None:
    """End a machine as a power cut does: all its processes at once."""
    machine = psutil.Process(process.pid)
    for each in [*machine.children(recursive=True), machine]:
        each.kill()


@contextmanager
def paused(rank: int) -> Iterator[None]:
    """Have a process of the training do nothing within the block."""
    (process,) = processes_of(rank)
    process.suspend()
    try:
        yield
    finally:
        process.resume()


@pytest.mark.slow
def test_two_machines_come_to_the_same_as_one_process(training, endpoint):
    expected = training()

    with joining(endpoint, TOKEN) as other:
        trained = training({"nodes": 2, "endpoint": endpoint})
        said, _ = other.communicate(timeout=240)

    assert_same(trained, expected)
    assert other.returncode == 0
    assert said.splitlines()[-1] == "The training is over."


@pytest.mark.slow
def test_a_machine_that_is_lost_is_replaced(training, endpoint, capfd):
    expected = training(**LONG)

    with ExitStack() as machines:
        lost = machines.enter_context(joining(endpoint, TOKEN))

        def fault() -> None:
            kill_all(lost)
            machines.enter_context(joining(endpoint, TOKEN))

        trained = training({"nodes": 2, "endpoint": endpoint}, on_epoch=Once(3, fault), **LONG)

    said = capfd.readouterr().out
    assert "Going on in 2 processes on 2 machines, after epoch" in said
    assert_same(trained, expected)


@pytest.mark.slow
def test_a_training_that_waits_for_a_machine_says_so_and_may_be_ended(training, endpoint, monkeypatch, capfd):
    expected = training(**LONG)

    def say(text: str) -> None:
        print(text)
        if "stands still" in text:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(told, "say", say)
    with joining(endpoint, TOKEN) as lost, pytest.raises(KeyboardInterrupt):
        training({"nodes": 2, "endpoint": endpoint}, on_epoch=Once(3, lambda: kill_all(lost)), **LONG)
    said = capfd.readouterr().out
    assert f"The training stands still: {os.uname().nodename} was lost. It goes on from" in said
    assert f"image-classification join {endpoint}" in said.splitlines()[-2]
    assert re.fullmatch(
        r"Saved after epoch \d+ of 40. To go on from there: .*resume=.*", said.splitlines()[-1]
    )
    assert processes_of() == []

    assert_same(training(resume=True, **LONG), expected)


@pytest.mark.slow
def test_without_a_replacement_the_others_go_on(training, endpoint, begins_with_both, capfd):
    expected = training(**LONG)

    with joining(endpoint, TOKEN) as lost:
        fault = Once(3, lambda: kill_all(lost))
        trained = training({"nodes": "1:2", "endpoint": endpoint}, on_epoch=fault, **LONG)

    said = capfd.readouterr().out
    assert "Training in 2 processes on 2 machines" in said
    assert f"{os.uname().nodename} was lost. Going on in 1 process on 1 machine, after epoch" in said
    assert_same(trained, expected)


@pytest.mark.slow
def test_a_machine_that_falls_silent_is_lost(training, endpoint, begins_with_both, capfd):
    expected = training(**LONG)

    with joining(endpoint, TOKEN) as silent:

        def fault() -> None:
            machine = psutil.Process(silent.pid)
            for each in [machine, *machine.children(recursive=True)]:
                each.suspend()

        options = {"nodes": "1:2", "endpoint": endpoint, "timeout_s": 600.0}
        trained = training(options, on_epoch=Once(3, fault), **LONG)
        kill_all(silent)

    assert "Going on in 1 process on 1 machine, after epoch" in capfd.readouterr().out
    assert_same(trained, expected)


@pytest.mark.slow
def test_all_machines_hear_of_an_interruption(training, endpoint, capfd):
    end = Once(3, lambda: os.kill(os.getpid(), signal.SIGINT))

    with joining(endpoint, TOKEN) as other:
        with pytest.raises(KeyboardInterrupt):
            training({"nodes": 2, "endpoint": endpoint}, on_epoch=end, **LONG)
        said, _ = other.communicate(timeout=240)

    assert said.splitlines()[-1] == (
        "This machine takes no more part in the training: the training was interrupted."
    )
    assert other.returncode == 1
    assert capfd.readouterr().out.count("Saved in epoch") == 1


@pytest.mark.slow
def test_too_few_machines_end_the_training(training, endpoint):
    with pytest.raises(Exception, match=r"1 machine of at least 2 .* came within 2 seconds [^ ]+\.$"):
        training({"nodes": 2, "endpoint": endpoint, "wait_s": 2.0})
    assert processes_of() == []


@pytest.mark.slow
def test_a_machine_may_come_later_and_leave(training, endpoint, capfd):
    long = LONG | {"epochs": 400}
    expected = training(**long)
    epochs_together: list[int] = []

    with ExitStack() as machines:
        others: list = []

        def join() -> None:
            with paused(0):  # else the training may be over before the other has loaded what it needs
                others.append(machines.enter_context(joining(endpoint, TOKEN)))
                while not others[0].stdout.readline().startswith("Joined"):
                    assert others[0].poll() is None

        come = Once(2, join)

        def on_epoch(epoch: int, row: object) -> None:
            come(epoch, row)
            if len(epochs_together) < 10 and processes_of(1):
                epochs_together.append(epoch)
                if len(epochs_together) == 10:
                    others[0].send_signal(signal.SIGTERM)

        trained = training({"nodes": "1:2", "endpoint": endpoint}, on_epoch=on_epoch, **long)
        left, _ = others[0].communicate(timeout=240)

    said = capfd.readouterr().out
    assert "Going on in 2 processes on 2 machines" in said
    assert said.index("on 2 machines, ") < said.rindex("Going on in 1 process on 1 machine, ")
    assert "Left the training, which goes on without this machine." in left
    assert_same(trained, expected)
