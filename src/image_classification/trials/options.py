"""What may be configured about commands that train several times, beside cross-validation."""

import re
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from image_classification.options import LARGEST_FLOAT, Positive, Seed
from image_classification.processes.sharing import SharedWorkOptions

# more trainings of one configuration than anybody waits for
MOST_SEEDS = 10_000
MOST_TRIALS = 100_000
# what a range is made of
RANGE = ("low", "high", "log", "step")


class StabilityOptions(SharedWorkOptions):
    """How often one configuration is trained, each time with another seed."""

    seeds: Annotated[int, Field(strict=True, ge=2, le=MOST_SEEDS)] = Field(
        default=5,
        description="Trainings: with modelling.seed, and the numbers that follow it.",
    )


def is_range(value: object) -> bool:
    """Whether a part of a space is a range of numbers, and no group of parameters."""
    return isinstance(value, Mapping) and bool(value) and set(value) <= set(RANGE)


def _not_of_a_range(value: object) -> str:
    """Return what is in a range, as its ends show it to be, and does not belong there."""
    if not isinstance(value, Mapping):
        return ""
    is_meant = any(isinstance(value.get(end), int | float) for end in ("low", "high"))
    return min(map(str, set(value) - set(RANGE)), default="") if is_meant else ""


def flat_space(space: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the parameters of a space by their dotted names; groups may be nested, or written with dots."""
    for name, value in space.items():
        path = f"{prefix}{name}"
        if other := _not_of_a_range(value):
            raise ValueError(f"expected for {path} low, high, log and step, not {other}")
        if isinstance(value, Mapping) and not is_range(value):
            yield from flat_space(value, f"{path}.")
        else:
            yield path.removeprefix("modelling."), value


def _is_space(space: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in flat_space(space):
        if name in found:
            raise ValueError(f"expected {name} once")
        if not is_range(value) and (not isinstance(value, list) or len(value) < 2):
            raise ValueError(f"expected for {name} a list of two values or more, or {{low: …, high: …}}")
        if isinstance(value, Mapping) and not {"low", "high"} <= set(value):
            raise ValueError(f"expected for {name} both low and high")
        for number in _numbers_in(value):
            largest = 2**63 - 1 if isinstance(number, int) else LARGEST_FLOAT
            if not isfinite(number) or abs(number) > largest:
                raise ValueError(f"expected for {name} numbers that networks can compute with")
        found[name] = value
    return found


def _numbers_in(value: object) -> Iterator[float]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from _numbers_in(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _is_of_validation(metric: str) -> str:
    if not re.fullmatch(r"validation/\w+", metric):
        raise ValueError(
            "expected a metric of the validation images, such as validation/accuracy, validation/loss or "
            "validation/macro_f1"
        )
    return metric


class SearchOptions(SharedWorkOptions):
    """Which parameters are tried, how they are drawn, and what makes one set of them better than another."""

    space: Annotated[dict[str, Any], AfterValidator(_is_space)] = Field(
        default={},
        description="What is tried, by the names of the parameters of modelling: a list of values, or "
        "{low: 1e-4, high: 0.1, log: true} or {low: 8, high: 64, step: 8} for numbers, such as "
        "optimizer.adam.lr; a block such as optimizer.sgd only counts where optimizer.name chooses it.",
    )
    trials: Annotated[int, Field(strict=True, ge=1, le=MOST_TRIALS)] = Field(
        default=20,
        description="Trainings, each with other values (where twenty draws find some); of a grid, at most.",
    )
    minutes: Positive | None = Field(
        default=None, description="After which no more trainings are begun; null: no limit."
    )
    metric: Annotated[str, AfterValidator(_is_of_validation)] = Field(
        default="validation/accuracy",
        description="What has to be best on the validation images, such as validation/loss, "
        "validation/macro_f1; whether the lowest or the highest value is follows from it.",
    )
    sampler: Literal["tpe", "random", "gp", "grid"] = Field(
        default="tpe",
        description="How values are drawn: tpe: near those that were good so far; gp: by a Gaussian process; "
        "random: anywhere; grid: every combination once, where trials are as many or more.",
    )
    seed: Seed = Field(default=0, description="Seed of the values that are drawn, not of the trainings.")
    pruning: bool = Field(
        default=True,
        description="End trainings early, after a third of their epochs, that are worse than most others "
        "were after as many; off by itself where the metric is measured at the end only, or epochs are in "
        "the space.",
    )
