"""Sorting names as people count: 1, 2, 10."""

import re

_DIGITS = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key: runs of digits compare as numbers, the rest without regard to case.

    Names that are equal that way (`a1`, `A01`) are told apart by themselves, so the order is always the same.
    """
    # split by a group: texts and digits alternate, so that only like is compared with like
    parts = _DIGITS.split(name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name
