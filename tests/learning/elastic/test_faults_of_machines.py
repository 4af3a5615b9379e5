"""Machines come, leave and are lost while a training goes on; each is an agent on the loopback interface."""

import signal
import socket
from contextlib import ExitStack

import psutil
import pytest
from tests.learning.elastic.conftest import Once, assert_same, joining, processes_of

from image_classification.learning.elastic import referee

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

    assert "Going on in 2 processes on 2 machines, after epoch" in capfd.readouterr().out
    assert_same(trained, expected)


@pytest.mark.slow
def test_without_a_replacement_the_others_go_on(training, endpoint, begins_with_both, capfd):
    expected = training(**LONG)

    with joining(endpoint, TOKEN) as lost:
        fault = Once(3, lambda: kill_all(lost))
        trained = training({"nodes": "1:2", "endpoint": endpoint}, on_epoch=fault, **LONG)

    said = capfd.readouterr().out
    assert "Training in 2 processes on 2 machines" in said
    assert "Going on in 1 process on 1 machine, after epoch" in said
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
def test_too_few_machines_end_the_training(training, endpoint):
    with pytest.raises(Exception, match=r"1 machine of at least 2 .* came within 2 seconds"):
        training({"nodes": 2, "endpoint": endpoint, "wait_s": 2.0})
    assert processes_of() == []


@pytest.mark.slow
def test_a_machine_may_come_later_and_leave(training, endpoint, capfd):
    long = LONG | {"epochs": 400}
    expected = training(**long)
    epochs_together: list[int] = []

    with ExitStack() as machines:
        come = Once(2, lambda: others.append(machines.enter_context(joining(endpoint, TOKEN))))
        others: list = []

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
