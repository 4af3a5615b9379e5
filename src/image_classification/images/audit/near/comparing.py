"""Compare pictures that look alike: laid over each other, as thumbnails and then with the pixels of files.

Nothing is compared that the memory knows.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor

from image_classification.console import progress_bar
from image_classification.images.audit.near.alignment import unaligned
from image_classification.images.audit.near.candidates import Candidates
from image_classification.images.audit.near.detail_pictures import MOST_FOR_COMMON, DetailPictures
from image_classification.images.audit.near.evidence import (
    COARSE_CORRELATION,
    close_match,
    closer_match,
    coarse_match,
)
from image_classification.images.audit.near.likeness import FEWEST_FOR_COMMON
from image_classification.images.audit.near.memory import PairTable, PictureMemory, Rows
from image_classification.images.audit.near.thumbnails import Thumbnails, placed
from image_classification.threads import map_in_threads

_THUMBNAILS_AT_ONCE = 128  # few enough for the caches of a core: each thread takes its own
_AT_ONCE = 8
# what the closer look at a pair has shown, in columns: whether it went that far; `Evidence`; parameters
ALIKE, DETAILS, OWN, PLACES, COLOURS = range(5)
LYING, _WIDTH = slice(5, 9), 9
_NEAREST = 8  # pairs of each picture that get a closer look, 20 ms each: more than a picture has copies


def compare_thumbnails(
    thumbnails: Thumbnails, candidates: Candidates, memory: PictureMemory
) -> tuple[Candidates, Tensor]:
    """Lay the thumbnails of all candidates over each other: those worth a closer look, and how they lie."""
    keys = memory.keys(candidates.pairs, candidates.turn)
    is_known, found = memory.coarse.get(keys)
    todo = candidates.pick(torch.from_numpy((~is_known).nonzero()[0]))
    small = thumbnails.all_of(todo.pairs.unique())

    def match(start: int) -> Tensor:
        part = todo.pick(slice(start, start + _THUMBNAILS_AT_ONCE))
        lying = placed(small[part.first], part.position)
        parameters, agreement = coarse_match(lying, small[part.second], unaligned(len(part), part.margin))
        return torch.cat([parameters, agreement.unsqueeze(1)], dim=1)

    starts = range(0, len(todo), _THUMBNAILS_AT_ONCE)
    matches = map_in_threads(match, starts, lambda _: None, at_once=1)
    found[~is_known] = torch.cat([torch.empty(0, 5), *matches]).numpy()
    order = np.argsort(keys)
    memory.coarse = PairTable(keys[order], found[order])
    parameters, details = torch.from_numpy(found[:, :4]), torch.from_numpy(found[:, 4])
    keep = (details >= COARSE_CORRELATION).nonzero().squeeze(1)
    first, second = candidates.pairs[keep].unbind(dim=1)
    keep = keep[_among_nearest(first, second, details[keep])]
    return candidates.pick(keep), parameters[keep]


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


def compare_details(
    candidates: Candidates,
    parameters: Tensor,
    rows: Rows,
    pictures: DetailPictures,
    memory: PictureMemory,
    similarity: float,
) -> npt.NDArray[np.float32]:
    """Return the evidence (n, 9) that pairs are copies, by the pixels of their files: `ALIKE` and so on."""
    sample = slice(MOST_FOR_COMMON)
    by = memory.digest_of(sample) if len(rows) >= FEWEST_FOR_COMMON else ""
    if memory.shared_by != by:
        memory.shared, memory.shared_by = torch.empty(0, 0), by
        memory.close.found[memory.close.found[:, ALIKE] == 1, OWN] = np.nan
    keys = memory.keys(candidates.pairs, candidates.turn)
    is_known, found = memory.close.get(keys)
    # what all have in common has changed, which matters where this pair has enough in common
    is_known &= ~(np.isnan(found[:, OWN]) & (found[:, DETAILS] >= similarity))
    missing = torch.from_numpy((~is_known).nonzero()[0])
    missing = missing[candidates.first[missing].argsort(stable=True)]  # neighbours share their pictures
    if len(missing) and by and not len(memory.shared):
        memory.shared = pictures.common(rows[sample])
    todo, lying = candidates.pick(missing), parameters[missing]
    common = memory.shared if len(memory.shared) else None

    def judge(start: int) -> tuple[Tensor, dict[int, bool]]:
        part = slice(start, start + _AT_ONCE)
        return _judge(todo.pick(part), lying[part], rows, pictures, common)

    starts = range(0, len(todo), _AT_ONCE)
    with progress_bar("Comparing look-alikes", total=len(starts), unit="batches") as advance:
        judged = map_in_threads(judge, starts, advance, at_once=1)
    for _, has_places in judged:
        memory.has_places[list(has_places)] = list(has_places.values())
    found[missing.numpy()] = torch.cat([torch.empty(0, _WIDTH), *(each for each, _ in judged)]).numpy()
    memory.close = memory.close.put(keys, found)
    return found


def _judge(
    candidates: Candidates, parameters: Tensor, rows: Rows, pictures: DetailPictures, common: Tensor | None
) -> tuple[Tensor, dict[int, bool]]:
    """Judge pairs with the pixels of their files: the evidence, and which pictures are not too plain."""
    firsts, seconds = candidates.first.tolist(), candidates.second.tolist()
    seen = {number: pictures.get(int(rows[number])) for number in dict.fromkeys([*firsts, *seconds])}
    has_places = {number: picture.has_places for number, picture in seen.items()}
    result = torch.zeros(len(firsts), _WIDTH)
    pairs = zip(firsts, seconds, strict=True)
    chosen = torch.tensor([place for place, pair in enumerate(pairs) if all(map(has_places.get, pair))])
    if not len(chosen):
        return result, has_places
    # nearly all end here, at half the size
    first = placed(torch.stack([seen[number].half for number in firsts]), candidates.position)
    second = torch.stack([seen[number].half for number in seconds])
    closer, alike = closer_match(first[chosen], second[chosen], parameters[chosen])
    chosen, closer = chosen[alike], closer[alike]
    if not len(chosen):
        return result, has_places
    position, places = candidates.position[chosen], chosen.tolist()
    first = placed(torch.stack([seen[firsts[place]].pixels for place in places]).float(), position)
    second = torch.stack([seen[seconds[place]].pixels for place in places]).float()
    shared = None
    if common is not None:
        everywhere = common.expand(len(chosen), -1, -1)
        shared = (placed(everywhere, position), everywhere)
    lying, evidence = close_match(first, second, closer, shared)
    alone = torch.stack([torch.ones(len(chosen)), *(column.float() for column in evidence)], dim=1)
    result[chosen] = torch.cat([alone, lying], dim=1)
    return result, has_places
