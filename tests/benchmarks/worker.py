"""A side of a benchmark in a process of its own, which measures whenever it is asked.

So the thread pools of two libraries never share a process, and what a library needs to start or to compile is
over before the first measurement. The side is a script that calls `serve`.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.benchmarks.benchmark import ROOT, UnavailableError

READY, MEASURE = "ready", "measure"


def serve(measure: Callable[[], Mapping[str, float]]) -> None:
    """In the side's process: answer every line of the input with what `measure` returns, in JSON."""
    # whatever libraries print must not be taken for an answer
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({READY: 1.0}), file=answers, flush=True)
    for line in sys.stdin:
        if line.strip() == MEASURE:
            print(json.dumps(measure()), file=answers, flush=True)


class Worker:
    """The other end: starts the script, waits until it is ready, and asks it to measure.

    Raises:
        UnavailableError: the script lacks a package.
        RuntimeError: it ended for another reason, with the end of what it said.
    """

    def __init__(self, python: Path, module: str, *arguments: str, log: Path) -> None:
        self._log = log
        self.last: Mapping[str, float] = {}
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [str(python), "-W", "ignore", "-m", module, *arguments],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def measure(self) -> float:
        """Have it measure once; the seconds. What else it measured is in `last`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{MEASURE}\n")
        self._process.stdin.flush()
        self.last = self._answer()
        return self.last["seconds"]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            answer: dict[str, float] = json.loads(line)
            return answer
        self._process.wait()
        said = self._log.read_text()[-1500:].strip()
        last_line = said.splitlines()[-1] if said else "it said nothing"
        if last_line.startswith("ModuleNotFoundError"):
            raise UnavailableError(f"{last_line}; `make bench` installs all that is needed")
        raise RuntimeError(f"{self._log.stem} ended: {last_line}\n{said}")
