"""The node that records what is true of a training when it ends."""

import os
import platform
import sys
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

import pandas as pd
import torch

from image_classification.evaluation.training_record import Circumstances, TrainingRecord, weights_digest
from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.learning.device import choose_device
from image_classification.learning.rate_finder.found import FOUND_RATE, rate_tags
from image_classification.learning.recipe import number_format
from image_classification.networks import Classifier
from image_classification.parameters.root import ModellingOptions, Parameters
from image_classification.parameters.used import used_parameters
from image_classification.remote.access import access
from image_classification.tracking.announcement import announced_run
from image_classification.tracking.origin import git_tags, project_folder, shown_command

_PACKAGES = ("kedro", "torch", "torchvision", "mlflow", "numpy", "pandas", "scikit-learn")


def record_training(
    trained_network: Classifier,
    modelling: Mapping[str, Any],
    checkpoints: CheckpointFolder | None = None,
    learning_rate_test: pd.DataFrame | None = None,
) -> TrainingRecord:
    """Record command, commit, parameters and environment of the training, for reports that come later."""
    parameters = ModellingOptions.model_validate(modelling)
    plain = {"modelling": parameters.model_dump(mode="json")}
    return {
        **circumstances(trained_network, parameters),
        "parameters": _with_rate(
            used_parameters(plain, ["params:modelling"], Parameters),
            rate_tags(parameters.training, learning_rate_test),
        ),
        "weights_digest": weights_digest(trained_network),
        "resumed": _resumed(checkpoints) if checkpoints and parameters.training.checkpoint.enabled else [],
        "data_from": _data_from(parameters),
    }


def _data_from(parameters: ModellingOptions) -> dict[str, str]:
    """Return the addresses that this run has read, but for those that modelling names, as a teacher."""
    named = parameters.model_dump_json()
    return {address: how for address, how in sorted(access().fetched.items()) if address not in named}


def circumstances(network: Classifier, parameters: ModellingOptions) -> Circumstances:
    """Return when, how, by which code and libraries, on which device and in which run one was trained."""
    run = announced_run()
    return {
        "finished": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": shown_command(sys.argv),
        "git": _git(),
        "environment": _environment(network, parameters),
        "run_id": run[0] if run else None,
    }


def _with_rate(parameters: dict[str, str], found: Mapping[str, str]) -> dict[str, str]:
    """Put a learning rate that was found into the place of the one that was not used."""
    if FOUND_RATE not in found:
        return parameters
    return {
        (FOUND_RATE if name == "optimizer.lr" else name): (
            found[FOUND_RATE] if name == "optimizer.lr" else value
        )
        for name, value in parameters.items()
    }


def _resumed(checkpoints: CheckpointFolder) -> list[str]:
    """Say where the training that ended last was taken up again."""
    trainings = checkpoints.trainings()
    ended = max(trainings, key=lambda each: (each.about.is_over, each.about.saved), default=None)
    return ended.about.resumed if ended else []


def _git() -> dict[str, str]:
    prefix = "mlflow.source.git."
    return {name.removeprefix(prefix): value for name, value in git_tags(project_folder()).items()}


def _environment(network: Classifier, parameters: ModellingOptions) -> dict[str, str]:
    options = parameters.training
    device = choose_device(options.device)
    model = f" ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else ""
    precision = number_format(options, parameters.optimizer, network)
    return {
        "device": f"{device}{model}",
        "precision": str(precision).removeprefix("torch."),
        "processor": f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads",
        "platform": platform.platform(),
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }
