"""Whether training and validation have parted: the network learns its images by heart, not what they show.

Either of two signs is enough:
- the validation loss is at least `LOSS_RISE` above its lowest, was that at least `EPOCHS_OF_RISE` validations
  ago, and the training loss has fallen since then;
- in the end the training accuracy is at least `ACCURACY_GAP` above the validation accuracy.
"""

import pandas as pd

EPOCHS_OF_RISE = 3
LOSS_RISE = 0.10
ACCURACY_GAP = 0.10

_ADVICE = (
    "More images, augmentation, dropout, weight decay or a smaller network help against it; early stopping "
    "(modelling.training.early_stopping.metric=validation/loss) and keep=best limit it."
)


def describe_overfitting(history: pd.DataFrame) -> str | None:
    """Say in a sentence how training and validation have parted and what to try; None if they have not.

    Args:
        history: a row per epoch, as the training loop returns it; rows without a validation are passed over.
    """
    if "validation/loss" not in history:
        return None
    validated = history.dropna(subset=["validation/loss"]).reset_index(drop=True)
    if validated.empty:
        return None
    last = validated.iloc[-1]
    lowest = validated.iloc[int(validated["validation/loss"].argmin())]
    rise = last["validation/loss"] / max(lowest["validation/loss"], 1e-12) - 1
    waited = len(validated) - 1 - int(validated["validation/loss"].argmin())
    if waited >= EPOCHS_OF_RISE and rise >= LOSS_RISE and last["train/loss"] < lowest["train/loss"]:
        return (
            f"Overfitting: since epoch {lowest['epoch']:.0f} the validation loss has risen from "
            f"{lowest['validation/loss']:.3f} to {last['validation/loss']:.3f}, while the training loss fell "
            f"from {lowest['train/loss']:.3f} to {last['train/loss']:.3f}. {_ADVICE}"
        )
    gap = last["train/accuracy"] - last["validation/accuracy"]
    if gap >= ACCURACY_GAP:
        return (
            f"Overfitting: {last['train/accuracy']:.1%} of the training images are right, but only "
            f"{last['validation/accuracy']:.1%} of the validation images. {_ADVICE}"
        )
    return None
