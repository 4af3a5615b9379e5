"""How bright colours look."""

from torch import Tensor

# red, green and blue: ITU-R BT.601, as Pillow and torchvision use it
_LUMINANCE = (0.299, 0.587, 0.114)


def grey(images: Tensor) -> Tensor:
    """How bright each pixel of (B, C, H, W) float32 looks: (B, 1, H, W)."""
    if images.shape[1] != 3:
        return images.mean(dim=1, keepdim=True)
    red, green, blue = images.split(1, dim=1)
    brightness: Tensor = _LUMINANCE[0] * red
    return brightness.add_(green, alpha=_LUMINANCE[1]).add_(blue, alpha=_LUMINANCE[2])
