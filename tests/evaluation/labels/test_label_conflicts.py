"""Copies of a picture under several labels: by the audit of a folder, or by equal pixels."""

import pandas as pd
import pytest
import torch

from image_classification.datasets.atomic import CSVDataset
from image_classification.evaluation.labels.conflicts import conflicts_of_audit, conflicts_of_content
from image_classification.images.audit.findings import findings_table
from image_classification.images.store.image_dict import ImageDict


def images(shades, labels, status=None):
    return ImageDict(
        images=torch.tensor(shades, dtype=torch.uint8).reshape(-1, 1, 1, 1).expand(-1, 3, 4, 4),
        labels=torch.tensor(labels),
        names=[f"{row}.png" for row in range(len(shades))],
        class_names=["cat", "dog"],
        status=status,
    )


def test_equal_pixels_under_several_labels():
    found = conflicts_of_content(images([1, 2, 1, 2, 3, 1], [0, 0, 1, 0, 1, 0]))

    assert [(each.names, each.similarity) for each in found] == [(["0.png", "2.png", "5.png"], 1.0)]


def test_images_that_could_not_be_read_are_equal_to_none():
    assert conflicts_of_content(images([0, 0], [0, 1], status=["unreadable: x", "unreadable: x"])) == []


@pytest.fixture
def audited():
    table = pd.DataFrame(
        {"group": [0, 2, -1], "similarity": [1.0, 0.95, None], "label_conflict": [True, False, False]}
    )
    marks = pd.DataFrame({"name": list("abcde"), "duplicate_group": [0, 0, 2, 2, 4]})
    index = pd.DataFrame({"name": list("abcde"), "class_name": ["cat", "dog", "cat", "cat", "dog"]})
    return table, marks, index


def test_conflicts_of_the_audit(audited):
    [found] = conflicts_of_audit(*audited)

    assert (found.names, found.similarity) == (["a", "b"], 1.0)


def test_what_a_correction_has_left_out_conflicts_with_nothing(audited):
    table, marks, index = audited
    index["correction"] = ["left out", "", "", "", ""]

    assert conflicts_of_audit(table, marks, index) == []


def test_an_audit_that_found_nothing(tmp_path, audited):
    _, marks, index = audited
    dataset = CSVDataset(filepath=str(tmp_path / "audit.csv"), save_args={"index": False})
    dataset.save(findings_table([]))

    assert conflicts_of_audit(dataset.load(), marks, index) == []
