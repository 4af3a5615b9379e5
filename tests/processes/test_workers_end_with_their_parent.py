"""A worker whose parent was killed ends at once, and replaces nothing meanwhile."""

import signal
import subprocess
import sys

import psutil
import pytest
from tests.programs import running

from image_classification.processes import parent

PROGRAM = """
import multiprocessing, os, sys, threading
from concurrent.futures import ProcessPoolExecutor
from image_classification.processes.parent import end_with_parent

def work(number):
    end_with_parent()
    os.write(1, b"%d\\n" % os.getpid())  # in one piece, as two write at once
    threading.Event().wait(300)

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(sys.argv[1])) as pool:
        list(pool.map(work, range(2)))
"""


@pytest.mark.parametrize(
    "method", ["fork", *(pytest.param(each, marks=pytest.mark.slow) for each in ("spawn", "forkserver"))]
)
def test_however_it_was_started(tmp_path, method):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    command = [sys.executable, script, method]
    with running(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        workers = [psutil.Process(int(process.stdout.readline())) for _ in range(2)]
        process.send_signal(signal.SIGKILL)
    assert psutil.wait_procs(workers, timeout=30)[1] == []


PUBLISHER = """
import multiprocessing, os, sys
from multiprocessing.connection import wait
from pathlib import Path
from image_classification.files import replacing

def publish():
    try:
        with replacing(Path(sys.argv[2])) as temporary:
            temporary.write_text("of the orphan")
            print(os.getpid(), flush=True)
            wait([multiprocessing.parent_process().sentinel])
    except RuntimeError as error:
        Path(sys.argv[3]).write_text(str(error))

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    worker = context.Process(target=publish)
    worker.start()
    worker.join()
"""


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_an_orphan_replaces_nothing(tmp_path, method):
    folder = tmp_path / "models"
    folder.mkdir()
    network = folder / "network"
    network.write_text("of somebody who trained since")
    script, reason = tmp_path / "program.py", tmp_path / "reason"
    script.write_text(PUBLISHER)
    command = [sys.executable, script, method, network, reason]
    with running(command, stdout=subprocess.PIPE) as process:
        worker = psutil.Process(int(process.stdout.readline()))
        process.send_signal(signal.SIGKILL)
    assert psutil.wait_procs([worker], timeout=30)[1] == []

    assert network.read_text() == "of somebody who trained since"
    assert [file.name for file in folder.iterdir()] == ["network"]
    assert reason.read_text().startswith(f"{network} stays as it was: the command")


def test_other_processes_have_no_parent_to_end_with():
    assert not parent.is_orphan()
    parent.end_with_parent()
