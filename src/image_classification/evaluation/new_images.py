"""What a network says about images that nobody has labelled."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from pydantic import Field
from torch import Tensor, nn

from image_classification.images.folder.options import PathTableOptions
from image_classification.images.reading.options import Gibibytes
from image_classification.images.store.options import PositiveInt
from image_classification.networks.answers.calibration import Calibration, Views
from image_classification.networks.answers.rule import Floats, looks_of
from image_classification.options import Section
from image_classification.words import count_of, some

Probabilities = Literal["best", "all"]
# names of files, why each was not read ("" if it was), and the (m, C, H, W) uint8 images of those that were
Batch = tuple[Sequence[str], Sequence[str], Tensor]


class InferenceOptions(Section):
    """Classifying images with the network that was trained last."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"batch_size", "decode_memory"})

    images: str = Field(
        default="",
        description="the folder of new images, with any folders inside; a table of files (.csv, .tsv, .txt, "
        ".parquet); or one image",
    )
    table: PathTableOptions = Field(
        default=PathTableOptions(), description="how the table is read, if images is one"
    )
    probabilities: Probabilities = Field(
        default="best",
        description="best: the probability of the most probable class; all: also a column `probability: "
        "<class>` for each class",
    )
    views: Views | None = Field(
        default=None,
        description="in what each image is seen beside as it is: horizontal_flip, vertical_flip, crops; "
        "null: in what the network was calibrated for",
    )
    batch_size: PositiveInt = Field(
        default=256, description="images that are decoded and classified at once; no effect on results"
    )
    decode_memory: Gibibytes | None = Field(
        default=None,
        description="GiB of memory that decoding may take in all threads together; null: a quarter of what "
        "is free",
    )


def classify(
    network: nn.Module,
    class_names: Sequence[str],
    batches: Iterable[Batch],
    probabilities: Probabilities,
    device: torch.device,
    calibration: Calibration | None = None,
) -> pd.DataFrame:
    """Classify images batch by batch.

    Args:
        network: from (m, C, H, W) uint8 images to (m, classes) logits, on the device.
        class_names: of its outputs.
        batches: of the files.
        probabilities: "best": of the most probable class; "all": also those of all classes.
        device: where it computes.
        calibration: of the network; without it probabilities are as the network gives them.

    Returns:
        A row per file with the columns file, label and probability (of the most probable class; "" and NaN if
        it was not read), answer (the label, or "unsure") and set (a JSON list of the classes that it may be),
        both "" without a calibration, reason (why it was not read), and under "all" float32
        `probability: <class>` per class.
    """
    files: list[str] = []
    reasons: list[str] = []
    looks: list[Floats] = []
    found = [np.empty((0, len(class_names)), dtype=np.float32)]
    for names, why, images in batches:
        files += names
        reasons += why
        if len(images):
            found.append(_probabilities(network, images.to(device), calibration))
            looks += [looks_of(images.numpy())] if calibration else []
    rows = np.flatnonzero([not reason for reason in reasons])
    values = np.concatenate(found)  # (rows, classes)
    best = values.argmax(axis=1)
    labels = np.full(len(files), "", dtype=object)
    labels[rows] = np.array(class_names, dtype=object)[best]
    probability = np.full(len(files), np.nan, dtype=np.float32)
    probability[rows] = values.max(axis=1, initial=0.0)
    answers, sets = np.full((2, len(files)), "", dtype=object)
    if calibration and looks:
        answers[rows], sets[rows] = calibration.answers(values, np.concatenate(looks), class_names)
    texts = {"answer": answers, "set": sets, "reason": reasons}
    columns = {"file": files, "label": labels, "probability": probability, **texts}
    table = pd.DataFrame(columns).astype(dict.fromkeys(["file", "label", *texts], "str"))
    if probabilities == "best":
        return table
    names_of_all = [f"probability: {name}" for name in class_names]
    return table.join(pd.DataFrame(values, index=rows, columns=names_of_all))


@torch.inference_mode()
def _probabilities(
    network: nn.Module, images: Tensor, calibration: Calibration | None
) -> npt.NDArray[np.float32]:
    logits = network(images).float().cpu()
    probabilities = calibration.probabilities(logits) if calibration else logits.softmax(dim=1)
    return probabilities.numpy()


def describe(table: pd.DataFrame, place: str) -> str:
    """Say how many files of a place were classified as what, and why the others were not."""
    unread = table["reason"] != ""
    reasons = _counted(table["reason"][unread])
    if unread.all():
        return (
            f"None of the {count_of(len(table), 'file')} in {place} could be read (column reason): {reasons}."
        )
    labels = _counted(table["label"][~unread])
    sentence = f"Classified {(~unread).sum()} of {count_of(len(table), 'file')} in {place}: {labels}"
    if unsure := _unsure(table):
        sentence += f"; of {unsure} it is unsure (column answer)"
    if unread.any():
        sentence += f"; {unread.sum()} could not be read (column reason): {reasons}"
    return f"{sentence}."


def _unsure(table: pd.DataFrame) -> int:
    if "answer" not in table:
        return 0
    return int(((table["answer"] != "") & (table["answer"] != table["label"])).sum())


def _counted(values: Iterable[str]) -> str:
    return some((f"{count} {value}" for value, count in Counter(values).most_common()), 10)
