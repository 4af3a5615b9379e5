"""What is kept of a training beside its network, so that a report tells the truth whenever it is written."""

from collections.abc import Mapping
from typing import Any, TypedDict

from image_classification.errors import UserError
from image_classification.networks import Classifier
from image_classification.networks.digest import weights_digest

__all__ = ["TrainingRecord", "parameters_of", "require_metrics_of", "weights_digest"]


class Circumstances(TypedDict):
    """How, when, by what and in which run something was trained.

    finished: local time, ISO 8601.
    command: what was typed, quoted for a shell.
    git: of the project: commit, branch, dirty ("true" if files differed from the commit); empty without git.
    environment: versions, platform and device, by name.
    run_id: of the run in MLflow, None if nothing was recorded.
    """

    finished: str
    command: str
    git: dict[str, str]
    environment: dict[str, str]
    run_id: str | None


class TrainingRecord(Circumstances):
    """Facts about one training, beside its circumstances.

    parameters: every parameter that was used, by its dotted name, as text.
    weights_digest: of the trained network, as `weights_digest` returns it.
    resumed: where the training was taken up again after an interruption, in words; empty if it never was.
    data_from: the addresses of what is remote that the command read as data, and how each came here.
    """

    parameters: dict[str, str]
    weights_digest: str
    resumed: list[str]
    data_from: dict[str, str]


class SeveralTrainingsRecord(Circumstances):
    """Facts about the trainings of one command, beside their circumstances.

    parameters: as of a single training.
    network: name of the network, for a person.
    num_parameters: how many of its parameters are trained.
    weights: what each training started from, as `PretrainedWeights` dumps it; None: the weights were drawn.
    study: where they were shared: address of the database, and name in it.
    """

    parameters: dict[str, str]
    network: str
    num_parameters: int
    weights: dict[str, Any] | None
    study: dict[str, str]


class CrossValidationRecord(SeveralTrainingsRecord):
    """Facts about the trainings of a cross-validation.

    chosen_by: the option that chose something by one more fold, held back in each training; "" if none did.
    """

    chosen_by: str


def parameters_of(record: TrainingRecord, metrics: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of training and evaluation, which may have been repeated with others."""
    options = metrics.get("evaluation", {})
    return record["parameters"] | {f"evaluation.{name}": str(value) for name, value in options.items()}


def require_metrics_of(network: Classifier, metrics: Mapping[str, Any]) -> None:
    """Refuse the metrics of other weights.

    Raises:
        UserError: the network was trained again since it was evaluated.
    """
    evaluated = metrics.get("weights_digest")
    if evaluated is not None and evaluated != weights_digest(network):
        raise UserError(
            "The metrics are of other weights than the trained network has: it was trained again after it "
            "was evaluated.\nEvaluate it again."
        )
