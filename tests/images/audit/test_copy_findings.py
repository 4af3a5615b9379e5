"""What is said of groups of copies, of which there may be thousands, each of thousands."""

import numpy as np
import pandas as pd
import pytest

from image_classification.images.audit.copy_findings import describe_copies, describe_placeholders
from image_classification.images.audit.groups import Duplicates
from image_classification.images.audit.near.near_copies import Link


def link(first, second, certain=True, change=""):
    return Link(first=first, second=second, similarity=0.97, change=change, certain=certain)


def table(classes, sides, exact):
    return pd.DataFrame(
        {
            "name": [f"{row}.png" for row in range(len(classes))],
            "class_name": classes,
            "given_split": sides,
            "side": sides,
            "sha256": [f"content {of}" for of in exact],
        }
    )


def duplicates(groups, exact, links=()):
    rows = np.arange(0)
    return Duplicates(np.array(groups), np.array(exact), list(links), [], rows, all_compared=True)


def described(classes, sides, exact=None, links=()):
    exact = exact or [0] * len(classes)
    (found,) = describe_copies(table(classes, sides, exact), duplicates([0] * len(classes), exact, links))
    return found.leak, found.label_conflict, found.certain


@pytest.mark.parametrize(
    ("classes", "sides", "expected"),
    [
        ("aaa", ["train"] * 3, (False, False, False)),
        ("aaa", ["train", "train", "test"], (True, False, True)),
        ("aab", ["train"] * 3, (False, True, True)),
        ("abc", ["train", "test", "validation"], (True, True, True)),
    ],
)
def test_equal_files(classes, sides, expected):
    assert described(list(classes), sides) == expected


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize(
    ("classes", "sides", "leak", "conflict"),
    [
        ("aaaa", ["train"] * 4, False, False),
        ("aaaa", ["train", "train", "test", "test"], True, False),
        ("aabb", ["train"] * 4, False, True),
    ],
)
def test_two_files_with_a_copy_each_that_look_alike(classes, sides, leak, conflict, certain):
    found = described(list(classes), sides, [0, 0, 2, 2], [link(0, 2, certain)])

    assert found == (leak, conflict, certain and (leak or conflict))


@pytest.mark.parametrize(
    ("classes", "sides", "leak"),
    [
        ("aa", ["train", "test"], True),
        ("ab", ["train", "test"], False),
        ("ab", ["train", "train"], False),
    ],
)
def test_a_mirrored_copy_under_another_label_is_neither(classes, sides, leak):
    assert described(list(classes), sides, [0, 1], [link(0, 1, change="mirrored")]) == (leak, False, leak)


def test_one_picture_in_two_files_of_ten_thousand_each():
    count = 20_000
    exact = [row % 2 for row in range(count)]
    files = table(["a"] * count, ["train"] * (count - 1) + ["test"], exact)
    found = duplicates([0] * count, exact, [link(0, 1)])

    (copies,) = describe_copies(files, found)
    (placeholder,) = describe_placeholders(files, found)

    assert (copies.images, copies.leak, copies.label_conflict) == (count, True, False)
    assert "stands for 20000 images of one class, first 0.png" in placeholder.remark


def test_twenty_thousand_groups():
    count = 40_000
    classes = [str(row // 3) for row in range(count)]
    groups = [row - row % 2 for row in range(count)]

    found = describe_copies(table(classes, ["train"] * count, groups), duplicates(groups, groups))

    assert len(found) == count // 2
    differ = sum(classes[row] != classes[row + 1] for row in range(0, count, 2))
    assert sum(each.label_conflict for each in found) == differ
