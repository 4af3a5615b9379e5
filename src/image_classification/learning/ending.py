"""Whether a training is over after an epoch: it diverged, or no longer gets better."""

import logging
from collections.abc import Callable, Mapping
from math import isfinite

from image_classification.errors import UserError
from image_classification.learning.early_stopping import BestWeights, EarlyStopping

logger = logging.getLogger(__name__)


def is_over(
    epoch: int,
    row: Mapping[str, float],
    epochs: int,
    best: BestWeights,
    stopping: EarlyStopping,
    say: Callable[[str], None],
) -> bool:
    """Whether the training ends after this epoch although others were planned; the reason is said.

    A training that diverges after an epoch whose weights are kept ends with those, and with a warning.

    Raises:
        UserError: the loss is no longer a number, and there is no earlier epoch to keep.
    """
    loss = row["train/loss"]
    if not isfinite(loss):
        message = (
            f"The training loss became {loss} in epoch {epoch}: the training diverged. "
            "Lower the learning rate (modelling.optimizer.<name>.lr), or look for broken images or labels."
        )
        if not best.epoch:
            raise UserError(message)
        logger.warning("%s It ends here, with the weights of epoch %d.", message, best.epoch)
        return True
    if stopping.should_stop(epoch, row) and epoch < epochs:
        say(f"Stopped early: nothing has got better since epoch {stopping.best_epoch}.")
        return True
    return False
