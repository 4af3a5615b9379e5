"""The audit tells of imbalanced classes, of small images, and where images look too much alike."""

import numpy as np
import pandas as pd
import pytest
import torch
from tests.images.made_pictures import photograph

from image_classification.images.audit import groups as audit_duplicates
from image_classification.images.audit.audit import audit_images
from image_classification.images.audit.figure import audit_figure
from image_classification.images.audit.near import near_copies
from image_classification.images.audit.options import AuditOptions
from image_classification.images.store.image_dict import ImageDict


def source(classes, splits=None, width=100, pixels=None, channels=3):
    """Images of noise, one per entry of `classes`, and the table of their files."""
    count = len(classes)
    if pixels is None:
        generator = torch.Generator().manual_seed(0)
        shape = (count, channels, 32, 32)
        pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    names = [f"{name}/{number}.png" for number, name in enumerate(classes)]
    class_names = sorted(set(classes))
    files = pd.DataFrame(
        {
            "name": pd.Series(names, dtype="str"),
            "class_name": pd.Series(classes, dtype="str"),
            "given_split": pd.Series(splits or [""] * count, dtype="str"),
            "group": pd.Series([""] * count, dtype="str"),
            "sha256": pd.Series([f"{number:064x}" for number in range(count)], dtype="str"),
            "width": width,
            "height": 100,
        }
    )
    labels = torch.tensor([class_names.index(name) for name in classes])
    return files, ImageDict(images=pixels, labels=labels, names=names, class_names=class_names)


def test_imbalance_is_reported_from_its_ratio_on():
    files, images = source(["cat"] * 12 + ["dog"] * 4)

    [finding] = audit_images(files, images, AuditOptions(imbalance=3.0)).table.to_dict("records")

    assert finding["kind"] == "class imbalance"
    assert "12 images of cat, 4 of dog" in finding["remark"]
    assert audit_images(files, images, AuditOptions(imbalance=3.1)).table.empty


def test_test_images_do_not_count_for_the_balance():
    files, images = source(["cat"] * 12 + ["dog"] * 12, ["train"] * 12 + ["train"] * 6 + ["test"] * 6)

    assert audit_images(files, images, AuditOptions(imbalance=2.5)).table.empty
    assert len(audit_images(files, images, AuditOptions(imbalance=2.0)).table) == 1


def test_images_smaller_than_what_they_are_enlarged_to():
    files, images = source(["cat", "cat", "dog"], width=[31, 32, 200])

    [finding] = audit_images(files, images, AuditOptions()).table.to_dict("records")

    assert finding["kind"] == "small images"
    assert finding["names"] == "cat/0.png"
    assert finding["remark"] == "1 of the images has fewer than the 32x32 pixels that it is enlarged to."


def series(count, noise=4):
    """The same picture again and again, with another noise each time, as a burst of a camera is."""
    picture = np.asarray(photograph(1, (96, 96))).astype(np.float64)
    generator = np.random.default_rng(0)
    noisy = [picture + generator.normal(0, noise, picture.shape) for _ in range(count)]
    return torch.from_numpy(np.stack(noisy).clip(0, 255).astype(np.uint8)).permute(0, 3, 1, 2).contiguous()


def panorama(count):
    """Pictures along a panorama: each is like the next one, the first and the last have nothing in common."""
    wide = np.array(photograph(1, (96 + 3 * count, 96)))
    views = [wide[:, 3 * place : 3 * place + 96] for place in range(count)]
    return torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).contiguous()


def test_a_series_is_no_set_of_copies(monkeypatch):
    monkeypatch.setattr(audit_duplicates, "LARGEST_GROUP", 3)
    files, images = source(["cat"] * 20, pixels=series(20))

    audit = audit_images(files, images, AuditOptions())

    [finding] = audit.table.to_dict("records")
    assert finding["kind"] == "look-alikes"
    assert finding["images"] == 20
    assert audit.groups.is_unique
    assert "near_duplicate_similarity" in audit.summary[-1]


def test_that_only_the_most_alike_of_many_pairs_were_compared_is_said(monkeypatch):
    monkeypatch.setattr(near_copies, "MOST_PAIRS", 10)
    files, images = source(["cat"] * 10 + ["dog"] * 10, pixels=series(20))

    audit = audit_images(files, images, AuditOptions())

    assert any("only the most alike were compared" in sentence for sentence in audit.summary)


def test_a_short_series_is_one_group():
    files, images = source(["cat"] * 20, pixels=series(20))

    assert audit_images(files, images, AuditOptions()).groups.nunique() == 1


def test_a_chain_of_pictures_is_not_joined_from_end_to_end():
    files, images = source(["cat"] * 20, pixels=panorama(20))

    groups = audit_images(files, images, AuditOptions()).groups

    assert groups.nunique() > 1  # neighbours are the same picture, cropped
    assert groups.value_counts().max() <= 9


@pytest.mark.parametrize("channels", [1, 3])
def test_the_figure_needs_no_duplicates(channels):
    files, images = source(["cat", "cat", "dog"], ["train", "test", ""], channels=channels)

    figure = audit_figure(audit_images(files, images, AuditOptions()), files, images)

    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["not given", "train", "test"]
    assert len(figure.axes) == 2


def test_many_names_are_cut_short():
    files, images = source(["cat"] * 12 + ["dog"] * 1)

    [finding] = audit_images(files, images, AuditOptions()).table.to_dict("records")

    assert finding["names"].endswith(" and 3 more")


def test_images_of_a_single_colour_are_named():
    files, images = source(["cat"] * 3 + ["dog"] * 3)
    images.images[1] = 200
    images.images[4] = torch.tensor([[[10]], [[200]], [[90]]], dtype=torch.uint8)
    images.images[5] = 128 + torch.randint(-2, 3, (3, 32, 32), generator=torch.Generator().manual_seed(0))

    [finding] = audit_images(files, images, AuditOptions()).table.to_dict("records")

    assert finding["kind"] == "nearly constant images"
    assert finding["names"] == "cat/1.png, dog/4.png, dog/5.png"


@pytest.mark.parametrize(
    ("classes", "is_one"),
    [
        (["cat", "dog", "emu"], True),
        (["cat"] * 10, True),
        (["cat"] * 4 + ["dog"], True),
        (["cat", "dog"], False),
        (["cat"] * 9, False),
    ],
)
def test_a_picture_that_stands_for_missing_ones_is_named(classes, is_one):
    files, images = source([*classes, "cat", "dog", "emu"])
    files.loc[: len(classes) - 1, "sha256"] = "the same"

    table = audit_images(files, images, AuditOptions()).table

    assert ("placeholder" in set(table["kind"])) == is_one
