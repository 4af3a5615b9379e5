"""Losses that are infinite or no numbers: in which batch they began, and leaving such batches out."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from image_classification.errors import UserError
from image_classification.learning.options import TrainingOptions
from image_classification.words import some

logger = logging.getLogger(__name__)

# of what is left out, the weights learn nothing: a training of so many in a row is ended
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
        # of each thousand: its first batch, whether all are finite, and which is the first that is not
        self._summed_up: list[tuple[int, Tensor, Tensor]] = []
        self._batch = 0  # the next one of the epoch: 0, 1, …
        self._first_before: int | None = None  # what is not finite in an epoch that is taken up again
        self._in_a_row = 0
        self._left_out_now = 0
        self._left_out = 0

    def begin(self, done: int = 0) -> None:
        """Forget the epoch before, unless so many batches of this one are done: then it is taken up again."""
        self._losses, self._summed_up, self._batch = [], [], done
        if not done:
            self._first_before, self._left_out_now = None, 0

    def leaves_out(self, loss: Tensor) -> bool:
        """Remember the loss of the next batch; tell whether the batch is left out.

        Args:
            loss: a scalar on the device, without a graph of what it came from.

        Raises:
            UserError: it is one of too many in a row.
        """
        self._losses.append(loss)
        self._batch += 1
        if len(self._losses) == _AT_ONCE:
            self._sum_up()
        if not self._leaves_out:
            return False
        if bool(torch.isfinite(loss)):
            self._in_a_row = 0
            return False
        self._left_out += 1
        self._left_out_now += 1
        self._in_a_row += 1
        if self._in_a_row == MOST_IN_A_ROW:
            raise UserError(
                f"The loss was infinite or no number for {self._in_a_row} batches in a row: the training "
                f"diverged. Lower the learning rate (the optimizer's lr).{self.first_images()}"
            )
        if self._left_out == 1:
            logger.warning(
                "A batch is left out, as its loss is %s (%s=skip).%s",
                loss.item(),
                TrainingOptions.named("not_finite"),
                self._images_of(self._batch - 1),
            )
        return True

    def summary(self) -> str:
        """Say how many batches of the epoch were left out; "" if none was."""
        count = self._left_out_now
        return f"Left out {count} batches of this epoch, as their loss was no finite number." if count else ""

    def first_images(self) -> str:
        """Say which images were in the first batch of the epoch whose loss is not finite, or nothing."""
        first = self._first()
        return "" if first is None else self._images_of(first)

    def state_dict(self) -> dict[str, Any]:
        """Return what was left out, and the first of this epoch that is not finite; the device waits."""
        return {
            "in_a_row": self._in_a_row,
            "left_out": self._left_out,
            "left_out_now": self._left_out_now,
            "first": self._first(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of another training; `begin` has to follow."""
        self._in_a_row, self._left_out = state["in_a_row"], state["left_out"]
        self._left_out_now, self._first_before = state["left_out_now"], state["first"]

    def _first(self) -> int | None:
        self._sum_up()
        if self._first_before is not None:
            return self._first_before
        found = (start + int(first) for start, are_finite, first in self._summed_up if not bool(are_finite))
        return next(found, None)

    def _images_of(self, batch: int) -> str:
        if self._names_in is None:
            return ""
        return f"\nIt began with batch {batch + 1} of the epoch: {some(self._names_in(batch), 10)}."

    def _sum_up(self) -> None:
        if self._losses:
            are_finite = torch.isfinite(torch.stack(self._losses))
            start = self._batch - len(self._losses)
            self._summed_up.append((start, are_finite.all(), (~are_finite).int().argmax()))
            self._losses = []
