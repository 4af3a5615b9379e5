"""Whether training and validation have parted: the network learns its images by heart, not what they show.

Either of two signs is enough, at the epoch whose weights were kept:
- the validation loss is at least `LOSS_RISE` (relative) and `LEAST_RISE` above its lowest value, that was at
  least `EPOCHS_OF_RISE` validations ago, and the training loss has fallen since;
- the training accuracy is at least `ACCURACY_GAP` above the validation accuracy, and by Fisher's exact
  test that is unlikely to be chance: one mistake in 9 beside none in 81 is chance.
"""

from collections.abc import Mapping
from math import exp, lgamma

import pandas as pd

EPOCHS_OF_RISE = 3
LOSS_RISE = 0.10
LEAST_RISE = 0.05
ACCURACY_GAP = 0.10
# the loss of fewer images depends on each single one of them
FEWEST_IMAGES = 20
SIGNIFICANT = 0.025  # one-sided

_LIMITS = "early stopping on the validation loss, and keeping the best weights,"


def describe_overfitting(
    history: pd.DataFrame, images: Mapping[str, int], limits: str = _LIMITS
) -> str | None:
    """Say in a sentence how training and validation have parted and what to try; None if they have not.

    Args:
        history: a row per epoch, as the training loop returns it; epochs without a validation are ignored,
            and so are those after the epoch whose weights were kept (column kept).
        images: how many there are for "train" and "validation".
        limits: the options of a training that limit overfitting, as the reader knows them.
    """
    if "validation/loss" not in history:
        return None
    if "kept" in history and history["kept"].any():
        history = history.iloc[: int(history["kept"].to_numpy().argmax()) + 1]
    validated = history.dropna(subset=["validation/loss"]).reset_index(drop=True)
    if validated.empty:
        return None
    found = _risen(validated, images.get("validation", 0)) or _apart(validated.iloc[-1], images)
    if found is None:
        return None
    return (
        f"Overfitting: {found}. More images, augmentation, dropout, weight decay or a smaller network help "
        f"against it; {limits} limit it."
    )


def _risen(validated: pd.DataFrame, images: int) -> str | None:
    place = int(validated["validation/loss"].argmin())
    last, lowest = validated.iloc[-1], validated.iloc[place]
    rise = last["validation/loss"] - lowest["validation/loss"]
    if (
        images < FEWEST_IMAGES
        or len(validated) - 1 - place < EPOCHS_OF_RISE
        or rise < max(LOSS_RISE * lowest["validation/loss"], LEAST_RISE)
        or last["train/loss"] >= lowest["train/loss"]
    ):
        return None
    return (
        f"since epoch {lowest['epoch']:.0f} the validation loss has risen from "
        f"{lowest['validation/loss']:.3f} to {last['validation/loss']:.3f}, while the training loss fell "
        f"from {lowest['train/loss']:.3f} to {last['train/loss']:.3f}"
    )


def _apart(last: "pd.Series[float]", images: Mapping[str, int]) -> str | None:
    shares = [float(last[f"{split}/accuracy"]) for split in ("train", "validation")]
    totals = [images.get(split, 0) for split in ("train", "validation")]
    if not all(totals) or shares[0] - shares[1] < ACCURACY_GAP:
        return None
    rights = [round(share * total) for share, total in zip(shares, totals, strict=True)]
    if chance_of_difference(rights[0], totals[0], rights[1], totals[1]) > SIGNIFICANT:
        return None
    return (
        f"{rights[0]:,} of the {totals[0]:,} training images are classified correctly ({shares[0]:.1%}), but "
        f"only {rights[1]:,} of the {totals[1]:,} validation images ({shares[1]:.1%})"
    )


def chance_of_difference(first: int, of_first: int, second: int, of_second: int) -> float:
    """Return the probability that chance puts so many of all mistakes, or more, into the second (Fisher)."""
    everything, mistakes = of_first + of_second, of_first - first + of_second - second

    def log_choose(number: int, of: int) -> float:
        return lgamma(of + 1) - lgamma(number + 1) - lgamma(of - number + 1)

    possible = range(max(of_second - second, mistakes - of_first), min(mistakes, of_second) + 1)
    logs = (log_choose(each, of_second) + log_choose(mistakes - each, of_first) for each in possible)
    return sum(exp(each - log_choose(mistakes, everything)) for each in logs)
