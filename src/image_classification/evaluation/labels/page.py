"""The review of the labels on one page that needs nothing else: pictures to look at, and rows to tick."""

import base64
import io
import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from PIL import Image
from torch import Tensor

from image_classification.evaluation.documents import fill_template, script_safe
from image_classification.evaluation.labels.review import LabelReviewOptions
from image_classification.images.folder.corrections.table import LEAVE_OUT
from image_classification.images.folder.options import ImageFolderOptions
from image_classification.images.store.image_dict import ImageDict
from image_classification.threads import map_in_threads

# below it pixels are kept to the last bit, as squares; above it a photograph takes a tenth as JPEG
_SMALL = 64


class _Kind(NamedTuple):
    """A section of the page: the kind of its rows, its heading, and what they are."""

    name: str
    heading: str
    meaning: str


_KINDS = (
    _Kind(
        "label",
        "Suspicious labels",
        "Networks that have not learned from these images are sure of another class (confident learning). "
        "The surest come first.",
    ),
    _Kind(
        "conflict",
        "One picture under several labels",
        "At most one of the labels can be right. The pictures that are most alike come first.",
    ),
    _Kind(
        "outlier",
        "Images that fit no class",
        "The networks find no class probable. Many are right and merely unusual; some show nothing that "
        "belongs here. Those that fit least come first.",
    ),
)


class _Card(NamedTuple):
    """A picture with what is said of it; `number` is its place among all on the page."""

    number: int
    picture: str
    row: Mapping[Hashable, Any]
    is_small: bool


class _Shown(NamedTuple):
    """A kind with the cards that are shown of it, of how many."""

    kind: _Kind
    cards: list[_Card]
    total: int


def build_review_page(
    review: pd.DataFrame,
    images: ImageDict,
    sentence: str,
    options: LabelReviewOptions,
    *,
    can_correct: bool,
) -> str:
    """Write the page.

    Args:
        review: as `review_labels` returns it.
        images: the pictures by their names.
        sentence: that sums it up.
        options: how many pictures are shown, and how large.
        can_correct: whether a table of corrections is heeded for these images: rows can be ticked then.

    Returns:
        HTML with everything in it; a picture of 160 pixels takes about 7 kB.
    """
    sections, first = [], 0
    for kind in _KINDS:
        rows = review[review["kind"] == kind.name]
        cards = _cards(rows.head(options.pictures).to_dict("records"), images, options.thumbnail, first)
        first += len(cards)
        sections.append(_Shown(kind, cards, len(rows)))
    shown = [card.row for section in sections for card in section.cards]
    facts = {
        "classes": images.class_names,
        "rows": [[row["file"], row["given_label"], row["suggested_label"]] for row in shown],
        "leaveOut": LEAVE_OUT,
    }
    return fill_template(
        "label_review.html.jinja",
        data_name=images.data_name,
        sentence=sentence,
        sections=sections,
        can_correct=can_correct,
        leave_out=LEAVE_OUT,
        corrections=ImageFolderOptions.setting(corrections="corrections.csv"),
        larger=LabelReviewOptions.named("pictures"),
        facts=script_safe(json.dumps(facts)),
    )


def _cards(rows: Sequence[Mapping[Hashable, Any]], images: ImageDict, side: int, first: int) -> list[_Card]:
    is_small = max(images.image_shape[1:]) <= _SMALL

    def picture(row: Mapping[Hashable, Any]) -> str:
        (image,) = images[str(row["file"])].values()
        return thumbnail(image, side)

    pictures = map_in_threads(picture, rows, lambda _: None)
    return [
        _Card(first + place, each, row, is_small)
        for place, (row, each) in enumerate(zip(rows, pictures, strict=True))
    ]


def thumbnail(image: Tensor, side: int) -> str:
    """Return an image as a data URI, made smaller where a side is longer than that many pixels.

    Args:
        image: (C, H, W) uint8, one or three channels.
        side: pixels.
    """
    pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())  # (H, W, C)
    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[-1] == 1 else pixels)
    picture.thumbnail((side, side))
    file = io.BytesIO()
    if max(picture.size) <= _SMALL:
        kind = "png"
        picture.save(file, "PNG", optimize=True)
    else:
        kind = "jpeg"
        picture.save(file, "JPEG", quality=85)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
