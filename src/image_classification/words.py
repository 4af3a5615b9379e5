"""Words for people: what they may have meant, lists and names cut short, names sorted as people count."""

import re
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


def shorten(text: str, longest: int) -> str:
    """Cut the middle out of a text that is longer than that: names often differ at their ends."""
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return f"{text[: longest - 1 - tail]}…{text[len(text) - tail :]}"


def literal(text: str, longest: int) -> str:
    """A text as it stands, its middle left out where it is long: Matplotlib would read $…$ as a formula."""
    return shorten(text, longest).replace("$", "\\$")


def in_digits(value: object) -> object:
    """Write a number in plain digits as far as people read them, such as 1000000000; others as 1e-18."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return f"{value:.12g}" if 1e-3 <= abs(value) < 1e12 else f"{value:g}"


def in_bytes(count: int) -> str:
    """Write a number of bytes as people say it: 4.2 TB."""
    sizes = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
    size = min((len(str(abs(count))) - 1) // 3, len(sizes) - 1)
    # in whole numbers: a count of bytes may be beyond what a float holds
    tenths = count * 10 // 1000**size
    return f"{count} bytes" if size == 0 else f"{tenths // 10}.{tenths % 10} {sizes[size]}"


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key: runs of digits compare as numbers, the rest without regard to case.

    Names that are equal that way (`a1`, `A01`) are told apart by themselves, so the order is always the same.
    """
    # split by a group: texts and digits alternate, so that only like is compared with like
    parts = _DIGITS.split(name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name
