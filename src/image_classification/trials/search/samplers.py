"""How values are drawn: by the samplers of Optuna, each training with a seed of its own.

So the values of training 7 follow from the seed, its number and the results so far, whether or not the
search was interrupted before: a sampler that was made anew would draw its first values once more.
"""

import hashlib
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from image_classification.trials.ledger import INDEX
from image_classification.trials.redraw import draws_before
from image_classification.trials.storage import without_its_warnings

# trainings, and epochs of each, before others are measured by them
STARTED = 5
# draws for a training by its sampler; where all of them were those of others, values are drawn from anywhere
OF_ITS_OWN = 3


def make_pruner(epochs: int, *, is_on: bool) -> BasePruner:
    """Return what ends trainings that are worse than the median of the others at the same epoch.

    None is ended in the first third of its epochs (or in the first one), in which schedules warm up.
    """
    if not is_on:
        return NopPruner()
    return MedianPruner(n_startup_trials=STARTED, n_warmup_steps=max(2, ceil(epochs / 3)))


class SeededSampler(BaseSampler):
    """Draws by the sampler of a name; what others have again and again, from anywhere.

    Args:
        name: tpe, random or gp.
        seed: of all that is drawn.
    """

    def __init__(self, name: str, seed: int) -> None:
        self._name, self._seed = name, seed
        self._sampler: BaseSampler = RandomSampler(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Begin with the seed of this training."""
        index = trial.user_attrs.get(INDEX)
        again = draws_before(study, index)
        text = f"{self._seed} {'none' if index is None else index}{f' {again}' if again else ''}"
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        with without_its_warnings():
            if again >= OF_ITS_OWN:  # it comes back to what was good
                self._sampler = RandomSampler(seed=seed)
            elif self._name == "tpe":
                # what others are at work on counts as bad, so that not all of them try the same
                self._sampler = TPESampler(seed=seed, constant_liar=True)
            elif self._name == "gp":
                self._sampler = GPSampler(seed=seed)
            else:
                self._sampler = RandomSampler(seed=seed)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return what is drawn together."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw what is drawn together."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw one value by itself."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)


class GridSampler(BaseSampler):
    """Gives each training the values of its place in a list.

    Args:
        combinations: what each training is to try, by parameter, as Optuna knows it.
    """

    def __init__(self, combinations: Sequence[Mapping[str, Any]]) -> None:
        self._combinations = combinations

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:  # noqa: ARG002
        """Return nothing: each value is given by itself."""
        return {}

    def sample_relative(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,  # noqa: ARG002
        search_space: dict[str, BaseDistribution],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def sample_independent(
        self,
        study: Study,  # noqa: ARG002
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,  # noqa: ARG002
    ) -> Any:
        """Return the value of this training."""
        return self._combinations[trial.user_attrs[INDEX]][param_name]
