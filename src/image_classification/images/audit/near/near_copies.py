"""Find near copies: pictures that were resized, recompressed, brightened, made grey, mirrored, turned or
cropped a little.

All pictures are compared coarsely with all, or very many with their neighbourhoods (`candidates`); those
that look alike are laid over each other, first as thumbnails, then with the pixels of the files, and judged
by their details (`evidence`).

`python -m tests.benchmarks.copies <folder>` measures how many copies of photographs are found, and how many
different pictures are taken for copies.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from image_classification.console import progress_bar
from image_classification.images.audit.near.candidates import Candidates, compares_all, find_candidates
from image_classification.images.audit.near.comparing import (
    ALIKE,
    COLOURS,
    DETAILS,
    LYING,
    OWN,
    PLACES,
    compare_details,
    compare_thumbnails,
)
from image_classification.images.audit.near.detail_pictures import DetailPictures, ReadDetail
from image_classification.images.audit.near.evidence import FEWEST_PLACES
from image_classification.images.audit.near.likeness import Likeness, describe
from image_classification.images.audit.near.memory import SHA256, PictureMemory, Rows
from image_classification.images.audit.near.thumbnails import Thumbnails
from image_classification.images.store.first_look import FirstLook
from image_classification.threads import torch_in_one_thread

MOST_PAIRS = 300_000  # if more pairs look alike, the set is one of look-alikes: the most alike are judged
_AT_ONCE = 4096  # pictures that are described
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
    exhaustive: False if there are so many pictures that each was compared with its neighbourhoods only.
    """

    links: list[Link]
    plain: Rows
    all_compared: bool
    exhaustive: bool


@torch_in_one_thread()  # what is done to many small pictures is too little for threads of torch to share
def find_near_copies(
    images: Tensor,
    rows: Rows,
    similarity: float,
    read: ReadDetail | None = None,
    whole: Callable[[int], Tensor] | None = None,
    memory: PictureMemory | None = None,
    look: FirstLook | None = None,
) -> NearCopies:
    """Find the pairs of near copies among some of the images.

    Args:
        images: (N, C, H, W) uint8.
        rows: (n,) which of them; with a memory in its order.
        similarity: The lowest correlation of the details of near copies.
        read: Reads a picture anew for the closer look; None: the images are used.
        whole: Gives all of a picture, (C, h, w) uint8, of which the image may be a part, or have bars; None:
            the images are stretched.
        memory: What is known of these pictures; it is filled with what is found out.
        look: What was seen of the images, perhaps small, of which all is whole.
    """
    if memory is None:
        numbers = np.array([b"%064d" % number for number in range(len(rows))], dtype=SHA256)
        memory = PictureMemory.of(numbers, None, "")
    thumbnails = Thumbnails(images, rows, whole, look)
    pictures = DetailPictures(images, read)
    is_new = memory.is_new
    with progress_bar("Comparing images", total=2 * len(rows), unit="images") as advance:
        advance(int((~is_new).sum()))
        new = torch.from_numpy(is_new.nonzero()[0])
        for part in new.split(_AT_ONCE):
            memory.described[part] = describe(thumbnails.of(part, advance))
        likeness = Likeness(memory.described)
        candidates, memory.pairs = find_candidates(likeness, MOST_PAIRS, advance, memory.pairs, is_new)
    all_compared = len(candidates) < MOST_PAIRS
    candidates, parameters = compare_thumbnails(thumbnails, candidates, memory)
    found = compare_details(candidates, parameters, rows, pictures, memory, similarity)
    links = _links(candidates, found, rows, similarity)
    plain = {
        int(rows[number]) for number in candidates.pairs.unique().tolist() if not memory.has_places[number]
    }
    return NearCopies(
        links, np.array(sorted(plain), dtype=np.int64), all_compared, exhaustive=compares_all(len(rows))
    )


def _links(
    candidates: Candidates, found: npt.NDArray[np.float32], rows: Rows, similarity: float
) -> list[Link]:
    """Return the pairs that are copies by the evidence, the most alike first."""
    copies = (
        (found[:, ALIKE] == 1)
        & (found[:, DETAILS] >= similarity)
        & (found[:, OWN] >= min(_OWN_SIMILARITY, similarity))
        & (found[:, PLACES] >= FEWEST_PLACES)
        & (found[:, COLOURS] == 1)
    )
    positions = candidates.position.tolist()
    links = [
        _link(rows[candidates.pairs[place].numpy()], found[place], positions[place])
        for place in copies.nonzero()[0].tolist()
    ]
    return sorted(links, key=lambda link: (-link.similarity, link.first, link.second))


def _link(pair: Rows, found: npt.NDArray[np.float32], position: int) -> Link:
    scale_x, shift_x, scale_y, shift_y = found[LYING].tolist()
    similarity = float(found[DETAILS])
    changes = [_ON_SIDE[position & 3] if position & 4 else _UPRIGHT[position & 3]]
    if max(abs(scale_x - 1), abs(scale_y - 1), abs(shift_x), abs(shift_y)) > _CROPPED:
        changes.append(_CROP)
    certain = similarity >= _CERTAIN_SIMILARITY
    low, high = sorted(pair.tolist())
    return Link(low, high, similarity, ", ".join(filter(None, changes)), certain)
