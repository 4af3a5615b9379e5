"""The pipelines, nodes and datasets that a command names, and where they are if not in its pipeline."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kedro.framework.project import pipelines
from kedro.pipeline import Pipeline

from image_classification.words import did_you_mean, nearest_names

DEFAULT = "__default__"
# by the name that Click gives the option
_NODES = ("from_nodes", "to_nodes", "node_names")
_DATASETS = ("from_inputs", "to_outputs")
_OPTIONS = (*_NODES, *_DATASETS, "namespaces")


@dataclass(frozen=True)
class Missing:
    """Names that a pipeline does not have.

    kind: "nodes", "datasets" or "namespaces".
    available: The names of that kind that it has.
    """

    kind: str
    names: list[str]
    available: list[str]


def missing_names(options: Mapping[str, Any], pipeline: Pipeline) -> Missing | None:
    """Return what the first option names that the pipeline does not have, None if it has everything."""
    for option in _OPTIONS:
        kind = "nodes" if option in _NODES else "datasets" if option in _DATASETS else option
        available = _names_of(kind, pipeline)
        if missing := [name for name in options.get(option) or () if name not in available]:
            return Missing(kind, missing, sorted(name for name in available if not name.startswith("param")))
    return None


def pipeline_with(options: Mapping[str, Any]) -> str | None:
    """Return the smallest pipeline that has everything the options name, None if there is none."""
    # the session has asked for some pipelines only
    pipelines.set_requested(None)
    having = [
        name for name in pipelines if name != DEFAULT and missing_names(options, pipelines[name]) is None
    ]
    return min(having, key=lambda name: len(pipelines[name].nodes), default=None)


def selection_message(options: Mapping[str, Any], arguments: Sequence[str]) -> str | None:
    """Say what is wrong with the pipelines, nodes or datasets that the options name; None if nothing is.

    Args:
        options: Of the command, by the names that Click gives them.
        arguments: The command line, to be written again with a pipeline that has what is missing.
    """
    pipelines.set_requested(None)
    available = sorted(pipelines.keys())
    names = options["pipelines"] or [DEFAULT]
    for name in names:
        if name not in available:
            return (
                f"There is no pipeline {name!r}{did_you_mean(nearest_names(name, available))} "
                f"There are: {', '.join(available)}."
            )
    missing = missing_names(options, sum((pipelines[name] for name in names), Pipeline([])))
    if missing is None:
        return None
    said = f"The pipeline has no {missing.kind} {', '.join(missing.names)}"
    if having := pipeline_with(options):
        command = shlex.join(["kedro", *_with_pipeline(arguments, having)])
        return f"{said}; the pipeline {having} has: {command}"
    nearest = list(
        dict.fromkeys(near for name in missing.names for near in nearest_names(name, missing.available))
    )
    return f"{said}{did_you_mean(nearest)} There are: {', '.join(missing.available)}."


def _names_of(kind: str, pipeline: Pipeline) -> set[str]:
    if kind == "nodes":
        return {node.name for node in pipeline.nodes}
    if kind == "datasets":
        return pipeline.datasets()
    spaces = [node.namespace.split(".") for node in pipeline.nodes if node.namespace]
    return {".".join(parts[:length]) for parts in spaces for length in range(1, len(parts) + 1)}


def _with_pipeline(arguments: Sequence[str], name: str) -> Iterator[str]:
    """Yield the arguments with this pipeline instead of any that they name."""
    waiting = iter(arguments)
    for argument in waiting:
        if argument in ("--pipeline", "-p", "--pipelines"):
            next(waiting, None)
        elif not argument.startswith(("--pipeline=", "--pipelines=")):
            yield argument
    yield from ("--pipeline", name)
