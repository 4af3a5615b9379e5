"""Loss and accuracy: of an epoch while it goes on, without making the device wait, and of a whole set."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from image_classification.learning.distributed.team import ALONE, Measured, Team, num_correct
from image_classification.learning.losses import Loss

# images that are measured at once; fewer where they are so large that they would take more bytes than this
MOST_AT_ONCE = 1000
LARGEST_BATCH = 2**28
# logits that are kept until their answers are counted: 256 KB
MOST_HELD = 2**16


class RunningMeans:
    """Means over all images seen since the start of the epoch, each image weighing the same.

    The sums stay on the device: reading `loss` or `accuracy` is what waits for it. Which answers are right is
    looked at for many batches at once: of a small batch that takes as long as of all of them.
    """

    def __init__(self, device: torch.device) -> None:
        # float64 would be safer still, but Apple's devices have none; sums of a few thousand batches fit
        self._loss = torch.zeros((), device=device)
        self._correct = torch.zeros((), dtype=torch.int64, device=device)
        self._images = 0
        self._answers: list[tuple[Tensor, Tensor]] = []
        self._held = 0

    def add(self, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a batch: mean loss (scalar), logits (B, classes), and labels, (B,) int64 or (B, classes)."""
        self.add_measured(Measured(loss.detach(), len(labels), answers=(logits.detach(), labels)))

    def add_measured(self, batch: Measured) -> None:
        """Add what a batch came to."""
        self._loss.add_(batch.loss, alpha=batch.images)
        self._images += batch.images
        if batch.correct is not None:
            self._correct += batch.correct
        if batch.answers is not None:
            self._answers.append(batch.answers)
            self._held += batch.answers[0].numel()
            if self._held >= MOST_HELD:
                self._count()

    def _count(self) -> None:
        """Count the right ones of the answers that were not looked at; labels may be of both kinds."""
        for dimensions in {labels.ndim for _, labels in self._answers}:
            alike = [answers for answers in self._answers if answers[1].ndim == dimensions]
            logits, labels = (torch.cat(part) for part in zip(*alike, strict=True))
            self._correct += num_correct(logits, labels)
        self._answers, self._held = [], 0

    @property
    def loss(self) -> float:
        """Mean loss per image; nan before the first batch."""
        return self._loss.item() / self._images if self._images else float("nan")

    @property
    def accuracy(self) -> float:
        """Share of the images whose largest logit was their label's; nan before the first batch."""
        self._count()
        return self._correct.item() / self._images if self._images else float("nan")

    def state_dict(self) -> dict[str, Any]:
        """Return the sums, and the number of images."""
        self._count()
        return {"loss": self._loss, "correct": self._correct, "images": self._images}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from those of another training."""
        self._loss.copy_(state["loss"])
        self._correct.copy_(state["correct"])
        self._images = state["images"]
        self._answers, self._held = [], 0


def images_at_once(dataset: TensorDataset) -> int:
    """Return how many images of a set are measured at once."""
    if not len(dataset):
        return MOST_AT_ONCE
    image: Tensor = dataset[0][0]
    return min(MOST_AT_ONCE, max(1, LARGEST_BATCH // max(1, image.nbytes)))


def measure(
    network: nn.Module,
    dataset: TensorDataset | None,
    criterion: Loss,
    device: torch.device,
    split: str,
    team: Team = ALONE,
) -> dict[str, float]:
    """Measure a set of images, every image weighing the same.

    Returns:
        {split}/loss and {split}/accuracy, such as validation/loss; nothing if there are no images.
    """
    if dataset is None or not len(dataset):
        return {}
    logits, labels = team.predicted(network, dataset, batch_size=images_at_once(dataset), device=device)
    with torch.inference_mode():
        # where the criterion is: it may hold weights of the classes
        loss = criterion(logits.to(device), labels.to(device)).item()
    return {f"{split}/loss": loss, f"{split}/accuracy": num_correct(logits, labels).item() / len(labels)}
