"""Which images a network of a library takes: tried on the meta device, which computes shapes alone."""

import torch
from torch import nn

LARGEST = 1024  # pixels; hardly a model of any library is meant for larger images


def takes(network: nn.Module, image_shape: tuple[int, int, int]) -> bool:
    """Try whether the network takes images of this shape (C, H, W)."""
    state = [*network.named_parameters(), *network.named_buffers()]
    without_numbers = {name: tensor.to("meta") for name, tensor in state}
    was_training = network.training
    try:
        torch.func.functional_call(
            network.eval(), without_numbers, torch.empty(1, *image_shape, device="meta")
        )
    except (RuntimeError, ValueError, AssertionError):
        return False
    finally:
        network.train(was_training)
    return True


def smallest_side(network: nn.Module, channels: int) -> int:
    """Find the smallest side of square images that the network takes, by halving the interval."""
    too_small, large_enough = 0, LARGEST
    while large_enough - too_small > 1:
        side = (too_small + large_enough) // 2
        if takes(network, (channels, side, side)):
            large_enough = side
        else:
            too_small = side
    return large_enough
