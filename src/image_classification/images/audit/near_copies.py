"""Find near copies: pictures that were resized, recompressed, brightened, made grey, mirrored, turned or
cropped a little.

All pictures are compared coarsely with all (`candidates`); those that look alike are laid over each other,
first as thumbnails, then with the pixels of the files, and judged by their details (`evidence`).

`python -m tests.benchmarks.copies <folder>` measures how many copies of photographs are found, and how many
different pictures are taken for copies.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from image_classification.console import progress_bar
from image_classification.images.audit.alignment import unaligned
from image_classification.images.audit.candidates import Candidates, find_candidates, grey_thumbnails, placed
from image_classification.images.audit.detail_pictures import DetailPictures, ReadDetail
from image_classification.images.audit.evidence import (
    COARSE_CORRELATION,
    FEWEST_PLACES,
    close_match,
    closer_match,
    coarse_match,
)
from image_classification.threads import map_in_threads

Rows = npt.NDArray[np.int64]

MOST_PAIRS = 300_000  # if more pairs look alike, the set is one of look-alikes: the most alike are judged
_THUMBNAILS_AT_ONCE = 128  # few enough for the caches of a core: each thread takes its own
_AT_ONCE = 8
_NEAREST = 8  # pairs of each picture that get a closer look, 20 ms each: more than a picture has copies
_OWN_SIMILARITY = 0.75
_CERTAIN_SIMILARITY = 0.95  # copies beyond doubt: their details differ only by what compression adds
_UPRIGHT = ("", "mirrored", "upside down and mirrored", "turned by 180°")
_ON_SIDE = ("turned and mirrored", "turned by 90°", "turned by 90°", "turned and mirrored")
_CROPPED, _CROP = 0.02, "cropped"


class Link(NamedTuple):
    """Two files, by row, that show the same picture.

    similarity: correlation of their details.
    change: how one was made from the other, apart from resizing and the like: "mirrored, cropped", "".
    certain: whether it is beyond doubt.
    """

    first: int
    second: int
    similarity: float
    change: str
    certain: bool

    @property
    def same_view(self) -> bool:
        """Whether the picture is the same way up: a mirrored one may rightly have another label."""
        return self.change in ("", _CROP)


class NearCopies(NamedTuple):
    """The pairs of near copies.

    links: the most alike first.
    plain: the rows of pictures that are too plain to be compared.
    all_compared: False if so many pairs look alike that only the most alike were compared.
    """

    links: list[Link]
    plain: Rows
    all_compared: bool


def find_near_copies(
    images: Tensor,
    rows: Rows,
    similarity: float,
    read: ReadDetail | None = None,
    whole: Callable[[int], Tensor] | None = None,
) -> NearCopies:
    """Find the pairs of near copies among some of the images.

    Args:
        images: (N, C, H, W) uint8.
        rows: (n,) which of them.
        similarity: The lowest correlation of the details of near copies.
        read: Reads a picture anew for the closer look; None: the images are used.
        whole: Gives all of a picture, (C, h, w) uint8, of which the image may be a part, or have bars; None:
            the images are stretched.
    """
    pictures = DetailPictures(images, read)
    with progress_bar("Comparing images", total=2 * len(rows), unit="images") as advance:
        thumbnails = grey_thumbnails(images, torch.from_numpy(rows), advance, whole)
        candidates = find_candidates(thumbnails, MOST_PAIRS, advance)
    all_compared = len(candidates.first) < MOST_PAIRS
    candidates, parameters = _coarse(thumbnails, candidates)
    order = candidates.first.argsort(stable=True)  # neighbours share their pictures
    candidates, parameters = candidates.pick(order), parameters[order]
    common = pictures.common(rows) if len(candidates.first) else None

    def judge(start: int) -> tuple[list[Link], set[int]]:
        part = slice(start, start + _AT_ONCE)
        return _judge(candidates.pick(part), parameters[part], rows, pictures, common, similarity)

    starts = range(0, len(candidates.first), _AT_ONCE)
    with progress_bar("Comparing look-alikes", total=len(starts), unit="batches") as advance:
        judged = map_in_threads(judge, starts, advance, at_once=1)
    links = [link for of_chunk, _ in judged for link in of_chunk]
    plain = {row for _, of_chunk in judged for row in of_chunk}
    links.sort(key=lambda link: (-link.similarity, link.first, link.second))
    return NearCopies(links, np.array(sorted(plain), dtype=np.int64), all_compared)


def _coarse(thumbnails: Tensor, candidates: Candidates) -> tuple[Candidates, Tensor]:
    """Lay the thumbnails of all candidates over each other: those worth a closer look, and how they lie."""

    def match(start: int) -> tuple[Tensor, Tensor]:
        part = slice(start, start + _THUMBNAILS_AT_ONCE)
        first, second, position, margin = candidates.pick(part)
        lying = placed(thumbnails[first], position)
        return coarse_match(lying, thumbnails[second], unaligned(len(first), margin))

    starts = range(0, len(candidates.first), _THUMBNAILS_AT_ONCE)
    matches = map_in_threads(match, starts, lambda _: None, at_once=1)
    found = torch.cat([torch.empty(0, 4), *(parameters for parameters, _ in matches)])
    details = torch.cat([torch.empty(0), *(agreement for _, agreement in matches)])
    keep = (details >= COARSE_CORRELATION).nonzero().squeeze(1)
    keep = keep[_among_nearest(candidates.first[keep], candidates.second[keep], details[keep])]
    return candidates.pick(keep), found[keep]


def _among_nearest(first: Tensor, second: Tensor, agreement: Tensor) -> Tensor:
    """Choose the pairs that agree best for one of their pictures; a series has pairs without number."""
    table = pd.DataFrame(
        {
            "picture": torch.cat([first, second]).numpy(),
            "pair": np.tile(np.arange(len(first)), 2),
            "agreement": agreement.repeat(2).numpy(),
        }
    ).sort_values("agreement", ascending=False, kind="stable")
    nearest = table.groupby("picture").head(_NEAREST)["pair"].unique()
    return torch.from_numpy(np.sort(nearest))


def _judge(
    candidates: Candidates,
    parameters: Tensor,
    rows: Rows,
    pictures: DetailPictures,
    common: Tensor | None,
    similarity: float,
) -> tuple[list[Link], set[int]]:
    """Judge pairs with the pixels of their files: the links, and the rows of pictures too plain to judge."""
    firsts, seconds = (rows[column.numpy()].tolist() for column in (candidates.first, candidates.second))
    seen = {row: pictures.get(row) for row in dict.fromkeys([*firsts, *seconds])}
    plain = {row for row, picture in seen.items() if not picture.has_places}
    telling = [place for place, pair in enumerate(zip(firsts, seconds, strict=True)) if not plain & set(pair)]
    if not telling:
        return [], plain
    chosen = torch.tensor(telling)
    first = placed(torch.stack([seen[row].pixels for row in firsts]).float(), candidates.position)
    second = torch.stack([seen[row].pixels for row in seconds]).float()
    closer, alike = closer_match(first[chosen], second[chosen], parameters[chosen])
    chosen, closer = chosen[alike], closer[alike]
    if not len(chosen):
        return [], plain
    position = candidates.position[chosen]
    shared = None
    if common is not None:
        everywhere = common.expand(len(chosen), -1, -1)
        shared = (placed(everywhere, position), everywhere)
    found, evidence = close_match(first[chosen], second[chosen], closer, shared)
    copies = (
        (evidence.details >= similarity)
        & (evidence.own_details >= min(_OWN_SIMILARITY, similarity))
        & (evidence.places >= FEWEST_PLACES)
        & evidence.colours
    )
    links = [
        _link(firsts[place], seconds[place], float(evidence.details[i]), int(position[i]), found[i])
        for i, place in enumerate(chosen.tolist())
        if copies[i]
    ]
    return links, plain


def _link(first: int, second: int, similarity: float, position: int, parameters: Tensor) -> Link:
    scale_x, shift_x, scale_y, shift_y = parameters.tolist()
    changes = [_ON_SIDE[position & 3] if position & 4 else _UPRIGHT[position & 3]]
    if max(abs(scale_x - 1), abs(scale_y - 1), abs(shift_x), abs(shift_y)) > _CROPPED:
        changes.append(_CROP)
    certain = similarity >= _CERTAIN_SIMILARITY
    low, high = sorted((first, second))
    return Link(low, high, similarity, ", ".join(filter(None, changes)), certain)
