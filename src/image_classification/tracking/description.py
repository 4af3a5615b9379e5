"""The description on the page of a run: one paragraph for a person, with the epoch of its weights."""

import json
from collections.abc import Iterator, Mapping

import pandas as pd
from mlflow.entities import Run

from image_classification.networks.family import shown_name
from image_classification.tracking.delivery.entries import DESCRIPTION, ENDED_IN
from image_classification.tracking.run import TrackedRun


def kept_epoch(run: TrackedRun, history: object) -> dict[str, float]:
    """Return epoch, validation_loss and validation_accuracy of the weights that the training kept.

    The column `kept` of the history says which epoch that is; without such a history it is the last epoch on
    record. Empty if there was no epoch.
    """
    if isinstance(history, pd.DataFrame) and "kept" in history and history["kept"].any():
        kept = history[history["kept"]].iloc[-1].dropna()
        names = ("epoch", "validation/loss", "validation/accuracy")
        return {name.replace("/", "_"): float(kept[name]) for name in names if name in kept}
    epoch = max(values_by_epoch(run, "train/loss"), default=0)
    if not epoch:
        return {}
    found = {"epoch": float(epoch)}
    for metric in ("validation/loss", "validation/accuracy"):
        values = values_by_epoch(run, metric)
        if epoch in values:
            found[metric.replace("/", "_")] = values[epoch]
    return found


def values_by_epoch(run: TrackedRun, metric: str) -> dict[int, float]:
    """Return the recorded value of a metric at each epoch; empty if there is none."""
    return {point.step: point.value for point in run.client.get_metric_history(run.run_id, metric)}


def record_description(run: TrackedRun, status: str, why: str = "") -> None:
    """Describe a run that is about to end, unless a person has described it on its page.

    Args:
        run: the run, with everything else recorded already.
        status: how it ends: FINISHED, FAILED or KILLED.
        why: what made it fail, or killed it.
    """
    record = run.client.get_run(run.run_id)
    tags: dict[str, str] = {}
    ended_in = ""
    epochs_done = max(values_by_epoch(run, "train/loss"), default=0)
    if status != "FINISHED":
        ended_in = tags[ENDED_IN] = where_it_ended(record, epochs_done)
    if DESCRIPTION not in record.data.tags:
        tags[DESCRIPTION] = describe(record, status, why, ended_in, epochs_done)
    run.set_tags(tags)


def where_it_ended(record: Run, epochs_done: int) -> str:
    """Say in which epoch a run ended, as far as its record shows."""
    total = record.data.params.get("training.epochs")
    if not epochs_done:
        # a mistake in the options of a training shows before its first epoch, or in it
        return "before the end of the first epoch" if "device" in record.data.tags else "before the training"
    if total == str(epochs_done):
        return "after the last epoch"
    return f"in epoch {epochs_done + 1}" + (f" of {total}" if total else "")


def describe(record: Run, status: str, why: str, ended_in: str, epochs_done: int) -> str:
    """Say in a paragraph of Markdown what a run is, what came out of it, and how to reproduce it."""
    sentences = [
        f"**{status.capitalize()} {ended_in}:** {why.rstrip('.')}." if status != "FINISHED" else "",
        _training(record.data.params, record.data.metrics, epochs_done),
        *_results(record.data.metrics),
        _command(record.data.tags),
    ]
    return " ".join(filter(None, sentences))


def _training(parameters: Mapping[str, str], metrics: Mapping[str, float], epochs_done: int) -> str:
    name = shown_name(parameters.get("network.name", "a network"), {"model": parameters.get("network.model")})
    network = f"`{name}`"
    if "weights/num_parameters" in metrics:
        network += f" with {metrics['weights/num_parameters']:,.0f} parameters"
    planned = parameters.get("training.epochs")
    of_planned = f" of {planned}" if planned and planned != str(epochs_done) else ""
    is_one = (planned if of_planned else str(epochs_done)) == "1"
    trained = (
        f"{network}, trained for {epochs_done}{of_planned} epoch{'' if is_one else 's'}"
        if epochs_done
        else network
    )
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
