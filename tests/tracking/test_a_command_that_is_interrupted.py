"""Whatever signals end a command, and whenever: its run is KILLED, its code is that of the first one."""

import os
import random
import signal
import threading
from contextlib import ExitStack, suppress
from itertools import product

import psutil
import pytest

PROGRAM = """
import runpy, signal, sys, time
# as in a terminal, also where whoever runs the tests ignores them, as nohup and a shell's background do
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
then, runner, moment = sys.argv[1:]
sys.argv[1:] = ["run", "--runner", runner, "--params", f"then={then}"]
if moment:
    from mlflow import MlflowClient
    real = getattr(MlflowClient, moment)

    def slow(*arguments, **options):
        print("now", flush=True)
        result = real(*arguments, **options)
        time.sleep(0.3)
        return result

    setattr(MlflowClient, moment, slow)
runpy.run_module("kedro", run_name="__main__", alter_sys=True)
"""
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
WORDS = {
    signal.SIGINT: "Interrupted",
    signal.SIGTERM: "Ended by SIGTERM",
    signal.SIGHUP: "Ended by SIGHUP",
}
# what the command does when the first signal comes, by what MLflow is told then
MOMENTS = {
    "opening": "create_run",
    "describing itself": "log_batch",
    "saving the model": "create_logged_model",
    "recording files": "log_artifact",
    "closing": "set_terminated",
}


@pytest.fixture
def interrupt(tracked_project, loaded_process, tmp_path):
    """Run the command up to a moment, send signals with a pause between; return code and what was printed."""
    (tmp_path / "program.py").write_text(PROGRAM)
    stdout, stderr = tmp_path / "stdout", tmp_path / "stderr"
    os.mkfifo(stdout)

    def interrupted(numbers, pause, then="go on for ever", runner="SequentialRunner", moment="", before=None):
        arguments = ["program", then, runner, MOMENTS.get(moment, "")]
        variables = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
        }
        number = loaded_process.start(tracked_project.path, arguments, variables, stdout, stderr)
        # kept open: to write to a pipe that nobody reads would end the run in another way
        reader = open_files.enter_context(stdout.open(encoding="utf-8"))
        sign = "now" if moment else "epoch 1 is over"
        assert any(line.startswith(sign) for line in reader), stderr.read_text()
        if before:
            before(number)
        for signal_number in numbers:
            with suppress(ProcessLookupError):  # it has ended before the next one
                os.kill(number, signal_number)
            threading.Event().wait(pause)
        return loaded_process.wait(number), stderr.read_text()

    with ExitStack() as open_files:
        yield interrupted


def check(tracked_project, result, number):
    code, errors = result
    assert (code, errors) == (CODES[number], f"\n{WORDS[number]}.\n")
    (run,) = tracked_project.runs()
    assert run.info.status == "KILLED"
    assert run.info.end_time >= run.info.start_time
    assert run.data.tags["killed_by"].split()[0] == number.name
    assert not (tracked_project.path / "mlpending").exists()


@pytest.mark.slow
def test_twice_in_the_training(tracked_project, interrupt):
    check(tracked_project, interrupt([signal.SIGINT, signal.SIGINT], 0.1), signal.SIGINT)


@pytest.mark.slow
def test_while_the_run_opens(tracked_project, interrupt):
    check(tracked_project, interrupt([signal.SIGTERM], 0, moment="opening"), signal.SIGTERM)


@pytest.mark.slow
def test_a_training_in_a_thread(tracked_project, interrupt):
    check(tracked_project, interrupt([signal.SIGINT], 0, runner="ThreadRunner"), signal.SIGINT)


@pytest.mark.slow
def test_a_training_in_a_process(tracked_project, interrupt):
    check(tracked_project, interrupt([signal.SIGINT], 0, runner="ParallelRunner"), signal.SIGINT)


@pytest.mark.parametrize(
    "runner", ["SequentialRunner", pytest.param("ParallelRunner", marks=pytest.mark.slow)]
)
def test_killed_outright_it_is_closed_by_the_next_run(tracked_project, interrupt, runner):
    processes = []

    def and_its_workers(number):
        processes.extend(psutil.Process(number).children(recursive=True))

    code, _ = interrupt([signal.SIGKILL], 0, runner=runner, before=and_its_workers)
    assert code == -signal.SIGKILL
    assert psutil.wait_procs(processes, timeout=60)[1] == []  # nothing goes on without it
    assert [run.info.status for run in tracked_project.runs()] == ["RUNNING"]

    tracked_project.run()
    assert sorted(run.info.status for run in tracked_project.runs()) == ["FINISHED", "KILLED"]


@pytest.mark.slow
def test_a_node_in_a_thread_that_asks_for_nothing(tracked_project, interrupt):
    check(tracked_project, interrupt([signal.SIGINT], 0, "wait", "ThreadRunner"), signal.SIGINT)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("runner", ["ThreadRunner", "ParallelRunner"])
def test_by_other_signals_with_other_runners(tracked_project, interrupt, runner, number):
    check(tracked_project, interrupt([number], 0, runner=runner), number)


CASES = list(
    product([*product(CODES, CODES), *([number] * 5 for number in CODES)], (0.01, 0.1, 0.5), ("", *MOMENTS))
)


@pytest.mark.slow
@pytest.mark.parametrize(("numbers", "pause", "moment"), random.Random(0).sample(CASES, 12))
def test_again_and_again_at_any_moment(tracked_project, interrupt, numbers, pause, moment):
    then = "go on" if moment else "go on for ever"
    check(tracked_project, interrupt(numbers, pause, then, moment=moment), numbers[0])
