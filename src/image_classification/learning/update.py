"""One update of the weights, from one batch or several."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from image_classification.errors import UserError
from image_classification.learning.batches import Batches
from image_classification.learning.device import autocast, choose_precision
from image_classification.learning.distributed.team import ALONE, Team
from image_classification.learning.losses import Loss
from image_classification.learning.measures import RunningMeans
from image_classification.learning.not_finite import LossWatch
from image_classification.learning.optimizers import needs_closure
from image_classification.learning.options import GradientClippingOptions, TrainingOptions
from image_classification.learning.room import require_room_to_train
from image_classification.processes.stopping import stop_if_asked


def clip_gradients(parameters: Sequence[nn.Parameter], limits: GradientClippingOptions) -> None:
    """Clip each gradient to ±value, then shorten them all together to the norm; without limits do nothing."""
    if limits.value is not None:
        clip_grad_value_(parameters, limits.value)
    if limits.norm is not None:
        clip_grad_norm_(parameters, limits.norm)


def scale_gradients(parameters: Sequence[nn.Parameter], factor: float) -> None:
    """Multiply every gradient by the factor."""
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad.mul_(factor)


# images (B, C, H, W) and labels, (B,) int64 or (B, classes) float, on the device
Batch: TypeAlias = tuple[Tensor, Tensor]


def grouped(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """Group `size` batches at a time; what is left at the end makes a smaller group.

    Between two groups a training in a thread ends if the process is about to.
    """
    iterator = iter(batches)
    while group := list(islice(iterator, size)):
        stop_if_asked()
        yield group


def at_least_float32(logits: Tensor) -> Tensor:
    """Return logits in the format that losses are computed in."""
    return logits if logits.dtype == torch.float64 else logits.float()


class Update:
    """Updates a network's weights by an optimizer.

    The batches of a group are worked off one by one, each weighing as much as it has images, so the gradient
    is that of one batch of all of them (batch normalisation apart, which sees each batch alone).

    Args:
        network: on its device, in training mode when it is called.
        criterion: the loss.
        optimizer: of the network's parameters.
        device: where the network is.
        options: precision, limits of the gradients, and what becomes of losses that are not finite.
        batches: what they are drawn from, to name their images, and to check that they fit into memory.
        team: those who work on every batch together.

    Raises:
        UserError: the optimizer does not go with the precision or with leaving batches out, or the training
            does not fit into memory.
    """

    def __init__(
        self,
        network: nn.Module,
        criterion: Loss,
        optimizer: torch.optim.Optimizer,
        device: torch.device,
        options: TrainingOptions,
        batches: Batches | None = None,
        team: Team = ALONE,
    ) -> None:
        if batches is not None:
            require_room_to_train(network, batches, options)
        self.watch = LossWatch(options, batches.names_in if batches is not None else None)
        self._leaves_out = options.not_finite == "skip"
        self._team = team
        self._network = team.joined(network)
        self._criterion = criterion
        self._optimizer = optimizer
        self._device = device
        self._clipping = options.gradient_clipping
        self._format = choose_precision(options.precision, device, network)
        self._asks_for_the_loss = needs_closure(optimizer)
        self._parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        if self._asks_for_the_loss:
            # the curvature is judged by differences of gradients, which rounding would drown
            if options.precision in ("bfloat16", "float16"):
                raise UserError(
                    f"The optimizer lbfgs computes in float32, and {options.named('precision')} is "
                    f"{options.precision}: make it auto or float32."
                )
            self._format = torch.float32
            if self._leaves_out:
                raise UserError(
                    f"The optimizer lbfgs judges the curvature by all batches, and "
                    f"{options.named('not_finite')}=skip leaves some out: make it stop."
                )
        # gradients too small for float16 would vanish
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._format == torch.float16)

    def __call__(self, group: Sequence[Batch], means: RunningMeans) -> Tensor:
        """Update the weights; add what the batches measured before that to the means.

        Returns:
            The mean loss of the group's images before the update: a scalar, on the device.
        """
        if self._asks_for_the_loss:
            return self._update_by_closure(group, means)
        loss = self._compute_gradients(group, means)
        if self._leaves_out and not any(each.grad is not None for each in self._parameters):
            return loss
        self._scaler.step(self._optimizer)
        self._scaler.update()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return by how much losses are scaled, and since when, and what was seen of those left out."""
        return {"scaler": dict(self._scaler.state_dict()), "watch": self.watch.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Scale and watch losses on as another training did."""
        self._scaler.load_state_dict(dict(state["scaler"]))
        self.watch.load_state_dict(state["watch"])

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
        self._forget_gradients()
        num_images = sum(len(labels) for _, labels in group)
        shares = []
        left_out = 0
        for number, whole_batch in enumerate(group, 1):
            before = self._statistics()
            images, labels = self._team.own_part(*whole_batch)
            # where batches are left out, the last of a group may be
            with self._team.adding_up(is_last=number == len(group) or self._leaves_out):
                with autocast(self._device, self._format):
                    logits = self._network(images)  # (B, classes)
                    loss = self._criterion.while_training(at_least_float32(logits), labels, images)
                batch = self._team.measured(loss, logits, labels)
                if means and self.watch.leaves_out(batch.loss):
                    left_out += batch.images
                    self._restore(before)
                    continue
                # a batch alone is all of its group
                share = batch.images / num_images if len(group) > 1 else 1
                weighed = self._team.weighed(loss)
                self._scaler.scale(weighed * share if len(group) > 1 else weighed).backward()
            shares.append(batch.loss * share)
            if means:
                means.add_measured(batch)
        if not shares:
            return batch.loss
        self._scaler.unscale_(self._optimizer)
        if left_out:
            scale_gradients(self._parameters, num_images / (num_images - left_out))
        clip_gradients(self._parameters, self._clipping)
        return sum(shares[1:], shares[0])

    def _forget_gradients(self) -> None:
        """Do what `optimizer.zero_grad` does, which takes ten times as long about it."""
        for group in self._optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    def _statistics(self) -> list[Tensor]:
        """Copy the statistics of the batches so far, which a batch that is left out would spoil."""
        return [each.clone() for each in self._network.buffers()] if self._leaves_out else []

    @torch.no_grad()
    def _restore(self, statistics: Sequence[Tensor]) -> None:
        for buffer, value in zip(self._network.buffers(), statistics, strict=True):
            buffer.copy_(value)
