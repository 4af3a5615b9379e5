"""What is written to a run, as data: it can be sent, kept in a file, and sent by another process later.

Every kind may be sent twice without harm: MLflow keeps one of two equal metrics, parameters and tags.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, ErrorCode

METRICS, PARAMETERS, TAGS, FILE, END = "metrics", "parameters", "tags", "file", "end"
# the most metrics that MLflow takes at once
LARGEST_BATCH = 1000


@dataclass(frozen=True)
class Entry:
    """A piece of a record.

    kind: METRICS, PARAMETERS, TAGS, FILE or END.
    content: of metrics a list of the fields of each; of parameters and tags a text by name; of a file its
        path and the folder of artifacts; of the end status and time (milliseconds since 1970).
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
        elif self.kind == FILE:
            path, folder = Path(self.content["path"]), self.content["folder"]
            if path.is_dir():
                client.log_artifacts(run_id, str(path), f"{folder}/{path.name}")
            else:
                client.log_artifact(run_id, str(path), folder)
        elif self.kind == END:
            client.set_terminated(run_id, self.content["status"], self.content["time"])


def entry_of(line: str) -> Entry | None:
    """Return the entry of a line, None if it is broken, as the last one of a killed process may be."""
    try:
        return Entry(**json.loads(line))
    except (ValueError, TypeError):
        return None


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
    return isinstance(error, MlflowException) and error.error_code == ErrorCode.Name(INVALID_PARAMETER_VALUE)


def counted(entries: Sequence[Entry]) -> str:
    """Say what there is: "12 metrics, 2 files, the end"."""
    metrics = sum(len(entry.content) for entry in entries if entry.kind == METRICS)
    kinds: Mapping[str, int] = {
        "metrics": metrics,
        "parameters": sum(len(entry.content) for entry in entries if entry.kind == PARAMETERS),
        "tags": sum(len(entry.content) for entry in entries if entry.kind == TAGS),
        "files": sum(entry.kind == FILE for entry in entries),
    }
    parts = [f"{count:,} {kind if count > 1 else kind[:-1]}" for kind, count in kinds.items() if count]
    parts += ["the end of the run"] if any(entry.kind == END for entry in entries) else []
    return ", ".join(parts) or "nothing"
