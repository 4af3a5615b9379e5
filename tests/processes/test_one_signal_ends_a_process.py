"""The first signal ends a process with its code, what follows only hurries it, and nothing is printed."""

import itertools
import random
import signal
import subprocess
import sys
import threading

import pytest
from tests.programs import running

# as in a terminal, also where whoever runs the tests ignores them, as nohup and a shell's background do
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
import atexit, os, sys, threading
from image_classification.processes.signals import SIGNALS

SIGNALS.start(ends_process=True)
atexit.register(lambda: print("the end is recorded"))
def ready():
    print("ready", flush=True)
def work():
    {work}
try:
    work()
except KeyboardInterrupt:
    code = 130
except SystemExit as end:
    code = end.code
# the way out: as long as a run takes to be closed
with SIGNALS.deferred():
    threading.Event().wait({closing})
atexit._run_exitfuncs()
sys.stdout.flush()
os._exit(code)
"""
WAITING = "ready(); threading.Event().wait(60)"
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


def end(numbers, gap, work=WAITING, closing=0.2):
    """Send signals to the program, `gap` seconds apart; return its code and what it printed."""
    program = PROGRAM.format(work=work, closing=closing)
    command = [sys.executable, "-c", program]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == "ready\n"
        pause = threading.Event()
        for number in numbers:
            process.send_signal(number)
            pause.wait(gap)
        output, errors = process.communicate(timeout=60)
        return process.returncode, output, errors


def every_case():
    """Yield signals and gaps: all pairs, and five of a kind."""
    pairs = list(itertools.product(CODES, CODES))
    for numbers in [*pairs, *([number] * 5 for number in CODES)]:
        for gap in (0.0, 0.01, 0.1, 0.5):
            yield numbers, gap


@pytest.mark.parametrize("number", CODES)
def test_one(number):
    assert end([number], 0) == (CODES[number], "the end is recorded\n", "")


def test_one_of_another_kind_follows():
    numbers = [signal.SIGINT, signal.SIGTERM]
    assert end(numbers, 0.01) == (130, "the end is recorded\n", "")


@pytest.mark.slow
@pytest.mark.parametrize(("numbers", "gap"), random.Random(0).sample(list(every_case()), 24))
def test_others_follow(numbers, gap):
    code, output, errors = end(numbers, gap)
    assert (output, errors) == ("the end is recorded\n", "")
    # of two that arrive at the same moment the system does not say which was first
    assert code in {CODES[number] for number in numbers[: 1 if gap else None]}


def test_one_that_is_ignored_stays_ignored():
    ignoring = f"signal.signal(signal.SIGHUP, signal.SIG_IGN); {WAITING}"
    # the handler was installed before: whoever takes a signal for itself afterwards keeps it
    assert end([signal.SIGHUP, signal.SIGTERM], 0.1, ignoring)[0] == 143


STUBBORN = "while True:\n        try: ready(); threading.Event().wait(60)\n        except BaseException: pass"


@pytest.mark.slow
def test_a_process_that_does_not_want_to_end_is_ended():
    """A thread may be deep in something that asks for nothing; the grace is over after some seconds."""
    code, _, errors = end([signal.SIGINT], 0, STUBBORN)
    assert (code, errors) == (130, "\nInterrupted.\n")


THREAD = """
    from image_classification.processes.stopping import stop_if_asked
    def train():
        while True:
            stop_if_asked()
            threading.Event().wait(0.01)
    thread = threading.Thread(target=train)
    thread.start()
    try:
        ready()
        threading.Event().wait(60)
    finally:
        thread.join()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_work_in_a_thread_stops(number):
    code, output, _ = end([number], 0, THREAD.strip())
    assert (code, output) == (CODES[number], "the end is recorded\n")
