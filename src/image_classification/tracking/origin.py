"""Where a run comes from: code, command, person, versions, and the data that it was trained on."""

import getpass
import json
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.schema import TensorDatasetSchema
from mlflow.entities import Dataset, DatasetInput, InputTag, Run
from mlflow.types import Schema, TensorSpec
from numpy import dtype

from image_classification.images.store.statistics import ImageStatistics
from image_classification.tracking.run import TrackedRun
from image_classification.value_range import ValueRange


def origin_tags(project_path: Path, run_params: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags that say how to get this run again.

    Args:
        project_path: the project's folder, whose git repository is asked.
        run_params: what Kedro tells its hooks about the run.
    """
    command = shown_command(sys.argv)
    tags = {
        "command": command,
        "pipeline": ",".join(run_params.get("pipeline_names") or ["__default__"]),
        "environment": str(run_params.get("env") or "base"),
        "runner": runner_name(run_params.get("runner")),
        "version.python": platform.python_version(),
        **{f"version.{package}": version(package) for package in ("kedro", "torch", "mlflow")},
        # MLflow's own names, which its pages show
        "mlflow.source.name": command,
        "mlflow.source.type": "LOCAL",
        **git_tags(project_path),
    }
    with suppress(KeyError, OSError):  # a user id without a name, as containers have
        tags["mlflow.user"] = getpass.getuser()
    return tags


def git_tags(folder: Path) -> dict[str, str]:
    """Return commit, branch and whether files differ from the commit; nothing outside a git repository."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return {}
    changes = _git(folder, "status", "--porcelain")
    tags = {"mlflow.source.git.commit": commit}
    if branch := _git(folder, "branch", "--show-current"):
        tags["mlflow.source.git.branch"] = branch
    if changes is not None:
        tags["mlflow.source.git.dirty"] = "true" if changes else "false"
    return tags


def shown_command(argv: Sequence[str]) -> str:
    """Return the command as a person would type it, quoted for the shell."""
    program = Path(argv[0])
    if program.name == "__main__.py":
        return shlex.join(["python", "-m", program.parent.name, *argv[1:]])
    return shlex.join([program.name, *argv[1:]])


def runner_name(runner: object) -> str:
    """Return the class of the runner from what Kedro passes: an object's representation, or "None"."""
    found = re.search(r"(\w+Runner)\b", str(runner))
    return found[1] if found else "SequentialRunner"


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        return subprocess.run(  # noqa: S603 a fixed command
            ["git", "-C", str(folder), *arguments],  # noqa: S607 the git that the person uses
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


# MLflow cuts the digest of a dataset at this length; the whole one is in the parameters and tags
LONGEST_DIGEST = 36
# MLflow's own tag of a run that is part of another one
PARENT_RUN = "mlflow.parentRunId"


def record_data(run: TrackedRun, statistics: ImageStatistics) -> None:
    """Record name, size, shape and digest of the data as parameters, tags and dataset input; name the run."""
    images = {split: sum(counts.values()) for split, counts in statistics["counts"].items()}
    run.log_parameters(
        {
            "data.name": statistics["data_name"],
            "data.classes": str(len(statistics["class_names"])),
            "data.image_shape": json.dumps(list(statistics["image_shape"])),
            "data.index_digest": statistics["index_digest"],
            "data.resize": statistics.get("resize", "stretch"),
        }
        | _value_range(statistics)
        | {f"data.{split}_images": str(count) for split, count in images.items()}
    )
    run.set_tags({"data.name": statistics["data_name"], "data.index_digest": statistics["index_digest"]})
    if record := run.read():
        dataset = _dataset(statistics, record.data.tags)
        run.attempt("The dataset", lambda: run.client.log_inputs(run.run_id, datasets=[dataset]))
        name_run(run, record, record.data.params.get("network.name"), statistics["data_name"])


def _value_range(statistics: ImageStatistics) -> dict[str, str]:
    value_range = statistics.get("value_range")
    return {"data.value_range": str(ValueRange(**value_range))} if value_range else {}


def dataset_key(data_name: str, index_digest: str) -> dict[str, str]:
    """Return what ties a metric to the dataset of a run."""
    return {"dataset_name": data_name, "dataset_digest": index_digest[:LONGEST_DIGEST]}


def run_name(network: str | None, data_name: str | None, start_time: int) -> str:
    """Name a run after its network, its data and the local time of its start (milliseconds since 1970)."""
    started = datetime.fromtimestamp(start_time / 1000).astimezone()
    return "-".join(filter(None, (network, data_name, f"{started:%Y%m%d-%H%M%S}")))


def name_run(run: TrackedRun, record: Run, network: str | None, data_name: str | None) -> None:
    """Name a run after what is known of it by now, unless whoever began it has named it."""
    started = record.info.start_time
    if str(record.info.run_name).endswith(run_name(None, None, started)):
        name = run_name(network, data_name, started)
        run.attempt("The run's name", lambda: run.client.update_run(run.run_id, name=name))


def _dataset(statistics: ImageStatistics, tags: Mapping[str, str]) -> DatasetInput:
    # the source of the data as MLflow knows it: the code that fetched them
    source = CodeDatasetSource({name: tags[name] for name in tags if name.startswith("mlflow.source.")})
    schema = TensorDatasetSchema(
        features=Schema([TensorSpec(dtype("uint8"), (-1, *statistics["image_shape"]))]),
        targets=Schema([TensorSpec(dtype("int64"), (-1,))]),
    )
    key = dataset_key(statistics["data_name"], statistics["index_digest"])
    profile = {
        "class_names": statistics["class_names"],
        "counts": statistics["counts"],
        "mean": statistics["mean"],
        "std": statistics["std"],
        "images_digest": statistics["images_digest"],
    }
    dataset = Dataset(
        name=key["dataset_name"],
        digest=key["dataset_digest"],
        source_type=source._get_source_type(),
        source=source.to_json(),
        schema=json.dumps(schema.to_dict()),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "training")])
