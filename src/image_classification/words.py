"""Words for people: what they may have meant, what to type, names sorted as people count."""

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


def some(names: Iterable[object], most: int = 5) -> str:
    """`a, b and 3 more`: the first of the names, and how many others there are."""
    shown = [str(name) for name in names]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def some_lines(lines: Iterable[str], most: int = 5) -> list[str]:
    """The first of the lines, each moved in by two, and one with how many others there are."""
    shown = [f"  {line}" for line in lines]
    return shown if len(shown) <= most else [*shown[:most], f"  … and {len(shown) - most} more"]


def either(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


_WORDS_OF_YAML = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

Item = str | float | Sequence[str | float]
Value = Item | Mapping[str, Item]


def params_option(parameters: Mapping[str, Value]) -> str:
    """`--params key=value,…`, quoted for YAML and for a shell where that is needed."""
    text = ",".join(f"{key}={_as_yaml(value)}" for key, value in parameters.items())
    if re.fullmatch(r"[\w@%+=:,./-]+", text):
        return f"--params {text}"
    return f"--params {shlex.quote(text)}" if re.search(r'["$`\\!]', text) else f'--params "{text}"'


def _as_yaml(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.15g}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(key)}: {_as_yaml(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(map(_as_yaml, value)) + "]"


def _quoted(text: str) -> str:
    # a placeholder such as <folder> is to be replaced: YAML reads it as it stands
    if re.fullmatch(r"(\.?/|[^\W\d_])[\w./-]*|\.|<\w+>", text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return json.dumps(text, ensure_ascii=False) if "'" in text else f"'{text}'"


def shorten(text: str, longest: int) -> str:
    """Cut the middle out of a text that is longer than that: names often differ at their ends."""
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return f"{text[: longest - 1 - tail]}…{text[len(text) - tail :]}"


def literal(text: str, longest: int) -> str:
    """A text as it stands, its middle left out where it is long: Matplotlib would read $…$ as a formula."""
    return shorten(text, longest).replace("$", "\\$")


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key: runs of digits compare as numbers, the rest without regard to case.

    Names that are equal that way (`a1`, `A01`) are told apart by themselves, so the order is always the same.
    """
    # split by a group: texts and digits alternate, so that only like is compared with like
    parts = _DIGITS.split(name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name
