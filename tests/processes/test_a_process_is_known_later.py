"""Whether a process has ended can be told from its description, and what cannot be known counts as living."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.programs import running

from image_classification.processes import identity
from image_classification.processes.identity import (
    BOOT,
    HOST,
    MACHINE,
    NUMBER,
    STARTED,
    is_gone,
    is_gone_in_short,
    this_process,
    this_process_in_short,
)

DESCRIBE = "from image_classification.processes.identity import this_process; print(dict(this_process()))"
IN_SHORT = DESCRIBE.replace("dict(this_process())", "this_process_in_short()").replace(
    "this_process;", "this_process_in_short;"
)


@pytest.fixture
def other():
    """Another process and its description."""
    command = [sys.executable, "-c", f"{DESCRIBE}; import sys; sys.stdout.flush(); sys.stdin.read()"]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process, eval(process.stdout.readline())


def test_one_that_lives(other):
    assert not is_gone(other[1])
    assert not is_gone(this_process())


def test_one_that_was_killed(other):
    process, description = other
    process.kill()
    process.wait()
    assert is_gone(description)


def test_one_that_nobody_has_waited_for(other):
    process, description = other
    process.kill()
    # dead, and its number still taken
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(description)


def test_a_number_that_another_process_has_now(other):
    assert is_gone(other[1] | {STARTED: "1"})


def test_a_machine_that_was_started_anew_meanwhile(other):
    namespace = other[1][BOOT].partition("/")[2]
    assert is_gone(other[1] | {BOOT: f"another/{namespace}"})


@pytest.mark.parametrize(
    "change",
    [
        {HOST: "elsewhere"},
        {MACHINE: "another"},
        {MACHINE: ""},
        {NUMBER: ""},
        {NUMBER: "x"},
        {STARTED: ""},
    ],
)
def test_what_cannot_be_known_from_here(other, change):
    process, description = other
    if change.keys() & {HOST, MACHINE} or change.get(NUMBER) is not None:
        process.kill()
        process.wait()
    assert not is_gone(description | change)


def test_one_in_another_container(other):
    process, description = other
    process.kill()
    process.wait()
    assert not is_gone(description | {BOOT: f"{description[BOOT].partition('/')[0]}/pid:[1]"})


def test_a_record_of_something_else():
    assert not is_gone({})
    assert not is_gone({"mlflow.user": "somebody"})


def test_a_clock_that_is_set_does_not_end_it(other, monkeypatch):
    """The time of a start is counted from the start of the machine, which itself depends on the clock."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("only Linux says when a process started without the clock")
    monkeypatch.setattr(identity.psutil.Process, "create_time", lambda self: 0.0)
    assert not is_gone(other[1])


def test_in_the_name_of_a_file_too():
    command = [sys.executable, "-c", f"{IN_SHORT}; import sys; sys.stdout.flush(); sys.stdin.read()"]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        name = process.stdout.readline().strip()
        assert not is_gone_in_short(name)
        process.kill()
        process.wait()
        assert is_gone_in_short(name)
    assert len(name) < 60
    assert not is_gone_in_short(this_process_in_short())
    host, machine, boot, namespace, number, started = name.split("-")
    assert is_gone_in_short("-".join([host, machine, "another", namespace, number, started]))
    for unknown in (
        ["elsewhere", machine, boot, namespace, number, started],
        [host, "another", boot, namespace, number, started],
        [host, "", boot, namespace, number, started],
        [host, machine, boot, "another", number, started],
        [host, machine, boot, namespace, "", started],
        [host, machine, boot, namespace],
        ["host", number],
        [""],
    ):
        assert not is_gone_in_short("-".join(unknown))
