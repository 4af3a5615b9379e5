"""Loss and accuracy of an epoch, gathered without making the device wait."""

import torch
from torch import Tensor


class RunningMeans:
    """Means over all images seen since the start of the epoch, each image weighing the same.

    The sums stay on the device: reading `loss` or `accuracy` is what waits for it.
    """

    def __init__(self, device: torch.device) -> None:
        # float64 would be safer still, but Apple's devices have none; sums of a few thousand batches fit
        self._loss = torch.zeros((), device=device)
        self._correct = torch.zeros((), dtype=torch.int64, device=device)
        self._images = 0
        self._batch_is_new = False

    def start_batch(self) -> None:
        """Say that the next measurement belongs to a new batch."""
        self._batch_is_new = True

    @torch.no_grad()
    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a batch: its mean loss (scalar), logits (B, classes), and labels, (B,) int64 or (B, classes).

        Of several measurements of one batch, as L-BFGS makes them, the first counts: it is the one taken
        before the weights moved.
        """
        if not self._batch_is_new:
            return
        self._batch_is_new = False
        classes = labels if labels.ndim == 1 else labels.argmax(dim=1)  # (B,)
        self._loss += loss.detach() * len(labels)
        self._correct += (logits.argmax(dim=1) == classes).sum()
        self._images += len(labels)

    @property
    def loss(self) -> float:
        """Mean loss per image; nan before the first batch."""
        return self._loss.item() / self._images if self._images else float("nan")

    @property
    def accuracy(self) -> float:
        """Share of the images whose largest logit was their label's; nan before the first batch."""
        return self._correct.item() / self._images if self._images else float("nan")
