"""One training of several that differ in their seed only."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from image_classification.console import quietly, say
from image_classification.evaluation.stability import SPLITS
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.checkpoints.folder import CheckpointFolder
from image_classification.learning.fine_tuning.feature_cache import FeatureCache
from image_classification.learning.recipe import Sets
from image_classification.networks import Classifier
from image_classification.parameters.command_line import speak_of_parameters
from image_classification.parameters.root import ModellingOptions
from image_classification.pipelines.modelling.learning_rate import find_learning_rate
from image_classification.pipelines.modelling.nodes import evaluate_network, new_network, train_network
from image_classification.pipelines.trainings.unfinished import going_on
from image_classification.trials.results import Outcome

if TYPE_CHECKING:
    # Optuna itself only where trainings are done
    from optuna.trial import Trial

HISTORY = "history"


@dataclass(frozen=True)
class SeedTask:
    """Train and evaluate as the pipeline `training` does, with another seed.

    sets: the images, which are the same each time.
    options: of the training; its seed is that of the first one.
    total: how many there are.
    cache: of features.
    """

    sets: Sets
    options: ModellingOptions
    total: int
    cache: FeatureCache | None

    tables = (HISTORY,)
    goes_on_after_errors = False

    def begin(self) -> None:
        """Name options as who types a command knows them."""
        speak_of_parameters()

    def __call__(self, index: int, trial: "Trial", kept: Path | None) -> Outcome:  # noqa: ARG002
        """Do one training."""
        # imports MLflow, which takes more than a second
        from image_classification.tracking.child_run import child_run  # noqa: PLC0415

        seed, started = self.options.seed + index, perf_counter()
        with child_run(f"seed {seed}", {"seed": seed}) as run:
            with quietly():
                network, history = self._train(seed, kept)
            seconds = perf_counter() - started
            measured = {split: self._measure(network, split) for split in SPLITS}
            run.log_metrics(measured["test"])
        return Outcome(
            numbers={"seed": seed, "seconds": seconds, **measured},
            tables={HISTORY: history.assign(seed=seed)},
        )

    def tell(self, index: int, outcome: Outcome, progress: str) -> None:
        """Say how good it is."""
        measured = [
            f"{values['accuracy']:.2%} of {values['images']:,} {split} images"
            for split in SPLITS
            if (values := outcome.numbers[split]).get("images")
        ]
        seed = outcome.numbers["seed"]
        say(f"Training {index + 1} of {self.total} (seed {seed}): {', '.join(measured)} ({progress})")

    def tell_failed(self, index: int, error: str, progress: str) -> None:
        """Nothing: the command ends with it."""

    def _train(self, seed: int, kept: Path | None) -> Any:
        of, sets = self.options, self.sets
        training = going_on(of.training, kept)
        network = new_network(of.network, seed, sets.statistics)
        recipe = (seed, of.loss, of.optimizer, of.schedule, of.augmentation, training)
        options = of.training.find_learning_rate
        rates = None
        if options.mode == "use":
            plain = options.model_dump()
            rates = find_learning_rate(
                network, sets.train, sets.statistics, *recipe, plain, feature_cache=self.cache
            )
        return train_network(
            network,
            sets.train,
            sets.validation,
            sets.test,
            sets.statistics,
            *recipe,
            checkpoints=CheckpointFolder(kept) if kept else None,
            feature_cache=self.cache,
            calibration=of.calibration,
            views=of.evaluation.views,
            learning_rate_test=rates,
        )

    def _measure(self, network: Classifier, split: str) -> dict[str, float]:
        images: ImageTensorDataset = getattr(self.sets, split)
        if not len(images):
            return {}
        of = self.options
        _, metrics, _ = evaluate_network(
            network, images, self.sets.statistics, of.loss, of.training, of.evaluation, self.cache
        )
        return {
            name: value
            for name, value in metrics.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
