"""The tasks of a DAG file of Airflow, read from its text: nothing in it is executed.

Two kinds are known: those of the project's own template (`conf/airflow_dag.py.j2`), whose tasks are a
literal, and those of kedro-airflow's, where each task is a function that names its nodes or namespaces.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from image_classification.deployment.groups import Group
from image_classification.errors import UserError
from image_classification.files.paths import shortened

_PIPELINE, _ENV, _CONF_SOURCE, _RUN_PARAMS, _TASKS = (
    "pipeline_name",
    "env",
    "conf_source",
    "run_params",
    "tasks",
)
_NODES, _NAMESPACES = "node_names", "namespaces"


@dataclass(frozen=True)
class DagTask:
    """A task, with the nodes that it runs by their names, or by their namespaces."""

    name: str
    nodes: tuple[str, ...]
    namespaces: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class DagFile:
    """What a file says of its DAG."""

    path: Path
    pipeline: str
    env: str
    conf_source: str
    run_params: str
    tasks: tuple[DagTask, ...]

    def groups(self, pipeline: Pipeline) -> list[Group]:
        """Return the tasks as groups of a pipeline's nodes; of one that it does not have, too."""
        return [
            Group(task.name, (*task.nodes, *_in_namespaces(task.namespaces, pipeline)), task.after)
            for task in self.tasks
        ]


def _in_namespaces(namespaces: tuple[str, ...], pipeline: Pipeline) -> Iterator[str]:
    for node in pipeline.nodes:
        if any(f"{node.namespace}.".startswith(f"{namespace}.") for namespace in namespaces):
            yield node.name


def read_dag_file(path: Path) -> DagFile:
    """Read the tasks of a DAG.

    Raises:
        UserError: the file cannot be read, or is none of the two kinds.
    """
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{shortened(str(path))} cannot be read: {error.strerror}.") from error
    except (SyntaxError, ValueError, RecursionError) as error:
        raise UserError(f"{shortened(str(path))} is no Python file: {error}.") from error
    said = _constants(module)
    tasks = tuple(_of_literal(said[_TASKS]) if _TASKS in said else _of_functions(module))
    if not tasks or not isinstance(said.get(_PIPELINE), str):
        raise UserError(
            f"{shortened(str(path))} has no tasks of a Kedro pipeline.\nExpected a file that `kedro airflow "
            "create` has made, by conf/airflow_dag.py.j2 or the template of kedro-airflow 0.11 or newer."
        )
    env, source, params = (str(said.get(name) or "") for name in (_ENV, _CONF_SOURCE, _RUN_PARAMS))
    return DagFile(path, said[_PIPELINE], env, source, params, tasks)


def _constants(module: ast.Module) -> dict[str, Any]:
    """Return the literals that the module assigns to names, in lower case; of `"" or …` the first."""
    found: dict[str, Any] = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = statement.value.values[0] if isinstance(statement.value, ast.BoolOp) else statement.value
            literal = _literal(value)
            if literal is not None:
                found[statement.targets[0].id.lower()] = literal
    return found


def _literal(value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _of_literal(tasks: Any) -> Iterator[DagTask]:
    """Read `{"task": {"nodes": ["node"], "after": ["task"]}}`."""
    for name, task in tasks.items() if isinstance(tasks, dict) else ():
        if isinstance(task, dict):
            yield DagTask(str(name), _texts(task.get("nodes")), (), _texts(task.get("after")))


def _of_functions(module: ast.Module) -> Iterator[DagTask]:
    """Read functions that call one with `node_names=[…]` or `namespaces=[…]`, and `x["a"] >> x["b"]`."""
    called: dict[str, str] = {}
    for each in ast.walk(module):
        called |= _keys_of_calls(each)
    after: dict[str, list[str]] = {}
    for each in ast.walk(module):
        if isinstance(each, ast.BinOp) and isinstance(each.op, ast.RShift):
            first, second = _key(each.left), _key(each.right)
            if first and second:
                after.setdefault(second, []).append(first)
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef) and function.name in called:
            given = {word.arg: _literal(word.value) for word in _keywords(function)}
            name = called[function.name]
            nodes, namespaces = _texts(given.get(_NODES)), _texts(given.get(_NAMESPACES))
            yield DagTask(name, nodes, namespaces, tuple(after.get(name, ())))


def _keys_of_calls(node: ast.AST) -> dict[str, str]:
    """Return of `{"task-id": function()}` the task by its function's name: `{"function": "task-id"}`."""
    if not isinstance(node, ast.Dict):
        return {}
    return {
        value.func.id: key.value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
        and isinstance(key.value, str)
        and isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
    }


def _keywords(function: ast.FunctionDef) -> Iterator[ast.keyword]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield from node.keywords


def _key(node: ast.expr) -> str:
    key = node.slice.value if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) else ""
    return key if isinstance(key, str) else ""


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(map(str, values)) if isinstance(values, list | tuple) else ()
