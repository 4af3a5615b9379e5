"""What somebody may have meant who wrote a name that does not exist."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

CUTOFF = 0.6  # difflib's own for close matches
MOST = 3


def nearest_names(name: str, names: Iterable[str], cutoff: float = CUTOFF) -> list[str]:
    """The most similar of the names, best first, at most three; none if all of them are far off."""
    likeness = {each: SequenceMatcher(None, name.lower(), each.lower()).ratio() for each in names}
    close = [each for each in likeness if likeness[each] >= cutoff]
    return sorted(close, key=lambda each: -likeness[each])[:MOST]


def did_you_mean(names: Sequence[str]) -> str:
    """`; did you mean a or b?` to go on with, or a full stop when there is nothing to suggest."""
    return f"; did you mean {either(names)}?" if names else "."


def either(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
