"""One training of a search: with parameters that are drawn for it, measured on the validation images."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from optuna.trial import Trial
from pydantic import ValidationError

from image_classification.console import quietly, say
from image_classification.errors import UserError
from image_classification.evaluation.cross_validation import measure_fold
from image_classification.evaluation.metric_table import is_share
from image_classification.evaluation.predictions import predictions_table
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.checkpoints.parts import NO_CHECKPOINTS
from image_classification.learning.device import choose_device
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.fine_tuning.prediction import predict
from image_classification.learning.rate_finder.found import at_found_rate, rate_tags
from image_classification.learning.recipe import Recipe, Sets, train_by
from image_classification.networks import Classifier
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.parameters.effect import has_effect, with_values
from image_classification.parameters.messages import describe_errors
from image_classification.parameters.root import ModellingOptions
from image_classification.parameters.used import parameter_text
from image_classification.pipelines.modelling.nodes import new_network
from image_classification.pipelines.trainings.fold import rates_of
from image_classification.pipelines.trainings.seed import HISTORY
from image_classification.pipelines.trainings.unfinished import checkpoints_of, going_on
from image_classification.tracking.announcement import live_metrics
from image_classification.trials.ledger import note_suggested
from image_classification.trials.redraw import require_new
from image_classification.trials.results import Outcome
from image_classification.trials.search.dimensions import Space
from image_classification.trials.task import Pruned
from image_classification.words import shorten

# of a value in a line of the console
_LONGEST = 60
# measured after every epoch
EACH_EPOCH = ("validation/loss", "validation/accuracy")


@dataclass(frozen=True)
class TrialTask:
    """Train with parameters that are drawn, and measure how good that is.

    sets: the images; of the test images there are none.
    options: of the training, as far as nothing is drawn.
    space: what is drawn.
    metric: what is measured, as validation/<name>.
    total: how many trainings there are.
    prunes: whether those are ended early that are worse than others.
    cache: of features.
    """

    sets: Sets
    options: ModellingOptions
    space: Space
    metric: str
    total: int
    prunes: bool
    cache: FeatureCache | None

    tables = (HISTORY,)
    goes_on_after_errors = True

    def begin(self) -> None:
        """Name options as who types a command knows them."""
        speak_of_parameters()

    def __call__(self, index: int, trial: Trial, kept: Path | None) -> Outcome:
        """Do one training."""
        # imports MLflow, which takes more than a second
        from image_classification.tracking.child_run import child_run  # noqa: PLC0415

        drawn = draw(trial, self.space, self.options)
        require_new(trial)
        note_suggested(trial)
        options, started = options_with(self.options, drawn), perf_counter()
        rows: list[Mapping[str, float]] = []

        def outcome(value: float, *, pruned: bool = False) -> Outcome:
            numbers: dict[str, Any] = {"drawn": drawn, "epochs": len(rows), "value": value}
            numbers["seconds"] = perf_counter() - started
            return Outcome(value, numbers, {HISTORY: pd.DataFrame(rows)}, pruned=pruned)

        with child_run(f"trial {index + 1}", drawn) as run, quietly():
            trained = self._train(trial, options, rows, kept)
            if trained is None:
                run.tag(pruned=f"after epoch {len(rows)}")
            else:
                run.log_validation({self.metric: trained})
        if trained is None:
            raise Pruned(outcome(rows[-1][self.metric], pruned=True))
        return outcome(trained)

    def _train(
        self, trial: Trial, options: ModellingOptions, rows: list[Mapping[str, float]], kept: Path | None
    ) -> float | None:
        """Train; return the metric, or None if it was ended early."""
        of, sets = options, self.sets
        network = new_network(of.network, of.seed, sets.statistics)
        training = going_on(of.training.model_copy(update={"report_test_each_epoch": False}), kept)
        recipe = Recipe(of.seed, of.loss, of.optimizer, of.schedule, of.augmentation, training)
        criterion, found = recipe.build_loss(sets.statistics), rates_of(recipe, network, sets, self.cache)
        used = at_found_rate(recipe, found)
        saved = checkpoints_of(kept, recipe, used, network, criterion, sets.statistics)

        def report(epoch: int, row: Mapping[str, float]) -> bool:
            rows.append({"epoch": epoch, **row})
            is_measured = self.prunes and self.metric in row and math.isfinite(row[self.metric])
            if is_measured:
                trial.report(row[self.metric], epoch)
            return is_measured

        def after_epoch(epoch: int, row: Mapping[str, float]) -> None:
            if report(epoch, row) and epoch < training.epochs and trial.should_prune():
                raise _Ended

        earlier = saved.earlier if saved else []
        for row in earlier:
            report(int(row["epoch"]), row)
        recorded = live_metrics(sets.statistics, earlier, tags=rate_tags(training, found))
        try:
            history = train_by(
                used,
                network,
                criterion,
                sets,
                checkpoints=saved or NO_CHECKPOINTS,
                cache=self.cache,
                on_epoch=[recorded, after_epoch],
                may_share=True,
            )
        except _Ended:
            return None
        value = self._measure(network, history, of)
        if not math.isfinite(value):
            raise UserError(f"{self.metric} is {value}, which is no number: the training diverged.")
        return value

    def _measure(self, network: Classifier, history: pd.DataFrame, options: ModellingOptions) -> float:
        """Return the metric of the weights that were kept."""
        kept = history[history["kept"]].iloc[-1]
        if self.metric in EACH_EPOCH and not pd.isna(kept.get(self.metric, float("nan"))):
            return float(kept[self.metric])
        images: Any = self.sets.validation
        device = choose_device(options.training.device)
        batch_size = options.evaluation.batch_size
        logits, _, labels = predict(network, images, batch_size=batch_size, device=device, cache=self.cache)
        names = list(network.description.class_names)
        table = predictions_table(images.names, logits, labels, names)
        metrics = measure_fold(table, names, options.evaluation)
        return metrics.get(self.metric.partition("/")[2], float("nan"))

    def tell(self, index: int, outcome: Outcome, progress: str) -> None:
        """Say how good it is."""
        numbers = outcome.numbers
        ended = f", ended after epoch {numbers['epochs']}" if outcome.pruned else ""
        shown = shown_value(self.metric, numbers["value"])
        drawn = ", ".join(f"{name}={_short(value)}" for name, value in numbers["drawn"].items())
        say(f"Training {index + 1} of {self.total}: {self.metric} {shown}{ended} with {drawn} ({progress})")

    def tell_failed(self, index: int, error: str, progress: str) -> None:
        """Say that these parameters do not train."""
        say(f"Training {index + 1} of {self.total} was not possible: {error.splitlines()[0]} ({progress})")


class _Ended(Exception):  # noqa: N818  no error, but the way out of the loop
    """The training is worse than others."""


def draw(trial: Trial, space: Space, options: ModellingOptions) -> dict[str, Any]:
    """Draw values, each only where it has an effect beside those that were drawn before it."""
    plain, drawn = options.model_dump(mode="json"), dict[str, Any]()
    for name, dimension in space.items():
        if has_effect(name, with_values(plain, drawn), ModellingOptions):
            drawn[name] = dimension.suggest(trial, name)
    return drawn


def options_with(options: ModellingOptions, drawn: Mapping[str, Any]) -> ModellingOptions:
    """Return the options with values that were drawn.

    Raises:
        UserError: they do not go together.
    """
    raw = with_values(options.model_dump(mode="json"), drawn)
    try:
        return ModellingOptions.model_validate(raw)
    except ValidationError as error:
        raise UserError(describe_errors(error, raw, ModellingOptions, lambda _: None)) from error


def shown_value(metric: str, value: float) -> str:
    """Return the value of a metric as a person reads it."""
    return f"{value:.2%}" if is_share(metric) else f"{value:.4f}"


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else shorten(parameter_text(value), _LONGEST)


def without_images(images: ImageTensorDataset) -> ImageTensorDataset:
    """Return a set of no images, in the place of the test images, which a search never sees."""
    return ImageTensorDataset(images.store, images.rows[:0])
