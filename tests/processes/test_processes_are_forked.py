"""A process that is forked is what it would be by a Python of its own, but for the time that this takes."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from image_classification.processes import fork_command, forking
from image_classification.processes.forking import Loaded, fork_server_kept

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server is for Linux")
PROGRAM = """
import json, os, signal, sys, threading

def main():
    match sys.argv[1]:
        case "tell":
            print(json.dumps({
                "argv": sys.argv[1:], "folder": os.getcwd(), "variables": dict(os.environ),
                "read": sys.stdin.read(), "session": os.getsid(0) == os.getpid(),
                "loaded": [sys.modules["program"].LOADED_BY, os.getppid()],
            }))
            print("beside", file=sys.stderr)
        case "exit":
            sys.exit(json.loads(sys.argv[2]))
        case "fail":
            raise ValueError("the reason")
        case "signal":
            os.kill(os.getpid(), int(sys.argv[2]))
        case "wait":
            print(os.getpid(), flush=True)
            threading.Event().wait(60)
        case "defer":
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
            print(os.getpid(), flush=True)
            threading.Event().wait(60)

LOADED_BY = os.getpid()
if number := os.environ.get("SIGNAL_AT_FORK"):
    os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), int(number)))
if __name__ == "__main__":
    sys.modules["program"] = sys.modules["__main__"]
    main()
