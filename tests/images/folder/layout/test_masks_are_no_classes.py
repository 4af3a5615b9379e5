"""Pictures and masks of a set for segmentation are not taken for two classes."""

import pytest

from image_classification.errors import UserError
from image_classification.images.folder.layout.decision import LayoutChoice
from image_classification.images.folder.layout.files import read_layout


@pytest.mark.parametrize(
    ("pictures", "masks"),
    [
        ("images", "masks"),
        ("Images", "Labels"),
        ("imgs", "gt"),
        ("photos", "annotations"),
        ("JPEGImages", "label_images"),
    ],
)
@pytest.mark.parametrize("splits", ["", "{train,val}/", "{training,testing}/"])
def test_by_the_names_of_two_folders(tree, pictures, masks, splits):
    content = tree(f"{splits}{{{pictures},{masks}}}")

    with pytest.raises(UserError, match="look like pictures and their masks, as for segmentation"):
        read_layout(content)


@pytest.mark.parametrize(
    "names", ["images,cats", "cats,labels", "mask,no_mask", "images,masks,cats", "gt,bmw"]
)
def test_classes_of_like_names_are_classes(tree, names):
    assert set(read_layout(tree(f"{{{names}}}")).class_folders) == set(names.split(","))


def test_who_means_classes_says_so(tree):
    layout = read_layout(tree("{images,masks}"), LayoutChoice("classes"))

    assert layout.class_folders == ["images", "masks"]
