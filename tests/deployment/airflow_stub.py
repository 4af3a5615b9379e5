"""So much of Airflow that a DAG file can be read without it; what its tasks would run is really run.

A task's environment is a template to Airflow, filled in when the task begins.
"""

import os
import runpy
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2
import pytest
from tests.loaded_process import LoadedProcess


class Operator:
    """A task as the file declares it."""

    def __init__(self, **given: Any) -> None:
        self.given = given
        self.after: list[Operator] = []

    def __rshift__(self, later: "Operator") -> "Operator":
        later.after.append(self)
        return later

    def environment(self, params: Mapping[str, str]) -> dict[str, str]:
        """Fill in the environment of the task."""
        return {name: jinja2.Template(text).render(params=params) for name, text in self.given["env"].items()}

    def module(self) -> list[str]:
        """Return what comes after `python -m` in the command of the task, but for the parameters."""
        _, _, option, *words = shlex.split(self.given["bash_command"])
        assert (option, words[-1]) == ("-m", "$RUN_PARAMS")
        return words[:-1]

    def run_in(self, process: LoadedProcess, params: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run what the task runs in a process that has loaded the libraries."""
        environment = os.environ | self.environment(params)
        arguments = [*self.module(), environment["RUN_PARAMS"]]
        return process.run(Path(self.given["cwd"]), arguments, environment)

    def run(self, params: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run what the task runs, as a shell of its own."""
        command = ["bash", "-c", self.given["bash_command"]]
        environment = os.environ | self.environment(params)
        return subprocess.run(
            command, cwd=self.given["cwd"], env=environment, capture_output=True, text=True, check=False
        )


class Dag:
    """A DAG, and the operators that the file makes within it."""

    def __init__(self, **given: Any) -> None:
        self.given = given

    def __enter__(self) -> "Dag":
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the DAG as it is."""

    @property
    def params(self) -> dict[str, str]:
        return self.given["params"]


def load(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Dag, list[Operator]]:
    """Execute a DAG file; return its DAG, and its tasks in an order in which they can run."""
    dags: list[Dag] = []
    operators: list[Operator] = []

    def dag(**given: Any) -> Dag:
        dags.append(Dag(**given))
        return dags[-1]

    def operator(**given: Any) -> Operator:
        operators.append(Operator(**given))
        return operators[-1]

    sdk: Any = ModuleType("airflow.sdk")
    sdk.DAG, sdk.Param = dag, lambda value, **_: value
    bash: Any = ModuleType("airflow.providers.standard.operators.bash")
    bash.BashOperator = operator
    for module in (sdk, bash):
        for end in range(1, module.__name__.count(".") + 1):
            parent = ".".join(module.__name__.split(".")[:end])
            monkeypatch.setitem(sys.modules, parent, sys.modules.get(parent) or ModuleType(parent))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    runpy.run_path(str(path))
    ordered: list[Operator] = []
    while waiting := [each for each in operators if each not in ordered]:
        ordered += [each for each in waiting if all(before in ordered for before in each.after)]
    return dags[0], ordered
