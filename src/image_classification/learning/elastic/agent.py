"""The agent of one machine: torch's own, which starts the processes of a training and starts them anew.

The driver tells it all by its standard input, a line of JSON: command lines are read by everybody. When that
input ends, so has the driver.
"""

import json
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException, Std
from torch.distributed.elastic.multiprocessing import api as processes
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.elastic.rendezvous import (
    RendezvousClosedError,
    RendezvousError,
    rendezvous_handler_registry,
)
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from image_classification.learning.elastic.addresses import interface_of
from image_classification.learning.elastic.children import call_this_process, end_with, worker_command
from image_classification.learning.elastic.rendezvous import BACKEND, DriverRendezvous
from image_classification.learning.elastic.visitor import AgentSettings, DriverGoneError, Visitor

# seconds between two looks at the processes, and for which one that shall end may go on
LOOK, SHUTDOWN = 0.2, 20


class Agent:
    """Runs the processes of this machine until the training is over.

    Args:
        settings: of the training.
        tell: shows a line to the person at this machine.

    Attributes:
        is_closed: whether the driver has said that there is nothing more to do, which no restart changes.
    """

    def __init__(self, settings: AgentSettings, tell: Callable[[str], None]) -> None:
        self._settings, self._tell = settings, tell
        self._visitor = Visitor(settings.host, settings.port, settings.token)
        self.is_closed = False

    def run(self) -> str:
        """Return "" when the training is over, else why it is not.

        Raises:
            SignalException: this process was asked to end.
        """
        settings = self._settings
        self._prepare_environment()
        name = os.uname().nodename if hasattr(os, "uname") else "machine"
        handler = DriverRendezvous(
            self._visitor, (settings.host, settings.store), settings.node, name, self._tell_full
        )
        rendezvous_handler_registry.register(BACKEND, lambda _: handler)
        config = LaunchConfig(
            min_nodes=settings.fewest,
            max_nodes=settings.most,
            nproc_per_node=settings.processes,
            run_id=BACKEND,
            rdzv_backend=BACKEND,
            max_restarts=settings.max_restarts,
            monitor_interval=LOOK,
            local_addr=settings.address,
            logs_specs=DefaultLogsSpecs(str(Path(settings.folder) / "logs"), redirects=Std.ERR),
            shutdown_timeout=SHUTDOWN,
        )
        program, *arguments = worker_command(settings.folder)
        _tell_of_signals(self._tell)
        try:
            elastic_launch(config, program)(*arguments)
        except ChildFailedError as error:
            return _cause(error)
        except RendezvousClosedError as error:
            self.is_closed = True
            return str(error)
        except RendezvousError as error:
            return str(error)
        finally:
            handler.shutdown()
            with suppress(DriverGoneError):
                self._visitor.ask("/leave", node=settings.node)
        return ""

    def _tell_full(self) -> None:
        self._tell(
            f"All {self._settings.most} places are taken: this machine waits, and takes part once another is "
            "lost or leaves."
        )

    def _prepare_environment(self) -> None:
        # all machines have as many processes: their numbers follow from those of the machines
        os.environ["TORCH_ELASTIC_WORKER_IDENTICAL"] = "1"
        if interface := interface_of(self._settings.address):
            os.environ["GLOO_SOCKET_IFNAME"] = os.environ["NCCL_SOCKET_IFNAME"] = interface


def _tell_of_signals(tell: Callable[[str], None]) -> None:
    """Have it told when a signal has ended a process: torch only starts all of them anew."""

    class ToldFailure(ProcessFailure):
        def __post_init__(self) -> None:
            super().__post_init__()  # type: ignore[no-untyped-call]
            # with SIGTERM torch itself ends the others
            if self.exitcode < 0 and self.exitcode != -signal.SIGTERM:
                tell(f"One of the processes here was ended by {self.signal_name()}.")

    processes.ProcessFailure = ToldFailure  # type: ignore[attr-defined]  # it makes one of each that has failed


def _cause(error: ChildFailedError) -> str:
    # what the agent itself has ended, because another had failed, often bears the same second
    own = {rank: each for rank, each in error.failures.items() if each.exitcode != -signal.SIGTERM}
    # what a signal ended comes first: the errors of the others in that second are that it no longer answers
    rank, failure = min(
        (own or error.failures).items(), key=lambda item: (item[1].exitcode >= 0, item[1].timestamp)
    )
    message = failure.message
    if isinstance(message, dict):
        message = message.get("message", "")
    if failure.exitcode < 0:
        message = f"was ended by {failure.signal_name()}"
    else:
        message = f"failed: {str(message).strip().splitlines()[0] if message else f'code {failure.exitcode}'}"
    return f"process {rank} {message}"


def end_with_driver(parent: int, folder: Path) -> None:
    """Have this process, and all that it has started, end with the driver.

    Its standard input ends then, unless a process that the driver has forked holds the other end.

    Args:
        parent: the number of the driver's process.
        folder: of the job, that nobody else removes then.
    """

    def clear() -> None:
        end_children()
        shutil.rmtree(folder, ignore_errors=True)

    def watch() -> None:
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        clear()
        os._exit(1)

    threading.Thread(target=watch, name="driver", daemon=True).start()
    end_with(parent, clear)


def end_children() -> None:
    """Kill all processes that this one has started, and those that they have."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()


def main() -> None:
    """Run the agent that the standard input describes; write why it failed to the standard output."""
    call_this_process("training: agent")
    logging.basicConfig(stream=sys.stderr)
    parent = os.getppid()
    settings = AgentSettings.model_validate_json(_first_line())
    end_with_driver(parent, Path(settings.folder))
    agent = Agent(settings, lambda text: _send(kind="said", text=text))
    try:
        cause = agent.run()
    except SignalException as error:
        end_children()
        os._exit(128 + error.sigval)
    except Exception as error:
        logging.getLogger(__name__).exception("The agent failed.")
        cause = f"the agent failed: {error}"
    if cause:
        _send(kind="failed", cause=cause, is_closed=agent.is_closed)
    os._exit(1 if cause else 0)


def _send(**event: Any) -> None:
    """Tell the driver, in one piece: the first process of the training writes to the same pipe."""
    os.write(1, (json.dumps(event) + "\n").encode())


def _first_line() -> bytes:
    """Read no further than the line: what comes after is for the thread that waits for the end."""
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return bytes(line)


if __name__ == "__main__":
    main()
