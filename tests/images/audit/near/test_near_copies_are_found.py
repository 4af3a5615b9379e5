"""Near copies are found however they were made, and pictures that are merely alike are not taken for
copies.
"""

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from tests.images.made_pictures import COPIES, photograph, scan, shape

from image_classification.images.audit.near import near_copies
from image_classification.images.audit.near.near_copies import find_near_copies

SIZE = 96
PICTURES = 24


def images_of(pictures):
    """As the image dict has them: all stretched to one size."""
    images = torch.empty((len(pictures), 3, SIZE, SIZE), dtype=torch.uint8)
    for row, picture in enumerate(pictures):
        resized = picture.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        images[row] = torch.from_numpy(np.array(resized)).permute(2, 0, 1)
    return images


def read_from(pictures):
    def read(row):
        resized = pictures[row].convert("RGB").resize((128, 128), Image.Resampling.BILINEAR)
        return torch.from_numpy(np.array(resized)).permute(2, 0, 1)

    return read


def pairs(pictures, similarity=0.93):
    found = find_near_copies(images_of(pictures), np.arange(len(pictures)), similarity, read_from(pictures))
    return {(link.first, link.second): link for link in found.links}


@pytest.fixture(scope="module")
def originals():
    # of different proportions, as in a folder
    return [photograph(seed, (160 + 10 * (seed % 7), 240 - 10 * (seed % 5))) for seed in range(PICTURES)]


@pytest.mark.parametrize("how", COPIES)
def test_copies_are_found_and_nothing_else_is(originals, how):
    copies = [COPIES[how](picture) for picture in originals]

    found = pairs(originals + copies)

    right = {(row, row + PICTURES) for row in range(PICTURES)}
    assert set(found) <= right
    assert len(found) >= 0.95 * PICTURES


@pytest.mark.parametrize(
    ("how", "change"),
    [
        ("JPEG quality 40", ""),
        ("mirrored", "mirrored"),
        ("upside down", "upside down and mirrored"),
        ("turned by 90°", "turned by 90°"),
        ("turned by 180°", "turned by 180°"),
        ("turned by 270°", "turned by 90°"),
        ("5 % cut off each side", "cropped"),
    ],
)
def test_it_is_said_what_was_done_and_whether_it_is_beyond_doubt(originals, how, change):
    [(pair, link)] = pairs([originals[0], COPIES[how](originals[0])]).items()

    assert pair == (0, 1)
    assert link.change == change
    assert link.certain
    assert link.same_view == (change in ("", "cropped"))


@pytest.mark.parametrize(
    ("kinds", "noise"),
    [
        (["circle", "square"], 0),
        (["circle", "square"], 3),
        (["circle", "square"], 15),
        (["ring", "cross", "star"], 3),
    ],
)
def test_plain_shapes_are_no_copies_of_each_other(kinds, noise):
    assert pairs([shape(kind, seed, noise=noise) for kind in kinds for seed in range(20)]) == {}


@pytest.mark.parametrize("own", [5, 8, 20])
def test_scans_of_one_kind_are_no_copies_of_each_other(own):
    assert pairs([scan(seed, own) for seed in range(60)]) == {}


def test_copies_are_found_among_scans_of_one_kind():
    scans = [scan(seed, 20) for seed in range(60)]
    copies = [COPIES["JPEG quality 40"](each) for each in scans[:20]]

    found = pairs(scans + copies)

    assert set(found) <= {(row, row + 60) for row in range(20)}
    assert len(found) >= 19


def test_the_same_picture_in_other_colours_is_another_one(originals):
    def recoloured(picture):
        red, green, blue = picture.split()
        return Image.merge("RGB", (blue, green, red))

    vivid = [Image.blend(Image.new("RGB", picture.size, "red"), picture, 0.6) for picture in originals[:6]]

    assert pairs(vivid + [recoloured(picture) for picture in vivid]) == {}


def test_the_negative_of_a_picture_is_another_one(originals):
    assert pairs([*originals[:6], *(ImageOps.invert(picture) for picture in originals[:6])]) == {}


def test_pictures_of_a_single_colour_are_left_alone():
    assert pairs([Image.new("RGB", (80, 80), colour) for colour in ("white", "black", "grey", "grey")]) == {}


def test_what_is_too_plain_is_named():
    pictures = [shape("circle", seed) for seed in range(30)]

    found = find_near_copies(images_of(pictures), np.arange(30), 0.93, read_from(pictures))

    assert len(found.plain) > 10


def test_without_the_files_the_images_serve(originals):
    pictures = [*originals[:6], *(COPIES["mirrored"](picture) for picture in originals[:6])]

    found = find_near_copies(images_of(pictures), np.arange(12), 0.93)

    assert {(link.first, link.second) for link in found.links} == {(row, row + 6) for row in range(6)}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_pictures(originals, count):
    assert pairs(originals[:count]) == {}


def test_torch_takes_no_threads_for_itself(monkeypatch):
    threads, before = [], torch.get_num_threads()
    for step in ("find_candidates", "compare_thumbnails", "compare_details"):
        function = getattr(near_copies, step)
        monkeypatch.setattr(
            near_copies,
            step,
            lambda *given, do=function: threads.append(torch.get_num_threads()) or do(*given),
        )
    torch.set_num_threads(3)
    try:
        find_near_copies(torch.zeros(4, 3, 40, 40, dtype=torch.uint8), np.arange(4), 0.9)

        assert threads == [1, 1, 1]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
