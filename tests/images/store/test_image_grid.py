"""The picture of a source shows images of every class."""

import io

import numpy as np
import torch
from PIL import Image

from image_classification.images.store.tensor_sets import image_grid_png


def draw(images, labels, rows, class_names):
    return np.asarray(Image.open(io.BytesIO(image_grid_png(images, labels, rows, class_names))))


def test_each_class_has_a_line_of_its_images():
    images = torch.zeros((4, 3, 8, 8), dtype=torch.uint8)
    images[1::2, 0] = 200  # the second class is red
    labels = torch.tensor([0, 1, 0, 1])

    grid = draw(images, labels, torch.arange(4), ["black", "red"])

    black, red = np.vsplit(grid[4:124], 2)
    for column, line in enumerate((black, red)):
        colours = {tuple(line[20, 120 + 60 * image]) for image in range(2)}
        assert colours == {(0, 0, 0), (200, 0, 0)} - {((200, 0, 0), (0, 0, 0))[column]}


def test_only_the_rows_that_are_asked_for_are_shown():
    images = torch.zeros((2, 1, 8, 8), dtype=torch.uint8)

    full = draw(images, torch.zeros(2, dtype=torch.int64), torch.arange(2), ["a"])
    none = draw(images, torch.zeros(2, dtype=torch.int64), torch.arange(0), ["a"])

    assert (full[:, 110:] == 0).any()
    assert (none[:, 110:] == 255).all()


def test_long_and_tiny_images_and_many_classes_fit():
    images = torch.zeros((1, 1, 1, 500), dtype=torch.uint8)

    grid = draw(
        images, torch.zeros(1, dtype=torch.int64), torch.arange(1), [f"class {i}" for i in range(1000)]
    )

    assert grid.shape[0] < 2000
