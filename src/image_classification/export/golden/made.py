"""Pictures made of a real one, so that no step of the preprocessing is left without a picture that needs it.

Where images have the size of the network already, every resize rule is right, and in grey ones every order of
channels is. These are larger and smaller, of other proportions, coloured, and lie on their side.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

_ORIENTATION, _LIES_ON_ITS_SIDE = 0x0112, 6  # EXIF 2.3
_TINT = (1.0, 0.65, 0.35)


def made_pictures(image: Tensor) -> dict[str, bytes]:
    """Make PNG files of an image (C, H, W) uint8, by their names."""
    height, width = image.shape[1:]
    sizes = {
        "made_larger.png": (round(1.7 * height) + 3, round(2.6 * width) + 5),
        "made_smaller.png": (max(2, round(0.8 * height)), max(3, round(0.45 * width))),
    }
    return {name: _png(_picture(image, size, seed)) for seed, (name, size) in enumerate(sizes.items())}


def _picture(image: Tensor, size: tuple[int, int], seed: int) -> npt.NDArray[np.uint8]:
    """Return an image in colours and with a grain (H, W, 3): flat areas would hide a wrong interpolation."""
    enlarged = interpolate(image[None].float(), size=size, mode="nearest")[0]  # (C, *size)
    base = enlarged.expand(3, -1, -1).permute(1, 2, 0).numpy()
    grain = np.random.default_rng(seed).integers(0, 256, (*size, 1))
    mixed = (0.5 * base + 0.5 * grain) * np.array(_TINT)
    # brighter from the left upper corner on: a mirrored or cropped picture is another one
    ramp = np.add.outer(np.linspace(0.5, 0.8, size[0]), np.linspace(0, 0.2, size[1]))
    pixels: npt.NDArray[np.uint8] = np.clip(mixed * ramp[..., None], 0, 255).astype(np.uint8)
    return pixels


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = _LIES_ON_ITS_SIDE
    buffer = io.BytesIO()
    # turned against what EXIF says, so that it is the picture again once it is upright
    Image.fromarray(np.ascontiguousarray(np.rot90(pixels))).save(buffer, "PNG", exif=exif.tobytes())
    return buffer.getvalue()
