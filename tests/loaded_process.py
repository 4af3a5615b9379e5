"""Commands that start at once, each forked from a process that has loaded the libraries, and no code of ours.

To load PyTorch, MLflow and pandas takes three quarters of the time of a short command. What a command does
from its first line on is the same as in a process of its own: it finds the code that its environment names,
and ends as Python ends. Only its pictures are one black pixel each.
"""

import gc
import json
import os
import runpy
import signal
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
    "cryptography.hazmat.primitives.ciphers.aead",
    "dynaconf",
    "flask",
    "fsspec.implementations.local",
    "jinja2",
    "kedro.io",
    "kedro.pipeline",
    "kedro_datasets.json.json_dataset",
    "kedro_datasets.pandas.csv_dataset",
    "kedro_datasets.pandas.parquet_dataset",
    "matplotlib.pyplot",
    "mlflow.pyfunc",
    "mlflow.pytorch",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.system_metrics.metrics.cpu_monitor",
    "networkx",
    "omegaconf",
    "optuna.importance",
    "pandas",
    "pathspec",
    "plotly.express",
    "pyarrow.parquet",
    "rich.logging",
    "scipy.stats",
    "sklearn.datasets",
    "sklearn.metrics",
    "sqlalchemy.dialects.sqlite",
    "torch._dynamo",
    "torch.distributed",
    "torch.export._trace",
    "torch.onnx",
)
# what the package sets before it loads MLflow; and one thread, for a fork has no other
VARIABLES = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_LOGGING_LEVEL": "ERROR", "OMP_NUM_THREADS": "1"}
TIMEOUT = 300  # seconds


class LoadedProcess:
    """A process that waits, with the libraries loaded, for commands to run; several may run at once."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment | VARIABLES,
        )
        # the numbers of the commands' processes: until one is waited for, it cannot be another's
        self._running: set[int] = set()

    def run(
        self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run `python -m <arguments>` in a folder."""
        with tempfile.TemporaryDirectory() as outputs:
            stdout, stderr = (Path(outputs) / name for name in ("stdout", "stderr"))
            process_id = self.start(folder, arguments, environment, stdout, stderr)
            timer = threading.Timer(TIMEOUT, os.kill, (process_id, signal.SIGKILL))
            timer.start()
            code = self.wait(process_id)
            timer.cancel()
            texts = (path.read_text(encoding="utf-8") for path in (stdout, stderr))
            return subprocess.CompletedProcess(arguments, code, *texts)

    def start(
        self,
        folder: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        stdout: Path,
        stderr: Path,
    ) -> int:
        """Start `python -m <arguments>` with its outputs in files; return the id of the process."""
        request = {
            "folder": str(folder),
            "arguments": list(arguments),
            "environment": dict(environment),
            "outputs": [str(stdout), str(stderr)],
        }
        process = self._answer(request)
        self._running.add(process)
        return process

    def wait(self, process: int) -> int:
        """Wait for a command that was started; return its code, of a signal the negative number."""
        code = self._answer(process)
        self._running.remove(process)
        return code

    def end_all(self) -> None:
        """Kill what a test that failed has not waited for."""
        for process in list(self._running):
            os.kill(process, signal.SIGKILL)
            self.wait(process)

    def close(self) -> None:
        """End it, without Python's taking apart of all that was loaded."""
        self._process.kill()
        self._process.communicate()

    def _answer(self, request: Mapping[str, object] | int) -> int:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


def serve() -> None:
    """Start what a line of stdin asks for and answer with its number; answer a number with its code."""
    load()
    for line in sys.stdin:
        request = json.loads(line)
        if isinstance(request, int):
            print(os.waitstatus_to_exitcode(os.waitpid(request, 0)[1]), flush=True)
            continue
        child = os.fork()
        if not child:
            become(**request)
            return
        print(child, flush=True)
    os._exit(0)  # some libraries have last words where Python takes them apart


def load() -> None:
    """Load the libraries, and do once what the first use of some does."""
    for library in LIBRARIES:
        import_module(library)
    from matplotlib.figure import Figure  # noqa: PLC0415
    from plotly import graph_objects  # noqa: PLC0415
    from sqlalchemy.orm import configure_mappers  # noqa: PLC0415

    configure_mappers()
    graph_objects.Figure(graph_objects.Scatter(x=[0], y=[0])).update_layout(template="plotly_white").to_json()
    shortcuts = runpy.run_path(str(Path(__file__).with_name("shortcuts.py")))
    shortcuts["take"]()
    Figure.savefig = shortcuts["save_undrawn"]
    # asked for by each model: which package each of a thousand modules is of
    import_module("mlflow.utils.requirements_utils")._init_packages_to_modules_map()
    gc.freeze()  # or the first collection of each command would copy all of it


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
