"""A group stays together with the splits that are given, or the run refuses, or leaves it out where it was
told to.
"""

import pandas as pd
import pytest
import torch

from image_classification.errors import UserError
from image_classification.images.audit.audit import audit_images
from image_classification.images.audit.options import AuditOptions
from image_classification.images.folder.folder_split import make_folder_index
from image_classification.images.folder.options import FolderSplitOptions
from image_classification.images.store.image_dict import ImageDict


def source(given, groups):
    """An image a row, of two classes."""
    count = len(given)
    files = pd.DataFrame(
        {
            "name": [f"{row}.png" for row in range(count)],
            "class_name": [str(row % 2) for row in range(count)],
            "given_split": given,
            "group": groups,
            "sha256": [f"content {row}" for row in range(count)],
            "width": 40,
            "height": 40,
            "mode": "L",
            "header_status": "ok",
        }
    )
    pixels = torch.randint(
        0, 256, (count, 1, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    labels = torch.arange(count) % 2
    return files, ImageDict(
        images=pixels, labels=labels, names=files["name"].tolist(), class_names=["0", "1"]
    )


def split(files, images, leaks="warn", **parameters):
    audit = audit_images(files, images, AuditOptions(leaks=leaks))
    made = make_folder_index(files, images, FolderSplitOptions(**parameters), marks=audit.marks)
    return made.index


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("given", ["train", "validation", "test"])
def test_images_without_a_split_follow_the_given_one_of_their_group(given, seed):
    groups = [f"patient {row % 10}" for row in range(80)]
    splits = [given if row < 5 else "" for row in range(80)]

    index = split(*source(splits, groups), seed=seed)

    assert index.groupby("group")["split"].nunique().eq(1).all()
    if given != "train":
        assert (index["split"][index["group"].isin(groups[:5])] == given).all()


@pytest.mark.parametrize("leaks", ["warn", "fail"])
@pytest.mark.parametrize(
    ("first", "second"), [("train", "test"), ("validation", "test"), ("train", "validation")]
)
def test_a_group_that_was_given_to_two_splits_is_refused(first, second, leaks):
    files, images = source([first, second, "train", "train"], ["patient 7", "patient 7", "", "x"])

    with pytest.raises(UserError) as refused:
        split(files, images, leaks=leaks)

    message = str(refused.value)
    assert message.startswith("1 group of images that belong together was given to several splits.\n")
    assert f"  patient 7: {first}, {second}" in message
    assert "AuditOptions(leaks='drop')" in message


def test_all_torn_groups_are_counted_and_some_named():
    groups = [f"patient {row // 2}" for row in range(20)]

    with pytest.raises(UserError, match=r"10 groups .*\n(.*\n){5}  … and 5 more"):
        split(*source(["train", "test"] * 10, groups))


def test_under_drop_a_torn_group_stays_where_it_tests():
    given = ["train", "test", "validation", ""] + ["train"] * 6
    index = split(*source(given, ["patient 7"] * 4 + [""] * 6), leaks="drop")

    assert index["split"].tolist()[:4] == ["", "test", "", ""]
    assert index["left_out_reason"].tolist()[0] == "leak: the group patient 7 is in the test set, 1.png"
    assert (index["split"][4:] != "").all()


def test_rows_without_a_group_are_no_group():
    index = split(*source(["train", "test", "validation", "train", "test", "validation"], [""] * 6))

    assert index["split"].tolist() == ["train", "test", "validation"] * 2
