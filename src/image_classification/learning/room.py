"""Whether a training fits into memory, before it begins."""

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import torch
from torch import Tensor, nn

from image_classification.learning.batches import Batches
from image_classification.learning.device import choose_precision
from image_classification.learning.options import TrainingOptions
from image_classification.memory import require_memory

# what keeps its output, or something of that size, until the gradients are computed
_KEPT = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def require_room_to_train(network: nn.Module, batches: Batches, options: TrainingOptions) -> None:
    """Refuse a training that needs more memory than its device has.

    What is counted is needed in any case: the gradients, and of a batch its images as floats and the outputs
    of all layers with weights that are trained. What an optimizer remembers comes on top.

    Args:
        network: on its device.
        batches: which are drawn for it.
        options: the precision.

    Raises:
        UserError: naming what is needed, what there is, and the options.
    """
    if not batches.num_images:
        return
    size = min(batches.batch_size, batches.num_images)
    gradients = sum(each.nbytes for each in network.parameters() if each.requires_grad)
    item = 4 if choose_precision(options.precision, batches.device, network) == torch.float32 else 2
    shape = batches.image_shape
    needed = gradients + size * (4 * prod(shape) + item * numbers_kept(network, shape))
    require_memory(
        needed,
        f"Training on batches of {size} images of {'×'.join(map(str, shape))} numbers",
        f"Make {TrainingOptions.named('batch_size')} smaller; {TrainingOptions.named('accumulate_batches')} "
        "keeps the update the same. Smaller images (images.size of their source) or a smaller network help.",
        left_on(batches.device),
    )


def require_room_to_classify(
    image_shape: tuple[int, ...], size: int, option: str, device: torch.device
) -> None:
    """Refuse batches of images that do not fit into memory, as bytes and as the floats that a network sees.

    Args:
        image_shape: (C, H, W).
        size: images of a batch.
        option: what sets that, for the message.
        device: where they are classified.

    Raises:
        UserError: naming what is needed, what there is, and the option.
    """
    require_memory(
        size * 5 * prod(image_shape),
        f"Classifying {size} images of {'×'.join(map(str, image_shape))} numbers at once",
        f"Make {option} smaller, which changes no result.",
        left_on(device),
    )


def left_on(device: torch.device) -> int | None:
    """Return the bytes that an accelerator has left; None for a device that uses the machine's memory."""
    if device.type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    # torch keeps what was freed
    return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)


def numbers_kept(network: nn.Module, image_shape: tuple[int, ...]) -> int:
    """Count the numbers that one image leaves in a network until its gradients are computed, at least.

    An image is sent through the network on torch's meta device, which computes shapes alone.
    """
    counts: list[int] = []
    layers = [
        module
        for module in network.modules()
        if isinstance(module, _KEPT) and any(each.requires_grad for each in module.parameters())
    ]
    if not layers:
        return 0
    state = [*network.named_parameters(), *network.named_buffers()]
    without_numbers = {name: tensor.to("meta") for name, tensor in state}
    modes = {module: module.training for module in network.modules()}
    count: Callable[..., None] = partial(_count, counts)
    hooks = [layer.register_forward_hook(count) for layer in layers]
    try:
        # batch normalisation takes a single image in evaluation mode only
        image = torch.empty(1, *image_shape, dtype=torch.uint8, device="meta")
        with torch.random.fork_rng(devices=[]):
            torch.func.functional_call(network.eval(), without_numbers, image)
    except Exception:  # a layer of somebody's own may need real numbers
        return 0
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode
    return sum(counts)


def _count(counts: list[int], _module: nn.Module, _inputs: Any, output: Any) -> None:
    if isinstance(output, Tensor):
        counts.append(output.numel())
