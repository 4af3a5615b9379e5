"""The page of the review: whole in one file, safe whatever names there are, honest about what is left out."""

import base64
import io
import json
import re

import pandas as pd
import pytest
import torch
from PIL import Image

from image_classification.evaluation.labels.page import build_review_page, thumbnail
from image_classification.evaluation.labels.review import LabelReviewOptions
from image_classification.images.store.image_dict import ImageDict

NASTY = "cat/</script><script>alert(1)</script>\u202e.png"


def images(names, side=8, channels=3):
    generator = torch.Generator().manual_seed(0)
    shape = (len(names), channels, side, side)
    return ImageDict(
        images=torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator),
        labels=torch.zeros(len(names), dtype=torch.int64),
        names=names,
        class_names=["cat", "dog & hen", "=hen"],
        data_name="farm",
    )


def review(names, kind="label"):
    return pd.DataFrame(
        {
            "file": names,
            "kind": kind,
            "given_label": "cat",
            "suggested_label": "leave_out" if kind == "outlier" else "dog & hen",
            "how_sure": 0.5,
            "given_probability": float("nan") if kind == "conflict" else 0.1,
            "suggested_probability": float("nan") if kind == "conflict" else 0.6,
            "split": "train",
            "remark": "",
        }
    )


def page(names, kind="label", can_correct=True, side=8, **options):
    table = review(names, kind)
    shown = LabelReviewOptions(**options)
    return build_review_page(table, images(names, side), "A sentence.", shown, can_correct=can_correct)


def test_nothing_is_loaded_from_elsewhere():
    text = page(["a.png", "b.png"])

    sources = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert len([each for each in sources if each.startswith("data:image/png;base64,")]) == 2
    assert all(each.startswith(("data:", "#")) for each in sources)
    assert "default-src 'none'" in text
    assert "//" not in re.sub(r"data:[^\"]*|// .*", "", text)


@pytest.mark.parametrize("kind", ["label", "conflict", "outlier"])
def test_names_are_text_and_the_table_has_them_to_the_letter(kind):
    text = page([NASTY], kind)

    assert "<script>alert" not in text
    assert "\u202e" not in text
    facts = json.loads(re.search(r'id="facts">(.*?)</script>', text)[1])
    assert facts["rows"][0][0] == NASTY
    assert facts["classes"] == ["cat", "dog & hen", "=hen"]


@pytest.mark.parametrize(("files", "shown"), [(3, 3), (5, 4), (9, 4)])
def test_what_is_not_shown_is_counted(files, shown):
    text = page([f"{number}.png" for number in range(files)], pictures=4)

    assert text.count("<article>") == shown
    assert (f"Shown are the first 4 of {files}" in text) == (files > shown)


def test_without_a_table_of_corrections_nothing_can_be_ticked():
    text = page(["a.png"], can_correct=False)

    assert "<input" not in text
    assert "<script" not in text


def test_nothing_found():
    assert page([]).count("Nothing was found.") == 3


@pytest.mark.parametrize(
    ("shape", "side", "size", "kind"),
    [
        ((1, 28, 28), 160, (28, 28), "png"),
        ((3, 64, 32), 160, (32, 64), "png"),
        ((3, 300, 200), 150, (100, 150), "jpeg"),
        ((1, 100, 100), 160, (100, 100), "jpeg"),
    ],
)
def test_thumbnails_are_no_larger_than_they_have_to_be(shape, side, size, kind):
    address = thumbnail(torch.full(shape, 200, dtype=torch.uint8), side)

    head, _, content = address.partition(",")
    assert head == f"data:image/{kind};base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
        assert picture.size == size
        assert abs(picture.convert("L").getpixel((0, 0)) - 200) <= 2
