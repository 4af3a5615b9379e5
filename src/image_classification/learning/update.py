"""One update of the weights, from one batch or several."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from image_classification.errors import UserError
from image_classification.learning.device import autocast, choose_precision
from image_classification.learning.losses import Loss
from image_classification.learning.measures import RunningMeans
from image_classification.learning.optimizers import needs_closure
from image_classification.learning.options import GradientClippingOptions, TrainingOptions


def clip_gradients(parameters: Sequence[nn.Parameter], limits: GradientClippingOptions) -> None:
    """Clip each gradient to ±value, then shorten them all together to the norm; without limits do nothing."""
    if limits.value is not None:
        clip_grad_value_(parameters, limits.value)
    if limits.norm is not None:
        clip_grad_norm_(parameters, limits.norm)


# images (B, C, H, W) and labels, (B,) int64 or (B, classes) float, on the device
Batch: TypeAlias = tuple[Tensor, Tensor]


def grouped(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """Group `size` batches at a time; what is left at the end makes a smaller group."""
    iterator = iter(batches)
    while group := list(islice(iterator, size)):
        yield group


class Update:
    """Updates a network's weights by an optimizer.

    The batches of a group are worked off one by one, each weighing as much as it has images, so the gradient
    is that of one batch of all of them (batch normalisation apart, which sees each batch alone).

    Args:
        network: on its device, in training mode when it is called.
        criterion: the loss.
        optimizer: of the network's parameters.
        device: where the network is.
        options: precision and limits of the gradients.

    Raises:
        UserError: the optimizer does not go with the precision.
    """

    def __init__(
        self,
        network: nn.Module,
        criterion: Loss,
        optimizer: torch.optim.Optimizer,
        device: torch.device,
        options: TrainingOptions,
    ) -> None:
        self._network = network
        self._criterion = criterion
        self._optimizer = optimizer
        self._device = device
        self._clipping = options.gradient_clipping
        self._format = choose_precision(options.precision, device, network)
        self._parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        if needs_closure(optimizer):
            # the curvature is judged by differences of gradients, which rounding would drown
            if options.precision in ("bfloat16", "float16"):
                raise UserError(
                    f"The optimizer lbfgs computes in float32, and {options.named('precision')} is "
                    f"{options.precision}: make it auto or float32."
                )
            self._format = torch.float32
        # gradients too small for float16 would vanish
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._format == torch.float16)

    def __call__(self, group: Sequence[Batch], means: RunningMeans) -> Tensor:
        """Update the weights; add what the batches measured before that to the means.

        Returns:
            The mean loss of the group's images before the update: a scalar, on the device.
        """
        if needs_closure(self._optimizer):
            return self._update_by_closure(group, means)
        loss = self._compute_gradients(group, means)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return by how much losses are scaled, and since when; nothing where they are not."""
        return dict(self._scaler.state_dict())

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Scale losses on as another training did."""
        self._scaler.load_state_dict(dict(state))

    def _update_by_closure(self, group: Sequence[Batch], means: RunningMeans) -> Tensor:
        """Let the optimizer ask for the loss as often as it likes; report only the first answer."""
        seed = int(torch.randint(2**62, ()))
        losses: list[Tensor] = []

        def closure() -> Tensor:
            torch.manual_seed(seed)  # the same dropout each time, or the loss would not be one function
            losses.append(self._compute_gradients(group, None if losses else means))
            return losses[-1]

        self._optimizer.step(closure)  # type: ignore[arg-type]
        return losses[0]

    def _compute_gradients(self, group: Sequence[Batch], means: RunningMeans | None) -> Tensor:
        self._optimizer.zero_grad()
        num_images = sum(len(labels) for _, labels in group)
        shares = []
        for images, labels in group:
            with autocast(self._device, self._format):
                logits = self._network(images)  # (B, classes)
                loss = self._criterion.while_training(logits.float(), labels, images)
            # a batch alone is all of its group
            share = loss * (len(labels) / num_images) if len(group) > 1 else loss
            self._scaler.scale(share).backward()
            shares.append(share.detach())
            if means:
                means.add(loss, logits, labels)
        self._scaler.unscale_(self._optimizer)
        clip_gradients(self._parameters, self._clipping)
        return sum(shares[1:], shares[0])
