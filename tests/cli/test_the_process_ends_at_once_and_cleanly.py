"""A command ends without taking its libraries apart, and still does all that Python does at an exit."""

import gc
import subprocess
import sys

import pytest

from image_classification.cli import process

SCRIPT = """
import atexit, sys, threading
from image_classification.cli.process import leave
class Witness:
    def __del__(self): print("taken apart", file=sys.stderr)
witness = Witness()
atexit.register(lambda: print("exit function"))
sys.argv[0] = {program!r}
{before}
print("last words")
leave({code!r})
print("still here")
"""


def end(program: str, code: object = 0, before: str = "") -> "subprocess.CompletedProcess[str]":
    script = SCRIPT.format(program=program, code=code, before=before)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "program", ["/x/bin/kedro", "/x/image-classification", "/x/image_classification/__main__.py"]
)
def test_a_command_runs_its_exit_functions_and_flushes(program):
    finished = end(program, 3)
    assert (finished.returncode, finished.stdout, finished.stderr) == (3, "last words\nexit function\n", "")


def test_no_code_is_success():
    assert end("kedro", None).returncode == 0


@pytest.mark.parametrize(
    ("program", "before"),
    [
        ("/x/bin/pytest", ""),
        ("kedro", "sys.setprofile(lambda *_: None)"),
        ("kedro", "done = threading.Event(); threading.Thread(target=done.wait).start()"),
    ],
)
def test_other_processes_are_left_alone(program, before):
    script = SCRIPT.format(program=program, code=3, before=before)
    if "done" in before:
        script += "done.set()\n"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert finished.returncode == 0
    assert finished.stdout == "last words\nstill here\nexit function\n"


def test_the_hook_ends_what_imports_the_pipelines_alone(monkeypatch):
    left = []
    monkeypatch.setattr(process, "leave", left.append)
    hook = process.LeavingHook()
    hook.after_command_run(command_args=["viz", "run"], exit_code=0)
    assert left == []
    hook.after_command_run(command_args=["run", "--pipeline", "training"], exit_code=1)
    assert left == [1]
    hook.after_command_run(command_args=["registry", "list"], exit_code=0)
    assert left == [1, 0]


def test_full_collections_are_as_before_after_a_run():
    before = gc.get_threshold()
    with process.fewer_full_collections():
        young, middle, _ = gc.get_threshold()
        assert (young, middle) == before[:2]
        assert gc.get_threshold()[2] >= process.FULL_COLLECTION_AFTER
    assert gc.get_threshold() == before


WITNESS = """
import os
class Witness:
    def __del__(self, write=os.write): write(1, b"taken apart")
witness = Witness()
"""


@pytest.mark.parametrize(
    ("before", "leaves"),
    [
        ("", True),
        pytest.param("import sys\nsys.setprofile(lambda *_: None)\n", False, marks=pytest.mark.slow),
    ],
)
def test_a_run_leaves_by_the_hook(run_new_process, small_project, before, leaves):
    """What Python does last, after the exit functions, is to drop the objects of the modules."""
    settings = small_project / "src" / "small_project" / "settings.py"
    settings.write_text(settings.read_text() + before + WITNESS)
    finished = run_new_process(small_project, "kedro", "run")
    assert finished.returncode == 0, finished.stderr
    assert ("taken apart" in finished.stdout) == (not leaves)


def test_an_error_that_escaped_the_command_is_left_to_python(monkeypatch):
    left = []
    monkeypatch.setattr(process, "leave", left.append)

    try:
        raise RuntimeError("unsaid")
    except RuntimeError:
        process.LeavingHook().after_command_run(["run"], 1)

    assert left == []
