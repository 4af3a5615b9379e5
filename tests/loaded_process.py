"""Commands that start at once, each forked from a process that has loaded the libraries, and no code of ours.

To load PyTorch, MLflow and pandas takes three quarters of the time of a short command. What a command does
from its first line on is the same as in a process of its own: it finds the code that its environment names,
and ends as Python ends.
"""

import json
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

LIBRARIES = (
    "IPython",
    "alembic.command",
    "jinja2",
    "kedro.io",
    "kedro.pipeline",
    "matplotlib.figure",
    "mlflow.pyfunc",
    "omegaconf",
    "pandas",
    "plotly.graph_objects",
    "pyarrow.parquet",
    "rich.console",
    "scipy.stats",
    "sklearn.datasets",
    "sklearn.metrics",
    "sqlalchemy.orm",
    "torch._dynamo",
    "torch.export",
    "torch.onnx",
)
# what the package sets before it loads MLflow; and one thread, for a fork has no other
VARIABLES = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_LOGGING_LEVEL": "ERROR", "OMP_NUM_THREADS": "1"}
TIMEOUT = 300  # seconds


class LoadedProcess:
    """A process that waits, with the libraries loaded, for commands to run."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment | VARIABLES,
        )

    def run(
        self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run `python -m <arguments>` in a folder."""
        assert self._process.stdin
        with tempfile.TemporaryDirectory() as outputs:
            texts = [Path(outputs) / name for name in ("stdout", "stderr")]
            request = {
                "folder": str(folder),
                "arguments": arguments,
                "environment": dict(environment),
                "outputs": [str(path) for path in texts],
            }
            print(json.dumps(request), file=self._process.stdin, flush=True)
            process_id = self._answer()
            timer = threading.Timer(TIMEOUT, os.kill, (process_id, 9))
            timer.start()
            code = self._answer()
            timer.cancel()
            stdout, stderr = (path.read_text(encoding="utf-8") for path in texts)
        return subprocess.CompletedProcess(["python", "-m", *arguments], code, stdout, stderr)

    def close(self) -> None:
        self._process.communicate()

    def _answer(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def serve() -> None:
    """Run what is asked for on stdin, a line of JSON each; answer with process id and, in the end, code."""
    for library in LIBRARIES:
        import_module(library)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(**json.loads(line))
            return
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(folder: str, arguments: list[str], environment: dict[str, str], outputs: list[str]) -> None:
    """Be a process that was started as `python -m <arguments>` in a folder."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in enumerate(outputs, 1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:0] = [folder, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv[:] = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