"""


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    (tmp_path / "program.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("IMAGE_CLASSIFICATION_FORK_SERVER", raising=False)
    # the tests of trainings in several processes keep one that has loaded other things
    monkeypatch.setattr(forking, "_SERVER", forking._Server())
    return Loaded(("program",))


@pytest.fixture
def kept(loaded: Loaded):
    with fork_server_kept():
        yield loaded


def run(loaded: Loaded, *arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        loaded.command("program", *arguments),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def start(loaded: Loaded, *arguments: str, **options) -> tuple[subprocess.Popen, psutil.Process]:
    """Start a program that waits; return its command, and itself."""
    command = subprocess.Popen(
        loaded.command("program", *arguments, **options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return command, psutil.Process(int(command.stdout.readline()))


@pytest.mark.parametrize("arguments", [[], ["a b", "ü", "--flag", ""]])
@pytest.mark.parametrize("read", ["", "zwölf\n" * 3, "x" * 300_000])
def test_files_folder_arguments_and_variables_are_those_of_the_command(kept, tmp_path, arguments, read):
    own = {**os.environ, "ÜBER": "ä=\n", "LONG": "y" * 100_000}
    own |= {"LC_ALL": "C.UTF-8"}  # or Python sets another itself

    done = run(kept, "tell", *arguments, cwd=tmp_path, env=own, input=read)

    told = json.loads(done.stdout)
    assert (told["argv"], told["folder"], told["read"]) == (["tell", *arguments], str(tmp_path), read)
    address = told["variables"].pop("IMAGE_CLASSIFICATION_FORK_SERVER")
    assert told["variables"] == own
    assert Path(address).is_socket()
    assert told["session"]
    assert told["loaded"][0] == told["loaded"][1] != os.getpid()  # what its parent has loaded is all it needs
    assert (done.stderr, done.returncode) == ("beside\n", 0)


@pytest.mark.parametrize("value", [None, 0, 1, 77, "a text"])
def test_it_ends_with_its_code(kept, value):
    done = run(kept, "exit", json.dumps(value))

    assert done.returncode == (value if isinstance(value, int) else int(value is not None))


def test_an_error_is_printed(kept):
    done = run(kept, "fail")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ValueError: the reason"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT])
def test_it_ends_by_the_signal_that_ends_the_process(kept, number):
    done = run(kept, "signal", str(int(number)))

    assert done.returncode == -number


@pytest.mark.parametrize(("what", "code"), [("wait", -signal.SIGTERM), ("defer", 7)])
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_signal_reaches_the_process_also_one_that_was_stopped(kept, what, code, is_stopped):
    command, process = start(kept, what)
    if is_stopped:
        process.suspend()

    command.terminate()

    assert command.wait(60) == code
    assert not process.is_running()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_process_is_itself_is_not_taken_for_the_servers(loaded, monkeypatch, number):
    monkeypatch.setenv("SIGNAL_AT_FORK", str(int(number)))
    with fork_server_kept():
        assert [run(loaded, "wait").returncode for _ in range(2)] == [-number, -number]


@pytest.mark.parametrize("is_stopped", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_server_has_named_the_process_is_passed_on_to_it(tmp_path, number, is_stopped):
    with socket.socket(socket.AF_UNIX) as listener:
        address = tmp_path / "at"
        listener.bind(str(address))
        listener.listen()
        command = subprocess.Popen([sys.executable, "-I", "-S", fork_command.__file__, address, "program"])
        server, _ = listener.accept()
        with server, subprocess.Popen(["sleep", "60"]) as process:
            server.recv(1)  # so that it has begun
            if is_stopped:
                process.send_signal(signal.SIGSTOP)
            command.send_signal(number)
            server.sendall(f"{process.pid}\n".encode())

            assert process.wait(60) == -number
            server.sendall(f"{-number}\n".encode())
        assert command.wait(60) == -number


def test_it_ends_with_its_command(kept):
    command, process = start(kept, "wait")

    command.kill()

    process.wait(60)


def test_several_live_beside_each_other(kept):
    both = [start(kept, "wait") for _ in range(3)]
    both[1][1].kill()

    assert both[1][0].wait(60) == -signal.SIGKILL
    assert [process.is_running() for _, process in both] == [True, False, True]
    assert run(kept, "exit", "5").returncode == 5


def test_one_server_serves_blocks_within_blocks_and_ends_with_the_last(loaded):
    with fork_server_kept():
        with fork_server_kept():
            first = json.loads(run(loaded, "tell").stdout)
        again = json.loads(run(loaded, "tell").stdout)
        command, process = start(loaded, "wait")
    assert first["loaded"] == again["loaded"]
    process.wait(60)
    assert command.wait(60) == 1
    assert not psutil.pid_exists(first["loaded"][0])
    assert not Path(first["variables"]["IMAGE_CLASSIFICATION_FORK_SERVER"]).parent.exists()


def test_outside_a_block_it_is_a_python_of_its_own(loaded):
    assert loaded.command("program", "tell") == [sys.executable, "-m", "program", "tell"]
    told = json.loads(run(loaded, "tell").stdout)
    assert "IMAGE_CLASSIFICATION_FORK_SERVER" not in told["variables"]
    assert told["loaded"][1] == os.getpid()


def test_a_server_that_was_killed_is_replaced(kept):
    before = json.loads(run(kept, "tell").stdout)
    old = kept.command("program", "exit", "3")
    psutil.Process(before["loaded"][0]).kill()

    # a command that was made before runs too
    assert subprocess.run(old, check=False).returncode == 3
    assert json.loads(run(kept, "tell").stdout)["loaded"][0] != before["loaded"][0]


def test_without_what_it_should_load_the_command_says_so(kept, tmp_path):
    (tmp_path / "program.py").write_text("raise ImportError('no such library')")

    done = run(kept, "tell")

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "ImportError: no such library"


def test_where_no_socket_can_have_its_name_it_goes_without(loaded, tmp_path, monkeypatch):
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))

    with fork_server_kept():
        assert loaded.command("program") == [sys.executable, "-m", "program"]
    assert list(long.iterdir()) == []


DRIVER = """
import subprocess, sys
from image_classification.processes.forking import Loaded, fork_server_kept
with fork_server_kept():
    subprocess.run(Loaded(("program",)).command("program", "wait", with_parent=True))
"""


def test_all_ends_with_a_driver_that_is_killed(loaded):
    with subprocess.Popen([sys.executable, "-c", DRIVER], stdout=subprocess.PIPE, text=True) as driver:
        process = psutil.Process(int(driver.stdout.readline()))
        server = process.parent()
        (command,) = [each for each in psutil.Process(driver.pid).children() if each != server]
        sockets = [each.laddr for each in server.net_connections("unix") if each.laddr]
        folder = Path(sockets[0]).parent
        driver.kill()
    assert psutil.wait_procs([process, server, command], timeout=60)[1] == []
    assert not folder.exists()
