"""The stages from a picture to its probabilities, each compared with what it was: where does it go wrong?

Every stage is given what the stage before has made once, so that a fault shows where it is and nowhere else.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite

import torch
from torch import Tensor

from image_classification.export.golden.files import Golden, GoldenSet, answers_of
from image_classification.export.golden.reading import read
from image_classification.export.preprocessing import Preprocessing, decode, normalise, resize
from image_classification.files.troubles import first_line
from image_classification.images.reading.decode import UnreadableImageError
from image_classification.networks.answers.calibration import View
from image_classification.words import printable

# What is allowed, in levels of 0 to 255. Decoders of JPEG, WebP and the like round differently, and enlarge
# colours differently at edges; exact formats are exact. Interpolation in whole numbers rounds by the machine.
LOSSY_MEAN, LOSSY_LARGEST = 1.0, 16.0
RESIZE_LARGEST = 2.0
# of normalised numbers, by their size: rounding of float32
NORMALISE_RELATIVE = 1e-5
# of probabilities: other libraries add in another order, and round pixels of enlarged parts differently; of 8
# bits other processors saturate earlier
NETWORK_LARGEST, CROPS_LARGEST, INT8_LARGEST = 1e-3, 1e-2, 0.1
# the project reads large JPEG pictures at half, a quarter or an eighth of their size
READ_MEAN = 4.0

Run = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Checked:
    """One stage, of all golden pictures or of one format.

    stage: files, decode, resize, normalise, read, network or answers.
    what: the format; "" of what all formats share.
    largest: the largest difference; None where there is no number.
    allowed: how large it may be.
    trouble: what is wrong, "" if nothing is.
    note: what else is to be said.
    """

    stage: str
    what: str = ""
    largest: float | None = None
    allowed: float | None = None
    trouble: str = ""
    note: str = ""


def check_pictures(golden: GoldenSet, rule: Preprocessing) -> list[Checked]:
    """Decode, resize and normalise every golden picture anew, and read it as the project itself does."""
    checked = [
        _worst("decode", [_decoded(each, rule) for each in golden.pictures]),
        _worst("resize", [_resized(each, rule) for each in golden.pictures]),
        _worst("normalise", [_normalised(each, rule) for each in golden.pictures]),
    ]
    # its steps are theirs: their faults are told at their place
    if any(each.trouble for each in checked[:2]):
        return [*checked, Checked("read", note="not checked: a step before is wrong")]
    return [*checked, _worst("read", [_read(each, rule) for each in golden.pictures])]


def largest_allowed(name: str, views: Sequence[View]) -> float:
    """Return how far the probabilities of a format may be from those that were recorded."""
    if name == "onnx_int8":
        return INT8_LARGEST
    return CROPS_LARGEST if "crops" in views else NETWORK_LARGEST


def check_network(name: str, run: Run, golden: GoldenSet, rule: Preprocessing) -> Checked:
    """Have a format classify the golden pictures: all at once, and the first alone."""
    expected = golden.by_format.get(name, golden.probabilities)
    allowed = largest_allowed(name, rule.views)
    try:
        images = golden.images
        found = run(images)
        alone = run(images[:1])
    except Exception as error:  # whatever a runtime raises of a model that is not the right one
        return Checked("network", name, trouble=f"it cannot be run: {printable(first_line(error))}")
    largest = max(_largest(found, expected), _largest(alone, expected[:1]))
    trouble = "" if largest <= allowed else "its probabilities are others: of another network?"
    return Checked("network", name, largest, allowed, trouble)


def check_answers(golden: GoldenSet, rule: Preprocessing) -> Checked:
    """Make answers and sets of the golden probabilities anew."""
    expected = [(each.facts.answer, each.facts.set) for each in golden.pictures]
    try:
        found = list(zip(*answers_of(golden.probabilities, golden.images, rule), strict=True))
    except Exception as error:  # of a rule for other classes or sizes
        return Checked("answers", trouble=f"there are none: {printable(first_line(error))}")
    wrong = [
        f"{picture.facts.file} has {printable(now[0])!r} where {printable(before[0])!r} is expected"
        for picture, now, before in zip(golden.pictures, found, expected, strict=True)
        if now != before
    ]
    note = "" if rule.calibration else "not calibrated: there are none"
    return Checked("answers", trouble=wrong[0] if wrong else "", note=note)


def _decoded(picture: Golden, rule: Preprocessing) -> Checked:
    name = picture.facts.file
    try:
        found = decode(picture.content, name, rule)
    except Exception as error:  # Pillow's parsers raise errors of every kind on broken files
        return Checked("decode", name, trouble=f"{name} cannot be decoded: {printable(first_line(error))}")
    largest = _largest(found, picture.decoded)
    allowed = LOSSY_LARGEST if picture.facts.is_lossy else 0.0
    mean = (found.float() - picture.decoded.float()).abs().mean().item() if isfinite(largest) else inf
    is_right = largest <= allowed and mean <= LOSSY_MEAN
    return Checked("decode", name, largest, allowed, "" if is_right else f"{name} has other pixels")


def _resized(picture: Golden, rule: Preprocessing) -> Checked:
    name = picture.facts.file
    try:
        found = resize(picture.decoded, rule)
    except Exception as error:  # of tensors that are no pictures
        return Checked("resize", name, trouble=f"{name} cannot be resized: {printable(first_line(error))}")
    largest = _largest(found, picture.resized)
    trouble = "" if largest <= RESIZE_LARGEST else f"{name} has other pixels: another rule or interpolation?"
    return Checked("resize", name, largest, RESIZE_LARGEST, trouble)


def _normalised(picture: Golden, rule: Preprocessing) -> Checked:
    name, expected = picture.facts.file, picture.normalised
    try:
        largest = _largest(normalise(picture.resized, rule), expected)
    except RuntimeError as error:  # of another number of channels
        trouble = f"{name} cannot be normalised: {printable(first_line(error))}"
        return Checked("normalise", name, trouble=trouble)
    allowed = NORMALISE_RELATIVE * max(1.0, expected.abs().max().item())
    trouble = "" if largest <= allowed else f"{name} has other numbers: another mean, deviation or scale?"
    return Checked("normalise", name, largest, allowed, trouble)


def _read(picture: Golden, rule: Preprocessing) -> Checked:
    name = picture.facts.file
    try:
        found = read(picture.content, name, rule)
    except UnreadableImageError as error:
        return Checked("read", name, trouble=f"{name} cannot be read: {printable(first_line(error))}")
    largest = _largest(found, picture.read)
    allowed = LOSSY_LARGEST if picture.facts.is_lossy else RESIZE_LARGEST
    trouble = "" if largest <= allowed else f"{name} has other pixels as this project reads it"
    return Checked("read", name, largest, allowed, trouble)


def _worst(stage: str, checked: Sequence[Checked]) -> Checked:
    """Return what is to be said of all pictures: the first trouble, or the largest difference."""
    bad = [each for each in checked if each.trouble]
    numbers = [each for each in bad or checked if each.largest is not None]
    worst = max(numbers, key=lambda each: each.largest or 0.0, default=None)
    trouble = bad[0].trouble if bad else ""
    if worst is None:
        return Checked(stage, trouble=trouble)
    return Checked(stage, "", worst.largest, worst.allowed, worst.trouble or trouble)


def _largest(found: Tensor, expected: Tensor) -> float:
    """Return the largest difference; infinite of another shape or kind, or where a number is none."""
    if found.shape != expected.shape or found.dtype != expected.dtype or not expected.numel():
        return inf
    difference = (found.double() - expected.double()).abs()
    return inf if torch.isnan(difference).any() else difference.max().item()


def stages_in_trouble(checked: Iterable[Checked]) -> list[str]:
    """Return the names of the stages that went wrong, in their order."""
    return list(dict.fromkeys(each.stage for each in checked if each.trouble))
