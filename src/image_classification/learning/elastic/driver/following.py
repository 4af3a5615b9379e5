"""The driver follows a training: what it says is said here, and what happens to this process, to it."""

import logging
import os
import queue
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from image_classification.console import say
from image_classification.errors import UserError
from image_classification.learning.checkpoints.interruptions import Interruptions
from image_classification.learning.elastic.children import AGENT, LOADED
from image_classification.learning.elastic.driver.referee import Referee
from image_classification.learning.elastic.driver.told import Guidance, Rounds
from image_classification.learning.elastic.events import Followed, ShownProgress, parsed, taken
from image_classification.learning.elastic.visitor import AgentSettings
from image_classification.learning.loop import EpochListener
from image_classification.networks import Classifier
from image_classification.processes.stopping import stop_if_asked

INTERVAL = 0.2  # seconds between two looks at signals
# seconds that the processes have to save what they have learned, and end
STOP = 30.0

logger = logging.getLogger("image_classification")


def follow(
    settings: AgentSettings,
    referee: Referee,
    guidance: Guidance,
    network: Classifier,
    on_epoch: Sequence[EpochListener],
) -> Followed:
    """Start the agent of this machine, and follow the training until it is over.

    An agent that was killed is started anew, as often as its processes may be.

    Raises:
        UserError: it failed.
        KeyboardInterrupt: this process, or the work in its threads, shall end; whatever else a signal raises.
    """
    followed = Followed()
    interruptions = Interruptions()
    interruptions.may_hold = True
    rounds = Rounds(referee, guidance)
    with interruptions.held_back(), closing(ShownProgress()) as progress:
        for _ in range(guidance.max_restarts + 1):
            with _RunningAgent(settings) as agent:
                agent.follow(followed, interruptions, network, on_epoch, progress, rounds)
            if followed.is_over or followed.refused or followed.cause:
                break
            if not interruptions.is_held and (number := agent.ended_by):
                say(f"The agent of this machine was ended by {number}: it is started anew.")
            if interruptions.is_held:
                referee.close("the training was interrupted")
                if way_on := guidance.way_on():
                    say(way_on)
                interruptions.may_hold = False
                # the signal may end this process without another step
                shutil.rmtree(settings.folder, ignore_errors=True)
                interruptions.deliver()
            referee.leave(settings.node)
    if followed.refused:
        raise UserError(followed.refused)
    if not followed.is_over:
        raise UserError(guidance.failure(followed.cause, is_closed=followed.is_closed))
    return followed


class _RunningAgent:
    """The agent of this machine, within the block."""

    def __init__(self, settings: AgentSettings) -> None:
        self._log = Path(settings.folder) / "log.txt"
        self._settings = settings
        self._lines: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> "_RunningAgent":
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603
                LOADED.command(AGENT),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | LOADED.variables,
                start_new_session=True,  # Ctrl-C is for the command, which ends the others in order
                encoding="utf-8",
            )
        assert self._process.stdin  # noqa: S101  (a pipe)
        with suppress(OSError):  # it has ended, which is seen below
            self._process.stdin.write(self._settings.model_dump_json() + "\n")
            self._process.stdin.flush()
        self._reader = threading.Thread(target=self._read, name="agent", daemon=True)
        self._reader.start()
        return self

    @property
    def ended_by(self) -> str:
        """The name of the signal that has ended it, "" if none has."""
        code = self._process.returncode or 0
        return signal.Signals(-code).name if code < 0 else ""

    def __exit__(self, *_error: object) -> None:
        self._end(0.0 if self._process.poll() is None else None)
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()

    def follow(
        self,
        followed: Followed,
        interruptions: Interruptions,
        network: Classifier,
        on_epoch: Sequence[EpochListener],
        progress: ShownProgress,
        rounds: Rounds,
    ) -> None:
        """Do what the lines of the first process ask for, until the agent has ended or shall end."""
        is_asked = False
        while True:
            stop_if_asked()
            if interruptions.is_held and not is_asked:
                is_asked = True
                threading.Thread(target=self._end, args=(STOP,), name="stopping", daemon=True).start()
            try:
                line = self._lines.get(timeout=INTERVAL)
            except queue.Empty:
                rounds.look()
                continue
            if line is None:
                break
            if event := parsed(line):
                progress.take(event)
                self._take(event, followed, rounds, network, on_epoch)
                if followed.refused:
                    break
        if tail := self._log.read_text(encoding="utf-8", errors="replace")[-4000:]:
            logger.debug("The processes of the training wrote:\n%s", tail)

    def _take(
        self,
        event: Mapping[str, Any],
        followed: Followed,
        rounds: Rounds,
        network: Classifier,
        on_epoch: Sequence[EpochListener],
    ) -> None:
        match event["kind"]:
            case "begun":
                rounds.begun(event)
            case "said":
                say(str(event["text"]))
            case "logged":
                logging.getLogger(event["name"]).log(event["level"], "%s", event["text"])
            case "epoch":
                followed.take_epoch(event, network, on_epoch)
            case "trained":
                followed.weights, followed.history = taken(event["weights"]), event["history"]
                followed.is_over = True
            case "refused":
                followed.refused = str(event["text"])
            case "failed":
                followed.cause, followed.is_closed = str(event["cause"]), bool(event["is_closed"])

    def _read(self) -> None:
        assert self._process.stdout  # noqa: S101  (a pipe)
        for line in self._process.stdout:
            self._lines.put(line)
        self._process.wait()
        self._lines.put(None)

    def _end(self, patience: float | None) -> None:
        """Ask the agent to end, and kill it after a while; None: it has ended."""
        if patience is None:
            return
        if patience:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)
                return
        assert self._process.stdin  # noqa: S101  (a pipe)
        with suppress(OSError):
            self._process.stdin.close()  # it kills its processes then, and ends
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP)
            return
        self._process.kill()
