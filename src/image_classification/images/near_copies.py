"""Finding near copies: pictures that were resized, recompressed, brightened, made grey, mirrored, turned or
cropped a little.

All pictures are compared coarsely with all (`copy_candidates`); what looks alike is laid over each other,
first as thumbnails, then with the pixels of the files, and judged by the details (`copy_evidence`).

`python -m tests.benchmarks.copies <folder>` measures how many copies of photographs are found, and how many
different pictures are taken for copies.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from image_classification.console import progress_bar
from image_classification.images.alignment import unaligned
from image_classification.images.copy_candidates import (
    Candidates,
    find_candidates,
    grey_thumbnails,
    placed,
)
from image_classification.images.copy_evidence import (
    COARSE_CORRELATION,
    DETAIL_SIDE,
    FEWEST_PLACES,
    close_match,
    closer_match,
    coarse_match,
    common_picture,
    count_places,
)
from image_classification.images.threads import map_in_threads

Rows = npt.NDArray[np.int64]
ReadDetail = Callable[[int], Tensor]
"""Gives the picture of a row, stretched to (3, 128, 128) uint8."""

# a set with more pairs that look alike is one of look-alikes: the most alike of them are judged
MOST_PAIRS = 300_000
_THUMBNAILS_AT_ONCE = 512
_AT_ONCE = 64
# pairs of each picture that get a closer look, 20 ms each: more than a picture has copies
_NEAREST = 8
_KEPT = 512  # pictures in memory: 25 MB
# fewer pictures have nothing in common that could be told from what copies have in common
_FEWEST_FOR_COMMON, _MOST_FOR_COMMON = 50, 128
_OWN_SIMILARITY = 0.75
# copies beyond doubt: the same way up, and no other details than those that compression adds
_CERTAIN_SIMILARITY = 0.95
_UPRIGHT = ("", "mirrored", "upside down and mirrored", "turned by 180°")
_ON_SIDE = ("turned and mirrored", "turned by 90°", "turned by 90°", "turned and mirrored")
_CROPPED = 0.02


class Link(NamedTuple):
    """Two files, by row, that show the same picture.

    similarity: correlation of their details.
    change: what was done to the one to get the other, beside resizing and the like: "mirrored, cropped", "".
    certain: whether it is beyond doubt, and the picture the same way up.
    """

    first: int
    second: int
    similarity: float
    change: str
    certain: bool


class NearCopies(NamedTuple):
    """What was found.

    links: the most alike first.
    plain: the rows of pictures that are too plain to be compared.
    all_compared: False if so many pairs look alike that only the most alike were compared.
    """

    links: list[Link]
    plain: Rows
    all_compared: bool


def find_near_copies(
    images: Tensor, rows: Rows, similarity: float, read: ReadDetail | None = None
) -> NearCopies:
    """Find the pairs of near copies among some of the images.

    Args:
        images: (N, C, H, W) uint8.
        rows: (n,) which of them.
        similarity: The least correlation of the details of near copies.
        read: Reads a picture anew for the closer look; None: the images serve.
    """
    reader = _Pictures(images, read)
    with progress_bar("Comparing images", total=2 * len(rows), unit="images") as advance:
        thumbnails = grey_thumbnails(images, torch.from_numpy(rows), advance)
        candidates = find_candidates(thumbnails, MOST_PAIRS, advance)
    all_compared = len(candidates.first) < MOST_PAIRS
    candidates, parameters = _coarse(thumbnails, candidates)
    order = candidates.first.argsort(stable=True)  # neighbours share their pictures
    candidates, parameters = Candidates(*(column[order] for column in candidates)), parameters[order]
    common = _common(reader, rows) if len(candidates.first) else None
    links: list[Link] = []
    plain: set[int] = set()
    with progress_bar("Comparing look-alikes", total=len(candidates.first), unit="pairs") as advance:
        for start in range(0, len(candidates.first), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            chunk = Candidates(*(column[part] for column in candidates))
            links += _judge(chunk, parameters[part], rows, reader, common, similarity, plain)
            advance(len(chunk.first))
    links.sort(key=lambda link: (-link.similarity, link.first, link.second))
    return NearCopies(links, np.array(sorted(plain), dtype=np.int64), all_compared)


class _Pictures:
    """The pictures for the closer look, some of them kept."""

    def __init__(self, images: Tensor, read: ReadDetail | None) -> None:
        self._images = images
        self._read = read
        self.detail = lru_cache(_KEPT)(self._detail)

    def _detail(self, row: int) -> tuple[Tensor, bool]:
        """The picture (3, 128, 128) uint8, and whether it has enough structure to be compared."""
        picture = self._read(row) if self._read else self._from_images(row)
        return picture, bool(count_places(picture.float().unsqueeze(0)) >= FEWEST_PLACES)

    def _from_images(self, row: int) -> Tensor:
        picture = self._images[row : row + 1].float()
        resized = interpolate(picture, (DETAIL_SIDE, DETAIL_SIDE), mode="bilinear", antialias=True)
        return resized[0].round().clamp(0, 255).to(torch.uint8).expand(3, -1, -1)

    def get(self, rows: list[int]) -> dict[int, tuple[Tensor, bool]]:
        """Several pictures, read in threads."""
        wanted = list(dict.fromkeys(rows))
        return dict(zip(wanted, map_in_threads(self.detail, wanted, lambda _: None), strict=True))


def _coarse(thumbnails: Tensor, candidates: Candidates) -> tuple[Candidates, Tensor]:
    """Lay the thumbnails of all candidates over each other; keep those worth a closer look, and how they
    lie.
    """
    agreement, found = [torch.empty(0)], [torch.empty(0, 4)]
    for start in range(0, len(candidates.first), _THUMBNAILS_AT_ONCE):
        first, second, position, margin = (
            column[start : start + _THUMBNAILS_AT_ONCE] for column in candidates
        )
        parameters, details = coarse_match(
            _placed(thumbnails[first], position), thumbnails[second], unaligned(len(first), margin)
        )
        agreement.append(details)
        found.append(parameters)
    details = torch.cat(agreement)
    keep = (details >= COARSE_CORRELATION).nonzero().squeeze(1)
    keep = keep[_among_nearest(candidates.first[keep], candidates.second[keep], details[keep])]
    return Candidates(*(column[keep] for column in candidates)), torch.cat(found)[keep]


def _among_nearest(first: Tensor, second: Tensor, agreement: Tensor) -> Tensor:
    """Which pairs agree best for one of their two pictures; a series of pictures has pairs without number."""
    table = pd.DataFrame(
        {
            "picture": torch.cat([first, second]).numpy(),
            "pair": np.tile(np.arange(len(first)), 2),
            "agreement": agreement.repeat(2).numpy(),
        }
    ).sort_values("agreement", ascending=False, kind="stable")
    nearest = table.groupby("picture").head(_NEAREST)["pair"].unique()
    return torch.from_numpy(np.sort(nearest))


def _common(reader: _Pictures, rows: Rows) -> Tensor | None:
    if len(rows) < _FEWEST_FOR_COMMON:
        return None
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), _MOST_FOR_COMMON)).astype(np.int64)]
    pictures = reader.get(chosen.tolist())
    return common_picture(torch.stack([picture for picture, _ in pictures.values()]).float())


def _judge(
    candidates: Candidates,
    parameters: Tensor,
    rows: Rows,
    reader: _Pictures,
    common: Tensor | None,
    similarity: float,
    plain: set[int],
) -> list[Link]:
    """Judge pairs with the pixels of their files; pictures that are too plain for it are added to `plain`."""
    firsts, seconds = (rows[column.numpy()].tolist() for column in (candidates.first, candidates.second))
    pictures = reader.get([*firsts, *seconds])
    plain.update(row for row, (_, has_places) in pictures.items() if not has_places)
    telling = torch.tensor([pictures[a][1] and pictures[b][1] for a, b in zip(firsts, seconds, strict=True)])
    first = _placed(torch.stack([pictures[row][0] for row in firsts]).float(), candidates.position)
    second = torch.stack([pictures[row][0] for row in seconds]).float()
    if not telling.any():
        return []
    chosen = telling.nonzero().squeeze(1)
    closer, alike = closer_match(first[chosen], second[chosen], parameters[chosen])
    chosen, closer = chosen[alike], closer[alike]
    if not len(chosen):
        return []
    position = candidates.position[chosen]
    shared = None
    if common is not None:
        everywhere = common.expand(len(chosen), -1, -1)
        shared = (_placed(everywhere, position), everywhere)
    found, evidence = close_match(first[chosen], second[chosen], closer, shared)
    copies = (
        (evidence.details >= similarity)
        & (evidence.own_details >= min(_OWN_SIMILARITY, similarity))
        & (evidence.places >= FEWEST_PLACES)
        & evidence.colours
    )
    return [
        _link(firsts[place], seconds[place], float(evidence.details[i]), int(position[i]), found[i])
        for i, place in enumerate(chosen.tolist())
        if copies[i]
    ]


def _link(first: int, second: int, similarity: float, position: int, parameters: Tensor) -> Link:
    scale_x, shift_x, scale_y, shift_y = parameters.tolist()
    changes = [_ON_SIDE[position & 3] if position & 4 else _UPRIGHT[position & 3]]
    if max(abs(scale_x - 1), abs(scale_y - 1), abs(shift_x), abs(shift_y)) > _CROPPED:
        changes.append("cropped")
    certain = position == 0 and similarity >= _CERTAIN_SIMILARITY
    low, high = sorted((first, second))
    return Link(low, high, similarity, ", ".join(filter(None, changes)), certain)


def _placed(pictures: Tensor, position: Tensor) -> Tensor:
    """Mirror and turn each of the pictures (n, …, S, S) by its own position."""
    lying = pictures.clone()
    for number in position.unique().tolist():
        which = position == number
        lying[which] = placed(pictures[which], number)
    return lying
