"""Golden pictures in a folder: the files, what each stage makes of them, and what is known of them."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, TypeAdapter
from safetensors.torch import load_file, save_file
from torch import Tensor

from image_classification.export.golden.choice import Chosen
from image_classification.export.golden.reading import read
from image_classification.export.preprocessing import Preprocessing, decode, normalise, resize
from image_classification.images.reading.pictures import open_picture
from image_classification.networks.answers.rule import looks_of

FOLDER = "golden"
FACTS = "golden.json"
TENSORS = "golden.safetensors"
STAGES = ("decoded", "resized", "normalised", "read")
# their decoders differ in the last bits
_LOSSY = {"JPEG", "MPO", "WEBP", "AVIF", "HEIF", "JPEG2000"}


class GoldenFacts(BaseModel):
    """What is known of a golden picture, beside its tensors; without calibration there is no answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    name: str
    label: str
    what: str
    is_lossy: bool
    answer: str = ""
    set: str = ""


@dataclass(frozen=True)
class Golden:
    """A picture and what each stage makes of it.

    content: of its file.
    decoded: (C, H, W) uint8, at its own size, upright.
    resized: (C, height, width) uint8, the input of the network.
    normalised: (C, height, width) float32.
    read: (C, height, width) uint8, the input that the project itself makes of the file, by a shorter way.
    """

    facts: GoldenFacts
    content: bytes
    decoded: Tensor
    resized: Tensor
    normalised: Tensor
    read: Tensor


@dataclass(frozen=True)
class GoldenSet:
    """Golden pictures with the probabilities (N, classes) that the network gives them.

    by_format: the same of formats that do not compute what the network does, by their names.
    """

    pictures: Sequence[Golden]
    probabilities: Tensor
    by_format: dict[str, Tensor]

    @property
    def images(self) -> Tensor:
        """The inputs of the network, (N, C, height, width) uint8."""
        return torch.stack([each.resized for each in self.pictures])


def make_golden(chosen: Sequence[Chosen], rule: Preprocessing, network: torch.nn.Module) -> GoldenSet:
    """Put pictures through every stage.

    Args:
        chosen: the pictures.
        rule: what is done to them.
        network: from images (N, C, H, W) uint8 to probabilities (N, classes).

    Raises:
        Exception: whatever the parsers raise of a broken file.
    """
    decoded = [decode(each.content, each.file, rule) for each in chosen]
    resized = [resize(each, rule) for each in decoded]
    with torch.inference_mode():
        probabilities = network(torch.stack(resized)).clone()
    answers, sets = answers_of(probabilities, torch.stack(resized), rule)
    facts = [
        GoldenFacts(
            file=each.file,
            name=each.name,
            label=each.label,
            what=each.what,
            is_lossy=_is_lossy(each),
            answer=answer,
            set=set_,
        )
        for each, answer, set_ in zip(chosen, answers, sets, strict=True)
    ]
    pictures = [
        Golden(fact, each.content, whole, small, normalise(small, rule), read(each.content, each.file, rule))
        for fact, each, whole, small in zip(facts, chosen, decoded, resized, strict=True)
    ]
    return GoldenSet(pictures, probabilities, {})


def answers_of(
    probabilities: Tensor, images: Tensor, rule: Preprocessing
) -> tuple[Sequence[str], Sequence[str]]:
    """Return answer and set of each image; empty texts where the network is not calibrated."""
    if rule.calibration is None:
        return [""] * len(images), [""] * len(images)
    looks = looks_of(images.numpy())
    return rule.calibration.answers(probabilities.numpy(), looks, rule.class_names)


def _is_lossy(chosen: Chosen) -> bool:
    with open_picture(Path(chosen.file), io.BytesIO(chosen.content)) as picture:
        return picture.format in _LOSSY


def write_golden(golden: GoldenSet, folder: Path) -> None:
    """Write the golden pictures of an export."""
    place = folder / FOLDER
    place.mkdir()
    tensors = {"probabilities": golden.probabilities}
    tensors |= {f"probabilities.{name}": each for name, each in golden.by_format.items()}
    for number, picture in enumerate(golden.pictures):
        (place / picture.facts.file).write_bytes(picture.content)
        tensors |= {f"{number}.{stage}": getattr(picture, stage) for stage in STAGES}
    # copies: what needs no step shares its memory with what was before it
    save_file({name: each.clone().contiguous() for name, each in tensors.items()}, place / TENSORS)
    facts = [each.facts.model_dump(mode="json") for each in golden.pictures]
    (place / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (place / TENSORS).chmod((place / FACTS).stat().st_mode)  # safetensors lets nobody else read it


def read_golden(folder: Path) -> GoldenSet:
    """Read the golden pictures of an export.

    Raises:
        ValueError and others: they are not complete, or damaged.
    """
    place = folder / FOLDER
    facts = TypeAdapter(list[GoldenFacts]).validate_json((place / FACTS).read_bytes())
    if not facts or any(Path(each.file).name != each.file for each in facts):
        raise ValueError(f"{FACTS} names no pictures, or pictures elsewhere")
    tensors = load_file(place / TENSORS)
    prefix = "probabilities."
    pictures = [
        Golden(fact, (place / fact.file).read_bytes(), *(tensors[f"{number}.{stage}"] for stage in STAGES))
        for number, fact in enumerate(facts)
    ]
    by_format = {name.removeprefix(prefix): each for name, each in tensors.items() if name.startswith(prefix)}
    return GoldenSet(pictures, tensors["probabilities"], by_format)
