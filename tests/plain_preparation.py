"""What the page of an export says is done to any picture, by Pillow alone, as another program would do it."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torchvision.io
from PIL import Image, ImageOps


def prepared(content: bytes, rule: Mapping[str, Any]) -> np.ndarray:
    """Return a picture as the input of an exported graph, (1, C, H, W) uint8.

    Args:
        content: of its file.
        rule: what preprocessing.json says.
    """
    channels, height, width = rule["image_shape"]
    shown = ImageOps.exif_transpose(_eight_bits(content, rule["value_range"]))
    if shown.mode in {"RGBA", "LA", "PA", "P"}:
        shown = shown.convert("RGBA")
        shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    shown = shown.convert("L" if channels == 1 else "RGB")
    resample = Image.Resampling[rule["interpolation"].upper()]
    pixels = np.array(_RESIZED[rule["resize"]](shown, (width, height), resample))
    return pixels[None, None] if channels == 1 else pixels.transpose(2, 0, 1)[None]


def _eight_bits(content: bytes, value_range: Mapping[str, Any]) -> Image.Image:
    shown = Image.open(io.BytesIO(content))
    if shown.format == "PNG" and content[24] == 16:  # bits a channel; Pillow reads colours of 8
        given = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        deep = torchvision.io.decode_png(given, torchvision.io.ImageReadMode.UNCHANGED)
        numbers, (low, high) = deep.numpy().transpose(1, 2, 0).squeeze(), value_range["integers"]
    elif shown.mode == "F":
        numbers, (low, high) = np.asarray(shown), value_range["floats"]
    else:
        return shown
    levels = (numbers.astype(np.float64) - low) / (high - low) * 255
    return Image.fromarray(np.rint(levels.clip(0, 255)).astype(np.uint8))


def _stretched(shown: Image.Image, size: tuple[int, int], resample: int) -> Image.Image:
    return shown.resize(size, resample)


def _cropped(shown: Image.Image, size: tuple[int, int], resample: int) -> Image.Image:
    factor = min(have / want for have, want in zip(shown.size, size, strict=True))
    width, height = (round(side * factor) for side in size)
    left, top = (shown.width - width) // 2, (shown.height - height) // 2
    return shown.crop((left, top, left + width, top + height)).resize(size, resample)


def _letterboxed(shown: Image.Image, size: tuple[int, int], resample: int) -> Image.Image:
    factor = min(want / have for have, want in zip(shown.size, size, strict=True))
    width, height = (max(1, round(side * factor)) for side in shown.size)
    canvas = Image.new(shown.mode, size)
    canvas.paste(shown.resize((width, height), resample), ((size[0] - width) // 2, (size[1] - height) // 2))
    return canvas


_RESIZED = {"stretch": _stretched, "crop": _cropped, "letterbox": _letterboxed}
