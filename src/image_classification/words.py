"""Words for people: what they may have meant, lists and names cut short, names sorted as people count."""

import re
import unicodedata
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
    return f"; did you mean {either(list(map(printable, names)))}?" if names else "."


def some(names: Iterable[object], most: int = 5) -> str:
    """`a, b and 3 more`: the first of the names, and how many others there are."""
    shown = [printable(str(name)) for name in names]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def some_lines(lines: Iterable[str], most: int = 5) -> list[str]:
    """The first of the lines, each moved in by two, and one with how many others there are."""
    shown = [f"  {printable(line)}" for line in lines]
    return shown if len(shown) <= most else [*shown[:most], f"  … and {len(shown) - most} more"]


def count_of(count: int, one: str, many: str = "") -> str:
    """`1 image`, `2 images`, `1,000 images`; of what has another plural that is given, too."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def agreeing(count: int, one: str, many: str) -> str:
    """The verb of so many: `one` of one, such as "is" or "does", else `many`."""
    return one if count == 1 else many


def either(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def shorten(text: str, longest: int) -> str:
    """Show a text on one line, without its middle where it is longer: names often differ at their ends."""
    text = printable(text)
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
    return f"{tenths // 10}.{tenths % 10} {sizes[size]}" if size else f"{count} byte{'s' * (count != 1)}"


# they join letters of Persian and of Indian scripts, and the parts of an emoji
_JOINERS = "\u200c\u200d"


def printable(text: str, keep: str = "") -> str:
    """A text as it can be shown anywhere: what a terminal would obey, or nobody would see, is written out.

    These are control characters and escape sequences, the ends of lines, marks without a width or that turn
    the direction of reading, and bytes that are not valid UTF-8: as \\n, \\x1b, \\u202e, and \\xe9.

    Args:
        text: Any text, such as the name of a file.
        keep: Characters that stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in keep or _joins(text, place) else _written_out(each)
        for place, each in enumerate(text)
    )


def _joins(text: str, place: int) -> bool:
    beside = text[max(place - 1, 0) : place], text[place + 1 : place + 2]
    return text[place] in _JOINERS and all(each.isprintable() and each > "\x7f" for each in beside)


def _written_out(character: str) -> str:
    if unicodedata.category(character) == "Zs":  # a space of another width
        return character
    if "\udc80" <= character <= "\udcff":  # a byte, as Python writes it where it does not know its meaning
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


_DIGITS = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key: runs of digits compare as numbers, the rest without regard to case.

    Names that are equal that way (`a1`, `A01`) are told apart by themselves, so the order is always the same.
    """
    # split by a group: texts and digits alternate, so that only like is compared with like
    parts = _DIGITS.split(name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def split_items(text: str, deepest: int) -> list[str]:
    """Split at the commas that are outside brackets and quotes: `a=1,b=[2,3]` → `a=1`, `b=[2,3]`.

    Spaces before an item are left out; those behind it stay, as they may belong to a text.

    Args:
        text: of several items.
        deepest: as many brackets may be open at once.

    Raises:
        ValueError: a bracket or a quote is not closed, or too many are open.
    """
    items, item, open_brackets, quote = [], "", "", ""
    closing = {"[": "]", "{": "}"}
    is_escaped = False
    for character in text:
        if quote:
            ends = character == quote and not is_escaped
            is_escaped = quote == '"' and character == "\\" and not is_escaped
            quote = "" if ends else quote
        # an apostrophe inside a word (it's) opens no quote: YAML reads quotes at the start of a value only
        elif character in "'\"" and (not item or item[-1] in "=,[{: " or _goes_on(item, character)):
            quote = character
        elif character in closing:
            open_brackets += closing[character]
            if len(open_brackets) > deepest:
                raise ValueError(f"more than {deepest} brackets are open.")
        elif open_brackets and character == open_brackets[-1]:
            open_brackets = open_brackets[:-1]
        elif character == "," and not open_brackets:
            items.append(item.lstrip())
            item = ""
            continue
        item += character
    if quote or open_brackets:
        raise ValueError(f"a {quote or open_brackets[-1]} is missing at the end.")
    return [each for each in [*items, item.lstrip()] if each]


def _goes_on(item: str, quote: str) -> bool:
    """Whether a quote goes on as another one has just ended: `it''s` in single quotes is it's."""
    start = item.partition("=")[2].lstrip()
    return quote == "'" and len(start) > 1 and start[0] == start[-1] == quote and start.count(quote) % 2 == 0
