"""How many made copies of photographs the audit finds, and how many different pictures it takes for copies.

    python -m tests.benchmarks.copies <folder of photographs>

prints a table in Markdown: recall for each way of making a copy, false pairs among the pictures as they
are, among their copies, and among series of plain shapes.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tests.images.made_pictures import COPIES, scan, shape
from torch.nn.functional import interpolate

from image_classification.images.audit.near.near_copies import find_near_copies
from image_classification.images.audit.options import AuditOptions
from image_classification.images.folder.found_files import find_files
from image_classification.images.reading.decode import decode_image
from image_classification.images.reading.pictures import promises_picture

_SIDE = 128
_IMAGE_SIDE = 64  # the default of image_folder.images.size
_COPIED = 150
_SHAPES = ("circle", "square", "ring", "cross", "star")


def _pixels(picture: Image.Image) -> torch.Tensor:
    """As `decode_image` makes them of a file without loss."""
    pixels = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1).unsqueeze(0)
    return interpolate(pixels, (_SIDE, _SIDE), mode="bilinear", antialias=True)[0]


def found_pairs(pictures: list[torch.Tensor]) -> set[tuple[int, int]]:
    """The pairs that the audit finds with its own defaults, among pictures (3, 128, 128) uint8."""
    stacked = torch.stack(pictures)
    images = interpolate(stacked, (_IMAGE_SIDE, _IMAGE_SIDE), mode="bilinear", antialias=True)
    similarity = AuditOptions().near_duplicate_similarity
    found = find_near_copies(images, np.arange(len(pictures)), similarity, lambda row: pictures[row])
    return {(link.first, link.second) for link in found.links}


def main() -> None:
    """Measure on the folder that is named on the command line."""
    folder = Path(sys.argv[1])
    names = [file.name for file in find_files(folder).files if promises_picture(Path(file.name))]
    pictures = [decode_image(folder / name, (3, _SIDE, _SIDE), "stretch") for name in names]
    copied = np.random.default_rng(0).permutation(len(names))[:_COPIED].tolist()
    originals = []
    for row in copied:
        with Image.open(folder / names[row]) as picture:
            originals.append(picture.convert("RGB"))
    among = found_pairs(pictures)
    print(
        f"{len(names)} pictures as they are: {len(among)} pairs",
        *(f"{names[a]} {names[b]}" for a, b in among),
        sep="\n",
    )
    print(f"\n| made copy of {len(copied)} of them | found | false pairs |\n|---|---|---|")
    for how, change in COPIES.items():
        copies = [_pixels(change(picture)) for picture in originals]
        found = found_pairs(pictures + copies) - among
        right = {(row, len(pictures) + number) for number, row in enumerate(copied)}
        print(f"| {how} | {len(found & right) / len(right):.1%} | {len(found - right)} |", flush=True)
    shapes = [_pixels(shape(kind, seed)) for kind in _SHAPES for seed in range(100)]
    print(f"\n{len(shapes)} plain shapes in the middle of pictures: {len(found_pairs(shapes))} pairs")
    scans = [_pixels(scan(seed)) for seed in range(300)]
    print(f"{len(scans)} made scans of one kind: {len(found_pairs(scans))} pairs")


if __name__ == "__main__":
    main()
