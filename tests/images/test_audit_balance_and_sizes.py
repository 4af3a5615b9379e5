"""The audit tells of imbalanced classes, of small images, and where images look too much alike."""

import pandas as pd
import pytest
import torch

from image_classification.images import audit_duplicates
from image_classification.images.audit import audit_images
from image_classification.images.audit_figure import audit_figure
from image_classification.images.image_dict import ImageDict
from image_classification.parameters.audit import AuditParameters


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
            "sha256": pd.Series([f"{number:064x}" for number in range(count)], dtype="str"),
            "width": width,
            "height": 100,
        }
    )
    labels = torch.tensor([class_names.index(name) for name in classes])
    return files, ImageDict(images=pixels, labels=labels, names=names, class_names=class_names)


def test_imbalance_is_reported_from_its_ratio_on():
    files, images = source(["cat"] * 12 + ["dog"] * 4)

    [finding] = audit_images(files, images, AuditParameters(imbalance=3.0)).table.to_dict("records")

    assert finding["kind"] == "class imbalance"
    assert "12 images of cat, 4 of dog" in finding["remark"]
    assert audit_images(files, images, AuditParameters(imbalance=3.1)).table.empty


def test_test_images_do_not_count_for_the_balance():
    files, images = source(["cat"] * 12 + ["dog"] * 12, ["train"] * 12 + ["train"] * 6 + ["test"] * 6)

    assert audit_images(files, images, AuditParameters(imbalance=2.5)).table.empty
    assert len(audit_images(files, images, AuditParameters(imbalance=2.0)).table) == 1


def test_images_smaller_than_what_they_are_enlarged_to():
    files, images = source(["cat", "cat", "dog"], width=[31, 32, 200])

    [finding] = audit_images(files, images, AuditParameters()).table.to_dict("records")

    assert finding["kind"] == "small images"
    assert finding["names"] == "cat/0.png"
    assert finding["remark"] == "1 of the images has fewer than the 32x32 pixels that it is enlarged to."


def drifting(count):
    """Pictures of a bright spot that moves a little from each to the next: neighbours alike, the ends not."""
    x = torch.arange(32).view(1, 1, 1, 32)
    y = torch.arange(32).view(1, 1, 32, 1)
    centre = torch.linspace(4, 28, count).view(-1, 1, 1, 1)
    return (255 * torch.exp(-((x - centre) ** 2 + (y - 16) ** 2) / 18)).to(torch.uint8)


def test_a_long_chain_of_look_alikes_is_not_taken_for_copies(monkeypatch):
    monkeypatch.setattr(audit_duplicates, "LARGEST_GROUP", 3)
    files, images = source(["cat"] * 100, pixels=drifting(100), channels=1)

    audit = audit_images(files, images, AuditParameters())

    chains = audit.table[audit.table["kind"] == "look-alikes"]
    copies = audit.table[audit.table["kind"] == "near duplicates"]
    assert (chains["images"] > 3).all()
    assert len(chains) > 0
    assert (copies["images"] <= 3).all()
    assert audit.groups.value_counts().max() <= 3
    assert "near_duplicate_distance" in audit.summary[-1]


def test_too_many_pairs_are_not_looked_through(monkeypatch):
    monkeypatch.setattr(audit_duplicates, "MOST_PAIRS", 10)
    files, images = source(["cat"] * 50, pixels=drifting(50), channels=1)

    audit = audit_images(files, images, AuditParameters())

    [finding] = audit.table.to_dict("records")
    assert finding["kind"] == "look-alikes"
    assert "not looked for" in finding["remark"]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_figure_needs_no_duplicates(channels):
    files, images = source(["cat", "cat", "dog"], ["train", "test", ""], channels=channels)

    figure = audit_figure(audit_images(files, images, AuditParameters()), files, images)

    legend = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert legend == ["not given", "train", "test"]
    assert len(figure.axes) == 2


def test_many_names_are_cut_short():
    files, images = source(["cat"] * 12 + ["dog"] * 1)

    [finding] = audit_images(files, images, AuditParameters()).table.to_dict("records")

    assert finding["names"].endswith(", … and 3 more")
