"""Contents of picture files of many kinds: formats, modes, depths, and ways to be turned."""

import io
import itertools
import struct
import zlib

import numpy as np
from PIL import Image


def picture(width, height, mode="RGB", seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def encoded(image, kind="PNG", orientation=None, **options):
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
        options["exif"] = exif
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def deep_png(width=9, height=7):
    """A PNG picture of 16-bit colours, which Pillow cannot write."""
    numbers = np.random.default_rng(3).integers(0, 4096, (height, width, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in numbers)
    return png(struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0), rows)


def png(header, rows):
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


FILES = {
    "large jpeg": encoded(picture(301, 204), "JPEG"),
    "progressive jpeg": encoded(picture(133, 270), "JPEG", progressive=True, quality=60),
    "grey jpeg": encoded(picture(90, 120, "L"), "JPEG"),
    "cmyk jpeg": encoded(picture(80, 66, "CMYK"), "JPEG"),
    "small png": encoded(picture(5, 3)),
    "size already": encoded(picture(16, 12)),
    "transparent png": encoded(picture(40, 31, "RGBA")),
    "palette gif": encoded(picture(33, 44, "P"), "GIF"),
    "webp": encoded(picture(50, 60), "WEBP"),
    "bmp": encoded(picture(21, 20), "BMP"),
    "16-bit grey png": encoded(Image.fromarray(np.arange(600, dtype=np.uint16).reshape(20, 30) * 6)),
    "16-bit png": deep_png(),
    "tiff of floats": encoded(Image.fromarray(np.random.default_rng(1).random((9, 8), np.float32)), "TIFF"),
}
TURNED = {
    f"{kind} turned {orientation}": encoded(picture(97, 70), kind, orientation)
    for kind, orientation in itertools.product(("JPEG", "PNG", "TIFF"), (2, 3, 6, 8))
}
