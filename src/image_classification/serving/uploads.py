"""The images in a request: files of a form, texts or numbers in JSON, or one picture as it is.

No text of a client is ever taken for a path or an address.
"""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from image_classification.images.reading.decode import UnreadableImageError
from image_classification.inference.given import GivenImage, images_of
from image_classification.serving.refusals import RefusedError, too_large
from image_classification.words import count_of, shorten

_Numbers: TypeAlias = npt.NDArray[Any]

_LONGEST_NAME = 100
_WHAT_JSON_IS = (
    'Expected {"images": [<base64 or data URL of a picture, or rows of numbers>, …]}, or '
    '{"pixels": <rows of numbers of one image, or a list of such images>}.'
)


async def images_in(content: bytes, content_type: str, most: int, channels: int) -> list[GivenImage]:
    """Find the images in the content of a request.

    Args:
        content: of the request.
        content_type: what the client says that it is.
        most: images.
        channels: of the images that the network takes; decides what three dimensions of numbers are.

    Raises:
        RefusedError: it is of another kind, broken, without an image, or has too many.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        found = await _in_form(content, content_type, most)
    elif kind == "application/json":
        found = await asyncio.to_thread(_in_json, content, channels)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        found = [GivenImage("0", content)]
    else:
        named = f"is {shorten(kind, 60)}" if kind else "says nothing"
        raise RefusedError(
            415,
            f"The Content-Type {named}: send multipart/form-data with files (curl -F images=@cat.jpg), "
            "application/json, or one picture as image/*.",
        )
    if not found:
        raise RefusedError(400, "There is no image in the request.")
    if len(found) > most:
        raise too_many(len(found), most)
    return found


def too_many(count: int, most: int) -> RefusedError:
    """Refuse more images than one request may have."""
    return too_large(f"The request has {count_of(count, 'image')}, and one may have {most}.")


class _InMemory(MultiPartParser):
    """Keeps files in memory, whatever their size: nothing that is sent is written to a disk."""

    spool_max_size = 0  # as of tempfile: no limit


async def _in_form(content: bytes, content_type: str, most: int) -> list[GivenImage]:
    async def whole() -> AsyncIterator[bytes]:
        yield content

    headers = Headers({"content-type": content_type})
    # one more: that there are too many is said in our own words
    parser = _InMemory(headers, whole(), max_files=most + 1, max_fields=most)  # type: ignore[arg-type]
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if "Too many files" in error.message:
            raise too_large(f"The request has more than {count_of(most, 'image')}.") from error
        raise RefusedError(400, f"The form cannot be read: {error.message}") from error
    files = [each for _, each in form.multi_items() if isinstance(each, UploadFile)]
    if not files:
        raise RefusedError(400, "There is no file in the form: curl -F images=@cat.jpg …")
    return [GivenImage(_name(each.filename, place), await each.read()) for place, each in enumerate(files)]


def _name(given: str | None, place: int) -> str:
    return shorten(given, _LONGEST_NAME) if given else str(place)


def _in_json(content: bytes, channels: int) -> list[GivenImage]:
    try:
        asked = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = "too many brackets are open" if isinstance(error, RecursionError) else str(error)
        raise RefusedError(400, f"The JSON cannot be read: {shorten(reason, 200)}.") from error
    if not isinstance(asked, dict) or not asked or asked.keys() - {"images", "pixels"}:
        raise RefusedError(400, f"The JSON holds something else. {_WHAT_JSON_IS}")
    images = asked.get("images", [])
    if isinstance(images, str):
        images = [images]
    if not isinstance(images, list):
        raise RefusedError(400, f'"images" is no list. {_WHAT_JSON_IS}')
    found = [_in_text(each, str(place)) for place, each in enumerate(images)]
    return found + (_in_pixels(asked["pixels"], channels, len(found)) if "pixels" in asked else [])


def _in_text(each: Any, name: str) -> GivenImage:
    """Take one of "images": base64, a data URL, or numbers; why it cannot be one is its reason."""
    try:
        return GivenImage(name, _content_of(each))
    except UnreadableImageError as error:
        return GivenImage(name, b"", str(error))


def _content_of(each: Any) -> bytes | _Numbers:
    if isinstance(each, list):
        numbers = _numbers(each)
        if numbers is None:
            raise UnreadableImageError("it is no rows of numbers of one length")
        if doubt := _doubt_about(numbers):
            raise UnreadableImageError(doubt)
        return numbers
    if not isinstance(each, str):
        raise UnreadableImageError("it is neither a text in base64 nor rows of numbers")
    head, comma, text = each.partition(",")
    if not comma:
        text = each
    elif not (head.lower().startswith("data:") and head.lower().endswith(";base64")):
        raise UnreadableImageError("it is neither base64 nor a data URL in base64")
    if "://" in text[:20]:
        raise UnreadableImageError("it is an address, and nothing is fetched: send the content")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableImageError("it is no base64") from error


def _in_pixels(pixels: Any, channels: int, before: int) -> list[GivenImage]:
    numbers = _numbers(pixels)
    if numbers is None:
        raise RefusedError(400, f'"pixels" are no rows of numbers of one length. {_WHAT_JSON_IS}')
    given = images_of(numbers, channels).images
    # one that is nearly black is nothing to doubt where the others say that they are bytes
    of_all = "" if numbers.dtype.kind == "f" else _doubt_about(numbers)
    found = []
    for place, each in enumerate(given):
        doubt = of_all or (_doubt_about(each.source) if numbers.dtype.kind == "f" else "")
        found.append(GivenImage(str(before + place), b"" if doubt else each.source, doubt or each.reason))
    return found


def _doubt_about(numbers: _Numbers) -> str:
    """Say why numbers are not taken for pixels, though they are numbers; "" if they are."""
    kind = numbers.dtype.kind
    if kind == "f" and not np.isfinite(numbers).all():
        return "its numbers are not all finite: NaN and Infinity are no pixels"
    if kind in "iu" and numbers.size and numbers.max() == 1 and numbers.min() >= 0:
        return "its numbers are 0 and 1 alone: JavaScript writes the fraction 1.0 as 1, so multiply by 255"
    return ""


def _numbers(given: Any) -> _Numbers | None:
    """Make an array of nested lists of numbers; None if they are something else."""
    try:
        numbers = np.asarray(given)
    except (ValueError, OverflowError, RecursionError):  # rows of different lengths
        return None
    is_image = numbers.dtype.kind in "buif" and 2 <= numbers.ndim <= 4
    return numbers if is_image else None
