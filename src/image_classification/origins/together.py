"""Whether what is read together belongs together: nothing of two trainings, or of two states of the data."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from kedro.io import DataCatalog
from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline

from image_classification.origins.contents import ABSENT, content_of, origin_of
from image_classification.origins.record import Made


class Mixture(NamedTuple):
    """Two datasets made from different contents of a third, or one made from an earlier state of the other.

    outdated: which of them does not belong to what is there now.
    other: the other one.
    source: what they were made from; `other` itself, if `outdated` was made from an earlier state of it.
    made: by what and when `outdated` was made.
    """

    outdated: str
    other: str
    source: str
    made: Made


class _Read(NamedTuple):
    lineage: Mapping[str, str]
    made: Made | None


def find_mixtures(names: Iterable[str], catalog: DataCatalog) -> list[Mixture]:
    """Look for pairs of datasets among those that are read together that do not belong together.

    What no run of this project has recorded, such as a file that a person put there, belongs to everything.
    """
    read = {name: _read(name, catalog) for name in sorted(names)}
    pairs = combinations(read.items(), 2)
    return [
        found
        for (first, one), (second, two) in pairs
        if (found := _compare(first, one, second, two, catalog))
    ]


def _compare(first: str, one: _Read, second: str, two: _Read, catalog: DataCatalog) -> Mixture | None:
    for source in sorted(one.lineage.keys() & two.lineage.keys()):
        if one.lineage[source] == two.lineage[source]:
            continue
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


def read_together(pipeline: Pipeline) -> list[frozenset[str]]:
    """Return, for each node, which datasets from before the run go into it, directly or through others."""
    reaching: dict[str, frozenset[str]] = {}
    sets: set[frozenset[str]] = set()
    for node in pipeline.nodes:
        names = [name for name in node.inputs if not is_parameter(name)]
        reached = frozenset().union(*(reaching.get(name, frozenset({name})) for name in names))
        reaching |= dict.fromkeys(node.outputs, reached)
        sets.add(reached)
    return sorted((each for each in sets if len(each) > 1), key=sorted)


def _read(name: str, catalog: DataCatalog) -> _Read:
    content, origin = content_of(name, catalog), origin_of(name, catalog)
    itself = {name: content} if content and content != ABSENT else {}
    return _Read({**origin.lineage, **itself}, origin.made) if origin else _Read(itself, None)
