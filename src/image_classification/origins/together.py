"""Whether what is read together belongs together: nothing of two trainings, or of two states of the data."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from image_classification.catalog_files import local_path
from image_classification.origins.contents import ABSENT, content_of, interrupted, origin_of
from image_classification.origins.record import Made, read_origin
from image_classification.origins.state import read_by


class Mixture(NamedTuple):
    """Two datasets made from different contents of a third, or one made from an earlier state of the other.

    outdated: which of them does not belong to what is there now.
    other: the other one; "" if `outdated` alone is of a making that was interrupted.
    source: what they were made from; `other` itself, if `outdated` was made from an earlier state of it; ""
        if the file of `outdated` has changed since, and `other` was made from what it was.
    made: by what and when `outdated` was made.
    """

    outdated: str
    other: str
    source: str
    made: Made


class _Read(NamedTuple):
    """What a dataset was made from; `changed` is what made it before something else changed its file."""

    lineage: Mapping[str, str]
    made: Made | None
    changed: Made | None = None


def find_mixtures(names: Iterable[str], catalog: DataCatalog, *, with_foreign: bool = True) -> list[Mixture]:
    """Look for pairs of datasets among those that are read together that do not belong together.

    Args:
        names: of the datasets.
        catalog: they are in.
        with_foreign: also where the file of one is none that was recorded, such as one that a person has put
            there; it may be damaged, which is noticed best where it is loaded.
    """
    names = sorted(names)
    if len(names) < 2:
        return []
    unfinished = [Mixture(name, "", "", made) for name in names if (made := interrupted(name, catalog))]
    read = {name: _read(name, catalog) for name in names}
    read = {name: each for name, each in read.items() if with_foreign or each.made}
    compared = [
        _compare(first, one, second, two, catalog)
        for (first, one), (second, two) in combinations(read.items(), 2)
    ]
    return unfinished or [mixture for mixture in compared if mixture]


def _compare(first: str, one: _Read, second: str, two: _Read, catalog: DataCatalog) -> Mixture | None:
    for source in sorted(one.lineage.keys() & two.lineage.keys()):
        if one.lineage[source] == two.lineage[source]:
            continue
        for name, read, other in ((first, one, second), (second, two, first)):
            if source == name and read.changed:
                return Mixture(name, other, "", read.changed)
        is_now = content_of(source, catalog) if source in catalog else None
        # what fits neither is judged by the other: the later one is taken for right
        first_is_right = one.lineage[source] == is_now or (
            two.lineage[source] != is_now and _when(one.made) > _when(two.made)
        )
        outdated, made, other = (second, two.made, first) if first_is_right else (first, one.made, second)
        if made is None:  # a file without a record in the place of what the other was made from
            outdated, made, other = other, one.made or two.made, outdated
        if made:
            return Mixture(outdated, other, source, made)
    return None


def _when(made: Made | None) -> str:
    return made.started if made else ""


def read_together(pipeline: Pipeline, catalog: DataCatalog) -> list[frozenset[str]]:
    """Return, for each node, which datasets from before the run go into it, directly or through others."""
    reaching: dict[str, frozenset[str]] = {}
    sets: set[frozenset[str]] = set()
    for node in pipeline.nodes:
        names = read_by(node, catalog)
        reached = frozenset().union(*(reaching.get(name, frozenset({name})) for name in names))
        reaching |= dict.fromkeys(node.outputs, reached)
        sets.add(reached)
    return sorted((each for each in sets if len(each) > 1), key=sorted)


def _read(name: str, catalog: DataCatalog) -> _Read:
    content, origin = content_of(name, catalog), origin_of(name, catalog)
    itself = {name: content} if content and content != ABSENT else {}
    if origin:
        return _Read({**origin.lineage, **itself}, origin.made)
    path = local_path(name, catalog)
    changed = read_origin(path) if path else None
    return _Read(itself, None, changed.made if changed else None)
