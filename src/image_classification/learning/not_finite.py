"""Losses that are infinite or no numbers: in which batch they began, and leaving such batches out."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions
from image_classification.words import some

logger = logging.getLogger(__name__)

# of what is left out, the weights learn nothing: a training that is all of it goes nowhere
MOST_IN_A_ROW = 10
_AT_ONCE = 1024  # losses that are looked at together


class LossWatch:
    """Remembers the losses of an epoch, and looks at them only when it is asked.

    To look at a loss makes the device finish its queue, so none is looked at while all goes well: they are
    kept as they are, and every thousand of them are summed up on the device.

    Args:
        options: what happens to a batch whose loss is not finite.
        names_in: names the images of a batch (0, 1, …) of this epoch.
    """

    def __init__(self, options: TrainingOptions, names_in: Callable[[int], list[str]] | None = None) -> None:
        self._leaves_out = options.not_finite == "skip"
        self._names_in = names_in
        self._losses: list[Tensor] = []
        # of each thousand: whether all are finite, and the first that is not
        self._summed_up: list[tuple[Tensor, Tensor]] = []
        self._in_a_row = 0
        self._left_out_now = 0
        self.left_out = 0

    def begin(self) -> None:
        """Forget the epoch before."""
        self._losses, self._summed_up, self._left_out_now = [], [], 0

    def leaves_out(self, loss: Tensor) -> bool:
        """Remember the loss of the next batch; tell whether the batch is left out.

        Args:
            loss: a scalar on the device.

        Raises:
            UserError: too many in a row would be.
        """
        self._losses.append(loss.detach())
        if len(self._losses) == _AT_ONCE:
            self._sum_up()
        if not self._leaves_out:
            return False
        if bool(torch.isfinite(loss)):
            self._in_a_row = 0
            return False
        self.left_out += 1
        self._left_out_now += 1
        self._in_a_row += 1
        batch = len(self._summed_up) * _AT_ONCE + len(self._losses) - 1
        if self._in_a_row > MOST_IN_A_ROW:
            raise UserError(
                f"The loss was infinite or no number for {self._in_a_row} batches in a row: the training "
                f"diverged. Lower the learning rate (the optimizer's lr).{self.first_images()}"
            )
        if self.left_out == 1:
            logger.warning(
                "A batch is left out, as its loss is %s (%s=skip).%s",
                loss.item(),
                TrainingOptions.named("not_finite"),
                self._images_of(batch),
            )
        return True

    def summary(self) -> str:
        """Say how many batches of the epoch were left out; "" if none was."""
        count = self._left_out_now
        return f"Left out {count} batches of this epoch, as their loss was no finite number." if count else ""

    def first_images(self) -> str:
        """Say which images were in the first batch of the epoch whose loss is not finite, or nothing."""
        self._sum_up()
        for number, (are_finite, first) in enumerate(self._summed_up):
            if not bool(are_finite):
                return self._images_of(number * _AT_ONCE + int(first))
        return ""

    def _images_of(self, batch: int) -> str:
        if self._names_in is None:
            return ""
        return f"\nIt began with batch {batch + 1} of the epoch: {some(self._names_in(batch), 10)}."

    def _sum_up(self) -> None:
        if self._losses:
            are_finite = torch.isfinite(torch.stack(self._losses))
            self._summed_up.append((are_finite.all(), (~are_finite).int().argmax()))
            self._losses = []
