"""Whether a network fits into memory, before any of its weights are drawn."""

from typing import Any

import torch

from image_classification.errors import UserError
from image_classification.memory import require_memory
from image_classification.networks.family import NETWORKS, build_body

_OVERFLOW = "Storage size calculation overflowed"  # as torch says it, of 2⁶³ bytes and more
_BEYOND = 2**63


def require_room_for(name: str, image_shape: tuple[int, int, int], num_classes: int, **options: Any) -> None:
    """Refuse a network whose weights alone are larger than the memory.

    It is built on torch's meta device, which knows shapes and allocates nothing, in a millisecond or two.

    Raises:
        UserError: naming its size, what there is, and the options; or as the network does.
    """
    _, kind = NETWORKS[name], NETWORKS.options[name]  # the first says which names there are
    # those that it starts from are as large, and are neither read nor fetched for this
    without_file = options | ({"weights": None} if "weights" in kind.model_fields else {})
    try:
        with torch.device("meta"):
            body = build_body(name, image_shape, num_classes, **without_file)
        needed = sum(tensor.nbytes for tensor in (*body.parameters(), *body.buffers()))
    except UserError:
        raise
    except Exception as error:
        # a family of somebody's own may compute with its weights while it is built: then torch has to tell
        if _OVERFLOW not in str(error):
            return
        needed = _BEYOND
    settable = ", ".join(kind.named(option) for option in kind.model_fields)
    require_memory(
        needed,
        f"The weights of this network ({name}, for images of {image_shape[1]}×{image_shape[2]} pixels)",
        f"Make it smaller ({settable}), or the images (images.size of their source)."
        if settable
        else "Make the images smaller (images.size of their source), or choose another network.",
    )
