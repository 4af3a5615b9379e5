"""An exponential moving average of the weights, which is steadier than the last of them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.optim import ASGD
from torch.optim.swa_utils import get_ema_multi_avg_fn


class WeightAverage:
    """Follows a network's weights, and takes their place where it is asked to.

    The statistics of batch normalisations are averaged alike, so that they fit. In the beginning the average
    keeps less than `decay` of itself, (1 + n) / (10 + n) after n updates, or else it would long stay with the
    first weights (as in TensorFlow's ExponentialMovingAverage).

    ASGD makes an average of its own, which is what it is for; without a decay that one is taken.

    Args:
        network: on its device already.
        decay: share of the average that each update keeps; None: no average is kept.
        optimizer: of the network.
    """

    def __init__(
        self, network: nn.Module, decay: float | None, optimizer: torch.optim.Optimizer | None = None
    ) -> None:
        self._decay = decay
        trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        statistics = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
        self._current = [tensor.detach() for tensor in (*trained, *statistics)] if decay else []
        self._average = [tensor.clone() for tensor in self._current]
        self._asgd = optimizer if isinstance(optimizer, ASGD) and not decay else None
        self._updates = 0

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the current weights."""
        if self._decay is not None:
            decay = min(self._decay, (1 + self._updates) / (10 + self._updates))
            get_ema_multi_avg_fn(decay)(self._average, self._current, self._updates)
            self._updates += 1

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the network the average within the block."""
        self._take_that_of_asgd()
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def apply(self) -> None:
        """Give the network the average for good."""
        self._take_that_of_asgd()
        for current, average in zip(self._current, self._average, strict=True):
            current.copy_(average)

    def state_dict(self) -> dict[str, Any]:
        """Return the average and how often it was updated; that of ASGD is in the optimizer's state."""
        return {"average": self._average if self._decay else [], "updates": self._updates}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of another training."""
        self._updates = state["updates"]
        for average, saved in zip(self._average, state["average"], strict=True):
            average.copy_(saved)

    def _take_that_of_asgd(self) -> None:
        if self._asgd is not None:
            self._current = [weights.detach() for weights in self._asgd.state]
            self._average = [state["ax"].clone() for state in self._asgd.state.values()]

    @torch.no_grad()
    def _swap(self) -> None:
        for current, average in zip(self._current, self._average, strict=True):
            held = current.clone()
            current.copy_(average)
            average.copy_(held)
