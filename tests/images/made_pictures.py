"""Pictures that tests make: textured ones like photographs, series of plain shapes, and copies of a
picture.
"""

import io
from collections.abc import Callable
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance

TURN = Image.Transpose


def photograph(seed: int, size: tuple[int, int] = (200, 260)) -> Image.Image:
    """A picture with structure of every size and in every place, another one for every seed."""
    generator = np.random.default_rng(seed)
    pixels = np.full((size[1], size[0], 3), 128.0)
    for cells, strength in ((4, 60), (9, 40), (20, 25), (45, 15)):
        field = generator.normal(0, strength, (cells, cells, 1)) + generator.normal(
            0, strength / 3, (cells, cells, 3)
        )
        planes = [
            Image.fromarray(field[..., channel].astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
            for channel in range(3)
        ]
        pixels += np.stack([np.asarray(plane) for plane in planes], axis=2)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _recompressed(picture: Image.Image, quality: int) -> Image.Image:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality)
    return Image.open(content).convert("RGB")


def _scaled(picture: Image.Image, factor: float) -> Image.Image:
    return picture.resize(
        (round(picture.width * factor), round(picture.height * factor)), Image.Resampling.BICUBIC
    )


def _cut(picture: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    width, height = picture.size
    box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
    return picture.crop(tuple(round(each) for each in box))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG quality 10": lambda picture: _recompressed(picture, 10),
    "JPEG quality 40": lambda picture: _recompressed(picture, 40),
    "to 30 % of the size": lambda picture: _scaled(picture, 0.3),
    "to 60 % of the size": lambda picture: _scaled(picture, 0.6),
    "to 150 % of the size": lambda picture: _scaled(picture, 1.5),
    "stretched": lambda picture: picture.resize((picture.width, round(picture.height * 0.8))),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.25),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.7),
    "more contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.25),
    "pale": lambda picture: ImageEnhance.Color(picture).enhance(0.4),
    "mirrored": lambda picture: picture.transpose(TURN.FLIP_LEFT_RIGHT),
    "upside down": lambda picture: picture.transpose(TURN.FLIP_TOP_BOTTOM),
    "turned by 90°": lambda picture: picture.transpose(TURN.ROTATE_90),
    "turned by 180°": lambda picture: picture.transpose(TURN.ROTATE_180),
    "turned by 270°": lambda picture: picture.transpose(TURN.ROTATE_270),
    "5 % cut off the left": lambda picture: _cut(picture, 0.05, 0, 0, 0),
    "5 % cut off the top": lambda picture: _cut(picture, 0, 0.05, 0, 0),
    "5 % cut off the bottom": lambda picture: _cut(picture, 0, 0, 0, 0.05),
    "5 % cut off two sides": lambda picture: _cut(picture, 0.05, 0.05, 0, 0),
    "2 % cut off each side": lambda picture: _cut(picture, 0.02, 0.02, 0.02, 0.02),
    "5 % cut off each side": lambda picture: _cut(picture, 0.05, 0.05, 0.05, 0.05),
    "cut, smaller, brighter, JPEG 50": lambda picture: _recompressed(
        _scaled(ImageEnhance.Brightness(_cut(picture, 0.03, 0.01, 0.02, 0.04)).enhance(1.15), 0.6), 50
    ),
    "mirrored, smaller, JPEG 40": lambda picture: _recompressed(
        _scaled(picture.transpose(TURN.FLIP_LEFT_RIGHT), 0.5), 40
    ),
}
"""What is done to a picture -> how; the results are RGB."""


def shape(kind: str, seed: int, side: int = 128, noise: float = 3.0) -> Image.Image:
    """A white shape in the middle of a black picture: "circle", "square", "ring", "cross" or "star" of some
    size.
    """
    generator = np.random.default_rng(seed)
    middle, radius = side * 2, generator.uniform(0.2, 0.42) * side * 4
    picture = Image.new("RGB", (side * 4, side * 4))
    draw = ImageDraw.Draw(picture)

    def box(width: float, height: float) -> list[float]:
        return [middle - width, middle - height, middle + width, middle + height]

    if kind == "square":
        draw.rectangle(box(radius * 0.9, radius * 0.9), fill="white")
    elif kind == "cross":
        draw.rectangle(box(radius, radius * 0.35), fill="white")
        draw.rectangle(box(radius * 0.35, radius), fill="white")
    elif kind == "star":
        tips = [(radius * (1 if tip % 2 == 0 else 0.45), pi * tip / 5) for tip in range(10)]
        draw.polygon([(middle + r * sin(a), middle - r * cos(a)) for r, a in tips], fill="white")
    else:
        draw.ellipse(box(radius, radius), fill="white")
        if kind == "ring":
            draw.ellipse(box(radius * 0.6, radius * 0.6), fill="black")
    pixels = np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS)).astype(np.float64)
    pixels += generator.normal(0, noise, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def scan(seed: int, own: float = 8.0, side: int = 160) -> Image.Image:
    """A grey picture like all of its kind, as scans of a part of the body are, with a little of its own."""
    common, generator = np.random.default_rng(7), np.random.default_rng(1000 + seed)

    def field(random: np.random.Generator, cells: int) -> np.ndarray:
        values = random.normal(0, 1, (cells, cells)).astype(np.float32)
        return np.asarray(Image.fromarray(values).resize((side, side), Image.Resampling.BICUBIC))

    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    anatomy = 150 * np.exp(-((np.abs(x) - 0.45) ** 2 / 0.05 + y**2 / 0.3)) + 25 * np.sin(
        14 * y + 6 * np.abs(x)
    )
    pixels = 60 + anatomy + 10 * field(common, 24)
    pixels += own * (field(generator, 4) + 0.8 * field(generator, 16) + 0.8 * field(generator, 40))
    return Image.fromarray(
        (pixels + generator.normal(0, 2, (side, side))).clip(0, 255).astype(np.uint8)
    ).convert("RGB")
