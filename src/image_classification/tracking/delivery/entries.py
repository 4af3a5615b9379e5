"""What is written to a run, as data: it can be sent, kept in a file, and sent by another process later.

What is sent twice does no harm: MLflow keeps one of two equal metrics, parameters and tags. But how a run has
ended is true only until another process goes on with it (`without_end`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, ErrorCode

from image_classification.tracking.delivery.model_entry import KEY, send_model
from image_classification.words import count_of

METRICS, PARAMETERS, TAGS, NAME = "metrics", "parameters", "tags", "name"
FILE, MODEL, END = "file", "model", "end"
# what lies in the storage of files, which may fail while the store of runs does not
STORED = frozenset({FILE, MODEL})
# tags that say how a run has ended; the last one is MLflow's own, the text on the page of the run
KILLED_BY, ERROR, ENDED_IN, DESCRIPTION = "killed_by", "error", "ended_in", "mlflow.note.content"
# and where its training was taken up again, a line for each time
RESUMED = "resumed"
_OF_ONE_PROCESS = frozenset({KILLED_BY, ERROR, ENDED_IN, DESCRIPTION, RESUMED})
# the most metrics that MLflow takes at once
LARGEST_BATCH = 1000


@dataclass(frozen=True)
class Entry:
    """A piece of a record.

    kind: METRICS, PARAMETERS, TAGS, NAME, FILE, MODEL or END.
    content: of metrics a list of the fields of each; of parameters and tags a text by name; of the name
        of the run name; of a file its path and the folder of artifacts; of a model these and more
        (`send_model`); of the end status and time (milliseconds since 1970).
    """

    kind: str
    content: Any

    def as_line(self) -> str:
        """Return one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    def send(self, client: MlflowClient, run_id: str) -> None:
        """Write it to the run; whatever the client raises comes through."""
        if self.kind == METRICS:
            metrics = [Metric(**fields, run_id=run_id) for fields in self.content]
            for start in range(0, len(metrics), LARGEST_BATCH):
                client.log_batch(run_id, metrics=metrics[start : start + LARGEST_BATCH])
        elif self.kind == PARAMETERS:
            client.log_batch(run_id, params=[Param(key, value) for key, value in self.content.items()])
        elif self.kind == TAGS:
            client.log_batch(run_id, tags=[RunTag(key, value) for key, value in self.content.items()])
        elif self.kind == NAME:
            client.update_run(run_id, name=self.content["name"])
        elif self.kind == FILE:
            path, folder = Path(self.content["path"]), self.content["folder"]
            if path.is_dir():
                client.log_artifacts(run_id, str(path), f"{folder}/{path.name}")
            else:
                client.log_artifact(run_id, str(path), folder)
        elif self.kind == MODEL:
            send_model(client, run_id, self.content)
        elif self.kind == END:
            client.set_terminated(run_id, self.content["status"], self.content["time"])


def entry_of(line: str) -> Entry | None:
    """Return the entry of a line, None if it is broken, as the last one of a killed process may be."""
    try:
        entry = Entry(**json.loads(line))
        return entry if _IS_WHOLE[entry.kind](entry.content) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def without_end(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out what was true only while the run was that of the process which wrote it."""
    kept: list[Entry] = []
    for entry in entries:
        if entry.kind == TAGS:
            tags = {name: value for name, value in entry.content.items() if name not in _OF_ONE_PROCESS}
            kept += [Entry(TAGS, tags)] if tags else []
        elif entry.kind != END:
            kept.append(entry)
    return kept


_METRIC = {"key": str, "value": (int, float), "timestamp": int, "step": int}
_DATASET = {"dataset_name": str, "dataset_digest": str}
_BELONGING = {"model_id": str, **_DATASET}
_MODEL = {"path": str, "folder": str, "name": str, "epoch": int, "tags": dict}
_ENDS = ("FINISHED", "FAILED", "KILLED")
_LARGEST = 2**63  # beyond the whole numbers that a database holds


def _has(content: Any, fields: Mapping[str, Any], others: Mapping[str, Any] | None = None) -> bool:
    """Whether this is a group of these fields, and perhaps of others, each of its type."""
    types = {**fields, **(others or {})}
    return (
        isinstance(content, dict)
        and fields.keys() <= content.keys() <= types.keys()
        and all(isinstance(value, types[name]) for name, value in content.items())
        and not any(isinstance(value, int) and abs(value) >= _LARGEST for value in content.values())
        and not any(isinstance(value, bool) for value in content.values())
    )


def _is_text_by_name(content: Any) -> bool:
    return isinstance(content, dict) and all(isinstance(value, str) for value in content.values())


_IS_WHOLE: Mapping[str, Callable[[Any], bool]] = {
    METRICS: lambda content: isinstance(content, list) and all(_has(m, _METRIC, _BELONGING) for m in content),
    PARAMETERS: _is_text_by_name,
    TAGS: _is_text_by_name,
    NAME: lambda content: _has(content, {"name": str}) and bool(content["name"]),
    FILE: lambda content: _has(content, {"path": str, "folder": str}),
    MODEL: lambda content: (
        _has(content, _MODEL, _DATASET) and KEY in content["tags"] and _is_text_by_name(content["tags"])
    ),
    END: lambda content: _has(content, {"status": str, "time": int}) and content["status"] in _ENDS,
}


def merged(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries with metrics that follow each other in one, as one call takes as long as many."""
    result: list[Entry] = []
    for entry in entries:
        if entry.kind == METRICS and result and result[-1].kind == METRICS:
            result[-1] = Entry(METRICS, [*result[-1].content, *entry.content])
        else:
            result.append(entry)
    return result


def is_refused(error: BaseException) -> bool:
    """Whether the store will never take what it was sent, such as another value of a parameter."""
    if isinstance(error, UnicodeError) or isinstance(error.__cause__, UnicodeError):
        return True  # text that is none
    return isinstance(error, MlflowException) and error.error_code == ErrorCode.Name(INVALID_PARAMETER_VALUE)


def counted(entries: Sequence[Entry]) -> str:
    """Say what there is: "12 metrics, 2 files, the end"."""
    metrics = sum(len(entry.content) for entry in entries if entry.kind == METRICS)
    kinds: Mapping[str, int] = {
        "metric": metrics,
        "parameter": sum(len(entry.content) for entry in entries if entry.kind == PARAMETERS),
        "tag": sum(len(entry.content) for entry in entries if entry.kind == TAGS),
        "file": sum(entry.kind == FILE for entry in entries),
    }
    parts = [count_of(count, kind) for kind, count in kinds.items() if count]
    parts += ["the name"] if any(entry.kind == NAME for entry in entries) else []
    parts += ["the model"] if any(entry.kind == MODEL for entry in entries) else []
    parts += ["the end of the run"] if any(entry.kind == END for entry in entries) else []
    return ", ".join(parts) or "nothing"
