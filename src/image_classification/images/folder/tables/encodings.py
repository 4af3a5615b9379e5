"""In which encoding a text table is written: as it says, as a person says, or as is beyond doubt."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from image_classification.errors import UserError
from image_classification.files.paths import shortened
from image_classification.images.folder.options import PathTableOptions

# the longer marks first: that of UTF-32 begins like that of UTF-16
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
# of every second byte: names in other alphabets have fewer zeros than ASCII, whose header has them all
_ZEROS = 0.1
# what spreadsheets (old and new), gzip and parquet files begin with
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"PAR1")

_WESTERN, _JAPANESE = "cp1252", "cp932"
# what programs of other languages write where they do not write UTF-8
_OFFERED = (_JAPANESE, "gb18030", "big5", "cp949", "euc_jp", "cp1251", "koi8_r", "cp1250", "cp1253", _WESTERN)
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
# letters, and what stands between them in the languages that are written with these
_LATIN = re.compile(r"[À-ÖØ-öø-ÿŒœŠšŽžŸ]")
_BESIDE_LATIN = re.compile("[À-ÖØ-öø-ÿŒœŠšŽžŸ\u2018\u2019–—…€°²³§©®«»½¼¾ªº\xa0]")
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿŒœŠšŽžŸ]+")
_MOST_ACCENTS = 0.7  # of the letters of a word: été has two of three
_KANA = re.compile(r"[\u3041-\u30ff]")
_NO_JAPANESE = re.compile(r"[\uff61-\uff9f\ue000-\uf8ff]")  # half a width, or of one's own
_LOOKED_AT = 2**20


class Decoded(NamedTuple):
    """A text, its encoding, and what to say of that where it is not obvious."""

    text: str
    remark: str = ""


def decode_table(path: Path, content: bytes, options: PathTableOptions) -> Decoded:
    """Decode the content of a table.

    A mark or zeros tell UTF-16 and UTF-32, and what is valid UTF-8 is that. Else it is read as cp1252, with a
    remark, where that gives words of Western languages, and as Shift JIS where that gives Japanese syllables;
    what else it may be is asked.

    Raises:
        UserError: It is no text, or in which encoding is not clear; the message shows how a line would read.
    """
    if options.encoding and not content.startswith(_NO_TEXT):
        return Decoded(_as_named(path, content, options))
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "")
    encoding = encoding or _by_zeros(content[:4096]) or "utf-8"
    text = "" if content.startswith(_NO_TEXT) else _decoded(content, encoding)
    if text or content in (b"", *_MARKS):
        is_usual = encoding.startswith("utf-8")
        return Decoded(text or "", "" if is_usual else f"as {encoding}")
    if encoding == "utf-8" and not content.startswith(_NO_TEXT):
        _refuse_two_encodings(path, content, options)
        return _guessed(path, content, options)
    raise UserError(
        f"The table {path} cannot be read: it is not text in {encoding.upper()}.\n"
        "Expected a text file; save it as CSV in UTF-8."
    )


def _as_named(path: Path, content: bytes, options: PathTableOptions) -> str:
    mark = next((mark for mark, name in _MARKS.items() if content.startswith(mark)), b"")
    text = _decoded(content, options.encoding)
    if text is None:
        raise UserError(
            f"The table {path} is not written in {options.encoding} ({options.named('encoding')}).\n"
            f"Expected its encoding, or nothing to have it found: {options.setting(encoding='')}"
        )
    return text.removeprefix("\ufeff") if mark else text


def _guessed(path: Path, content: bytes, options: PathTableOptions) -> Decoded:
    sample = content[:_LOOKED_AT]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    for encoding, is_plausible in ((_WESTERN, _is_western), (_JAPANESE, _is_japanese)):
        text = _decoded(sample, encoding)
        if text and is_plausible(text) and (whole := _decoded(content, encoding)):
            example = shortened(next(_odd_lines(text)))
            other = "gb18030" if encoding == _JAPANESE else "cp1250"
            return Decoded(
                whole,
                f"as {encoding}, as it is not UTF-8 (such as {example!r}; if that is wrong, name its "
                f"encoding, such as {options.setting(encoding=other)})",
            )
    lines = list(_ways_to_read(sample, options))
    if not lines or b"\0" in sample:
        raise UserError(
            f"The table {path} cannot be read: it is not text in UTF-8.\n"
            "Expected a text file; save it as CSV in UTF-8."
        )
    what = f"The table {path} is not UTF-8, and in which encoding it is written is not clear."
    expected = "Expected one in which this makes sense, or another one; or save it as CSV in UTF-8."
    raise UserError("\n".join([what, *lines[:8], expected]))


def _ways_to_read(content: bytes, options: PathTableOptions) -> Iterator[str]:
    """Say what a line would read in each encoding that it may be written in."""
    for encoding in _OFFERED:
        text = _decoded(content, encoding)
        if text and text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
            yield f"  {options.setting(encoding=encoding)}: {shortened(next(_odd_lines(text)))}"


def _odd_lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if not line.isascii())


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _is_western(text: str) -> bool:
    """Whether foreign letters are few, in words of others, and signs are those that such texts have."""
    foreign = "".join(_FOREIGN.findall(text))
    if len(_BESIDE_LATIN.findall(foreign)) < 0.9 * len(foreign):
        return False
    words = {word for word in _WORD.findall(text) if len(word) > 1 and _LATIN.search(word)}
    accents = sum(len(_LATIN.findall(word)) for word in words)
    if accents > _MOST_ACCENTS * sum(map(len, words)):
        return False
    # signs alone, several in a row, are letters of another alphabet
    return all(len(run) == 1 or _LATIN.search(run) for run in _FOREIGN.findall(text))


def _is_japanese(text: str) -> bool:
    foreign = "".join(_FOREIGN.findall(text))
    return not _NO_JAPANESE.search(foreign) and 4 * len(_KANA.findall(foreign)) >= len(foreign)


def _refuse_two_encodings(path: Path, content: bytes, options: PathTableOptions) -> None:
    """Refuse text that is not UTF-8 as a whole if some of its lines are: they would be read as nonsense."""
    first: dict[bool, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.isascii():
            first.setdefault(_decoded(line, "utf-8") is not None, number)
    if len(first) > 1:
        raise UserError(
            f"The table {path} is written in two encodings: line {first[True]} in UTF-8, and line "
            f"{first[False]} in another one.\nExpected one; save it as CSV in UTF-8. If all of it is written "
            f"in another one, name it: {options.setting(encoding='<encoding>')}"
        )


def _by_zeros(content: bytes) -> str:
    """Recognise UTF-16 without a mark, where every second byte of ASCII is zero; "" if it is not that."""
    even, odd = content[::2].count(0), content[1::2].count(0)
    if max(even, odd) * 2 < len(content) * _ZEROS or min(even, odd) * 10 > max(even, odd):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"
