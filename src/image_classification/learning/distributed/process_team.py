"""A process of several that train one network together, each on its part of every batch."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import TensorDataset

from image_classification.learning.distributed.batch_norm import normalise_by_whole_batches
from image_classification.learning.distributed.dropout import draw_for_whole_batches
from image_classification.learning.distributed.team import Measured, Team, num_correct
from image_classification.networks.classifier import predict_logits

# updates between two looks at who was asked to end, where a look makes an accelerator finish its queue
UPDATES_BETWEEN_LOOKS = 16


class ProcessTeam(Team):
    """One process of a team; all of them hold the same weights, and see the same batches in the same order.

    The images of a batch are dealt out in blocks that differ by one image at most. The loss of a part weighs
    as much as the part has images, so the sum of the gradients is that of the whole batch, whatever is left
    over in the last one. Where there are fewer images than processes some have none: they work on the first
    image of the batch with the weight 0, as the others wait for their gradients.

    The default process group of `torch.distributed` has to be there.

    Args:
        device: where the network is.
        is_asked: tells whether this process was asked to end.
        varies: whether the parameters that learn may change from epoch to epoch.
    """

    def __init__(
        self, device: torch.device, is_asked: Callable[[], bool] = lambda: False, *, varies: bool = False
    ) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self._device = device
        self._is_asked = is_asked
        self._varies = varies
        self._network: DistributedDataParallel | None = None
        self._batches = 0
        self.images = 0  # of the whole batch
        self.first = 0  # of the own images in it
        self.count = 0  # how many there are
        self.is_asked_to_stop = False

    def joined(self, network: nn.Module) -> nn.Module:
        """Return the network such that its gradients are those of the whole batch.

        In training its batch normalisations and its dropout see whole batches from now on.
        """
        normalise_by_whole_batches(network, self)
        draw_for_whole_batches(network, self)
        self._network = DistributedDataParallel(
            network,
            device_ids=None if self._device.type == "cpu" else [self._device],
            broadcast_buffers=False,  # they are the same everywhere
            find_unused_parameters=self._varies,
        )
        return self._network

    def own_part(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the block of a batch that this process works on; at least one image."""
        self.images = len(labels)
        self.first, end = self._block(self.images)
        self.count = end - self.first
        rows = slice(self.first, end) if self.count else slice(0, 1)
        return images[rows], labels[rows]

    def weighed(self, loss: Tensor) -> Tensor:
        """Weigh the loss of the own part: torch takes the mean of the processes' gradients."""
        return loss * (self.size * self.count / self.images)

    @torch.no_grad()
    def measured(self, loss: Tensor, logits: Tensor, labels: Tensor) -> Measured:
        """Return what the whole batch came to; wait for all processes."""
        sums = torch.zeros(3, dtype=loss.dtype, device=loss.device)
        if self.count:
            sums[0] = loss.detach() * self.count
            # counts are exact in float32 up to 16 million images
            sums[1] = num_correct(logits, labels)
        sums[2] = self._is_asked()
        dist.all_reduce(sums)
        self._batches += 1
        if self._device.type == "cpu" or self._batches % UPDATES_BETWEEN_LOOKS == 0:
            self.is_asked_to_stop |= bool(sums[2] > 0)
        return Measured(sums[0] / self.images, self.images, correct=sums[1].long())

    def adding_up(self, *, is_last: bool) -> AbstractContextManager[object]:
        """Within the block gradients are added up here; with the last batch those of all processes are."""
        assert self._network is not None  # noqa: S101  (it was joined)
        return nullcontext() if is_last else self._network.no_sync()

    def predicted(
        self, network: nn.Module, dataset: TensorDataset, *, batch_size: int, device: torch.device
    ) -> tuple[Tensor, Tensor]:
        """Return logits (N, classes) float32 and labels of all images, of which each process sees a block."""
        first, end = self._block(len(dataset))
        rows = torch.arange(first, end) if end > first else torch.zeros(1, dtype=torch.int64)
        own = predict_logits(network, dataset, batch_size=batch_size, device=device, rows=rows)
        logits, labels = (self._spread(part[: end - first], first, len(dataset)) for part in own)
        return logits, labels

    def _block(self, images: int) -> tuple[int, int]:
        return images * self.rank // self.size, images * (self.rank + 1) // self.size

    def _spread(self, part: Tensor, first: int, total: int) -> Tensor:
        """Put the parts of all processes together, (N, ...)."""
        whole = part.new_zeros((total, *part.shape[1:]))
        whole[first : first + len(part)] = part
        dist.all_reduce(whole)  # on the CPU
        return whole
