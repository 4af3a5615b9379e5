"""The audit takes labels as they are corrected, and knows what it would have said without."""

import numpy as np
import pandas as pd
import pytest
import torch

from image_classification.errors import UserError
from image_classification.images.audit.audit import audit_images
from image_classification.images.audit.groups import Duplicates
from image_classification.images.audit.near.near_copies import Link
from image_classification.images.audit.options import AuditOptions
from image_classification.images.store.image_dict import ImageDict


def source(corrections):
    """Two equal files, a cat and a dog, and others; a correction of each of the two, or none: "cat", None."""
    classes = ["cat", "dog", "cat", "dog"]
    files = pd.DataFrame(
        {
            "name": [f"{row}.png" for row in range(4)],
            "class_name": classes,
            "given_split": "",
            "group": "",
            "sha256": ["same", "same", "b", "c"],
            "width": 100,
            "height": 100,
        }
    )
    if corrections:
        files["class_before"], files["correction"] = files["class_name"], ""
        for row, label in corrections.items():
            files.loc[row, "correction"] = "relabelled" if label else "left out"
            files.loc[row, "class_name"] = label or classes[row]
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8, generator=generator)
    labels = torch.tensor([["cat", "dog"].index(name) for name in files["class_name"]])
    images = ImageDict(images=pixels, labels=labels, names=files["name"].tolist(), class_names=["cat", "dog"])
    return files, images


@pytest.mark.parametrize("corrections", [{1: "cat"}, {0: "dog"}, {0: None}, {0: None, 1: None}])
def test_a_conflict_that_is_settled_is_none(corrections):
    audit = audit_images(*source(corrections), AuditOptions(leaks="drop"))

    assert not audit.table["label_conflict"].any()
    assert (audit.marks["left_out_reason"] == "").all()
    before = audit_images(*source({}), AuditOptions(leaks="drop")).marks
    assert audit.marks["left_out_before"].tolist() == before["left_out_reason"].tolist()
    assert audit.marks["duplicate_group"].tolist() == before["duplicate_group"].tolist()
    assert before["left_out_reason"].str.startswith("label conflict").tolist() == [True, True, False, False]
    assert "left_out_before" not in before


def test_a_correction_may_make_a_conflict():
    audit = audit_images(*source({0: "dog", 1: "cat"}), AuditOptions(leaks="drop"))

    assert audit.table["label_conflict"].tolist() == [True]
    assert (audit.marks["left_out_reason"] != "").tolist() == [True, True, False, False]


def test_what_would_fail_passes_once_it_is_corrected():
    with pytest.raises(UserError, match="under several labels"):
        audit_images(*source({}), AuditOptions(leaks="fail"))
    audit_images(*source({1: "cat"}), AuditOptions(leaks="fail"))


def link(first, second):
    return Link(first, second, 0.97, change="", certain=True)


def duplicates(group_of, exact, near):
    numbers = np.array(group_of), np.array(exact)
    return Duplicates(*numbers, near, [], np.array([], dtype=np.int64), all_compared=True)


def test_a_file_may_go_that_stands_for_others_equal_to_it():
    # 0 and 1 are equal files, 2 is like them
    found = duplicates([0, 0, 0, 3], [0, 0, 2, 3], [link(0, 2)])

    left = found.among(np.array([False, True, True, True]))

    assert left.groups == [[1, 2]]
    assert [(each.first, each.second) for each in left.near] == [(1, 2)]


def test_a_group_falls_apart_without_what_held_it_together():
    chain = [link(0, 1), link(1, 2), link(2, 3)]
    found = duplicates([1, 1, 1, 1, 4], [0, 1, 2, 3, 4], chain)

    assert found.among(np.array([True, True, False, True, True])).groups == [[0, 1]]
    assert found.among(np.array([True, False, True, False, True])).groups == []
    assert found.among(np.ones(5, dtype=bool)) is found
