"""What stands on the page of a run: one paragraph that a person can read."""

import json
from collections.abc import Iterator, Mapping

from mlflow.entities import Run

from image_classification.tracking.best import values_by_epoch
from image_classification.tracking.run import TrackedRun

# MLflow's own tag, shown as Markdown at the top of the run's page
DESCRIPTION = "mlflow.note.content"


def record_description(run: TrackedRun, status: str, why: str = "") -> None:
    """Describe a run that is about to end, unless a person has already done so on its page.

    Args:
        run: the run, with everything else recorded already.
        status: how it ends: FINISHED, FAILED or KILLED.
        why: what made it fail or killed it.
    """
    record = run.client.get_run(run.run_id)
    tags: dict[str, str] = {}
    ended_in = ""
    if status != "FINISHED":
        ended_in = tags["ended_in"] = where_it_ended(
            record, max(values_by_epoch(run, "train/loss"), default=0)
        )
    if DESCRIPTION not in record.data.tags:
        tags[DESCRIPTION] = describe(record, status, why, ended_in)
    run.set_tags(tags)


def where_it_ended(record: Run, epochs_done: int) -> str:
    """Say in which epoch a run ended, as far as its record knows."""
    total = record.data.params.get("training.epochs")
    if not epochs_done and "device" not in record.data.tags:
        return "before the training"
    if total == str(epochs_done):
        return "after the last epoch"
    return f"in epoch {epochs_done + 1}" + (f" of {total}" if total else "")


def describe(record: Run, status: str, why: str, ended_in: str) -> str:
    """Put into a paragraph of Markdown what a run is, what came out of it, and how to get it again."""
    sentences = [
        f"**{status.capitalize()} {ended_in}:** {why.rstrip('.')}." if status != "FINISHED" else "",
        _training(record.data.params, record.data.metrics),
        *_results(record.data.metrics),
        _command(record.data.tags),
    ]
    return " ".join(filter(None, sentences))


def _training(parameters: Mapping[str, str], metrics: Mapping[str, float]) -> str:
    network = f"`{parameters.get('network.name', 'a network')}`"
    if "weights/num_parameters" in metrics:
        network += f" with {metrics['weights/num_parameters']:,.0f} parameters"
    epochs = parameters.get("training.epochs")
    trained = f"{network}, trained for {epochs} epoch{'' if epochs == '1' else 's'}" if epochs else network
    if "data.name" not in parameters:
        return f"{trained}."
    counts = ", ".join(
        f"{int(parameters[f'data.{split}_images']):,} {split}"
        for split in ("train", "validation", "test")
        if f"data.{split}_images" in parameters
    )
    shape = "×".join(map(str, json.loads(parameters["data.image_shape"])))
    return (
        f"{trained} on `{parameters['data.name']}`: {counts} images of {shape} in "
        f"{parameters['data.classes']} classes."
    )


def _results(metrics: Mapping[str, float]) -> Iterator[str]:
    if "test/accuracy" in metrics:
        loss = f", with a loss of {metrics['test/loss']:.4f}" if "test/loss" in metrics else ""
        yield f"Right on **{metrics['test/accuracy']:.2%}** of the test images{loss}."
    if "validation_best/epoch" in metrics:
        yield (
            f"The validation loss was lowest in epoch {metrics['validation_best/epoch']:.0f}: "
            f"{metrics['validation_best/loss']:.4f}."
        )
    if "weights/epoch" in metrics:
        yield f"The model has the weights of epoch {metrics['weights/epoch']:.0f}."


def _command(tags: Mapping[str, str]) -> str:
    if "command" not in tags:
        return ""
    again = f"`{tags['command']}`"
    commit = tags.get("mlflow.source.git.commit")
    if not commit:
        return f"To get it again: {again}."
    changed = tags.get("mlflow.source.git.dirty") == "true"
    return (
        f"To get it again: `git checkout {commit[:12]}`"
        f"{' (files had been changed since that commit)' if changed else ''}, then {again}."
    )
