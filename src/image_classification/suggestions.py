"""What somebody may have meant who wrote a name that does not exist."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
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


def to_type(values: Mapping[str, str | Mapping[str, str]]) -> str:
    """What gives parameters their values on the command line, in quotes where YAML or a shell needs them."""
    items = ",".join(f"{parameter}={_as_yaml(value)}" for parameter, value in values.items())
    return f"--params {shlex.quote(items)}"


def _as_yaml(value: str | Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)
    pairs = (f"{json.dumps(key, ensure_ascii=False)}: {each}" for key, each in value.items())
    return "{" + ", ".join(pairs) + "}"


def _is_plain(value: str) -> bool:
    """Whether YAML reads the value as the text that it is."""
    words = {"true", "false", "yes", "no", "on", "off", "null", "~", "y", "n"}
    plain = re.fullmatch(r"[^\W\d][\w ./-]*\w|[^\W\d]|[~.]?/[\w ./~-]*", value)
    return plain is not None and value.lower() not in words
