"""What a network says about images that it cannot take."""

from image_classification.errors import UserError


def require_at_least(network: str, smallest: int, image_shape: tuple[int, int, int]) -> None:
    """Refuse images (C, H, W) with a side below `smallest` pixels.

    Raises:
        UserError: naming the network, the size found and the sizes that it takes.
    """
    _, height, width = image_shape
    if min(height, width) < smallest:
        raise UserError(
            f"Network '{network}' takes images of {smallest}×{smallest} pixels or more; "
            f"these have {height}×{width}. "
            f"Make them larger (images.size={smallest} of mnist or image_folder), "
            "or choose another modelling.network.name."
        )
