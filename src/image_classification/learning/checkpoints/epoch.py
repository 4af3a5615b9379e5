"""One epoch while it goes on: what begins anew with each, and is taken up where one was interrupted."""

from collections.abc import Mapping
from time import perf_counter
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from image_classification.learning.batches import epoch_seed
from image_classification.learning.measures import RunningMeans

AUGMENTATION = 1  # sets its draws apart from the others of an epoch


class Epoch:
    """The position, means, random states and clock of an epoch.

    Args:
        number: 1, 2, …
        seed: with the number it decides every draw of the epoch, from here on those of torch itself too.
        learning_rate: at the epoch's start.
        device: where the training is.

    Attributes:
        drawn: how many batches were drawn so far, those that were left out among them.
        means: of the others.
        generator: on the CPU; draws how images vary.
    """

    def __init__(self, number: int, seed: int, learning_rate: float, device: torch.device) -> None:
        torch.manual_seed(epoch_seed(seed, number))
        self.number = number
        self.learning_rate = learning_rate
        self.drawn = 0
        self.means = RunningMeans(device)
        self.generator = torch.Generator().manual_seed(epoch_seed(seed, number, AUGMENTATION))
        self._device = device
        self._started = perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds that the epoch took so far, without those of an interruption."""
        return perf_counter() - self._started

    def state_dict(self) -> dict[str, Any]:
        """Return all of that, and the states of torch's own generators."""
        return {
            "number": self.number,
            "learning_rate": self.learning_rate,
            "drawn": self.drawn,
            "means": self.means.state_dict(),
            "generator": self.generator.get_state(),
            "random": random_states(self._device),
            "seconds": self.seconds,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of the same epoch of another training."""
        self.learning_rate = state["learning_rate"]
        self.drawn = state["drawn"]
        self.means.load_state_dict(state["means"])
        self.generator.set_state(state["generator"])
        set_random_states(self._device, state["random"])
        self._started = perf_counter() - state["seconds"]


def random_states(device: torch.device) -> dict[str, Tensor]:
    """Return the states of torch's generators on the CPU and the device, (n,) uint8 each, by type."""
    states = {"cpu": torch.get_rng_state()}
    if module := _of_device(device):
        states[device.type] = module.get_rng_state(*_index(device))
    return states


def set_random_states(device: torch.device, states: Mapping[str, Tensor]) -> None:
    """Let torch draw on from these states; one of a device of another type is left alone."""
    torch.set_rng_state(states["cpu"])
    module = _of_device(device)
    if module and device.type in states:
        module.set_rng_state(states[device.type], *_index(device))


def _of_device(device: torch.device) -> ModuleType | None:
    """Return torch's module of an accelerator that has a generator, None for a CPU."""
    if device.type == "cpu":
        return None
    module = torch.get_device_module(device)
    return module if hasattr(module, "get_rng_state") else None


def _index(device: torch.device) -> tuple[torch.device, ...]:
    # Apple's devices are one, and its functions take none
    return () if device.type == "mps" else (device,)
