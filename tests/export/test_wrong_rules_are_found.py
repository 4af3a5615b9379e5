"""Whoever prepares pictures by another rule gets other numbers, and is told at which step."""

import itertools

import pytest
import torch
from tests.export.conftest import (
    calibration,
    edit,
    export,
    make_network,
    make_sets,
    wrong_pictures,
    wrong_stages,
)

MODES = ("stretch", "crop", "letterbox")
SHAPES = ((1, 4, 4), (3, 8, 8), (1, 28, 20))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("right", "wrong"), itertools.permutations(MODES, 2))
def test_another_resize_rule(tmp_path, shape, right, wrong):
    """The images of the source have the size of the network: what is made of one shows the rule."""
    folder = export(tmp_path / "export", make_network(shape=shape, resize=right), make_sets(shape))
    assert wrong_stages(folder) == set()

    edit(folder, resize=wrong)

    assert wrong_pictures(folder) == {"resize"}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("right", "wrong"), itertools.permutations(("bilinear", "bicubic"), 2))
def test_another_interpolation(tmp_path, shape, mode, right, wrong):
    network = make_network(shape=shape, resize=mode, interpolation=right)
    folder = export(tmp_path / "export", network, make_sets(shape))

    edit(folder, interpolation=wrong)

    assert wrong_pictures(folder) == {"resize"}


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("facts", [{"resize": "crop"}, {"interpolation": "bicubic"}])
def test_images_without_any_structure(tmp_path, value, facts):
    flat = torch.full((36, 3, 8, 8), value, dtype=torch.uint8)
    folder = export(tmp_path / "export", make_network(), make_sets(images=flat))

    edit(folder, **facts)

    assert wrong_pictures(folder) == {"resize"}


@pytest.mark.parametrize("grey", [False, True])
def test_another_order_of_channels(tmp_path, grey):
    """Where every image is grey in three channels, the order shows in a coloured one alone."""
    sets = make_sets()
    if grey:
        sets[0].images[:] = sets[0].images[:, :1]
    folder = export(tmp_path / "export", make_network(), sets)

    edit(folder, channel_order="BGR")

    assert wrong_pictures(folder) == {"decode"}


@pytest.mark.parametrize(
    "facts",
    [
        {"mean": [0.41, 0.5, 0.6]},
        {"mean": [0.6, 0.5, 0.4]},
        {"std": [0.2, 0.3, 0.2501]},
        {"std": [1.0, 1.0, 1.0]},
        {"scale": 256.0},
        {"scale": 1.0},
        {"mean": [0.5], "std": [0.2, 0.3]},
    ],
)
def test_another_normalisation(tmp_path, facts):
    folder = export(tmp_path / "export", make_network(), make_sets())

    edit(folder, **facts)

    assert wrong_pictures(folder) == {"normalise"}


@pytest.mark.parametrize("shape", [[3, 9, 8], [3, 8, 7], [1, 8, 8]])
def test_another_size(tmp_path, shape):
    folder = export(tmp_path / "export", make_network(), make_sets())

    edit(folder, image_shape=shape)

    assert "resize" in wrong_stages(folder)


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ({"class_names": ["=1+1", "cat", "dog"]}, "network"),
        ({"temperature": 1.8}, "network"),
        ({"views": ["horizontal_flip"]}, "network"),
        ({"weights_digest": "0" * 64}, "network"),
        ({"resize": "squash"}, "resize"),
        ({"channel_order": "CMYK"}, "decode"),
        ({"std": [0.0, 1.0, 1.0]}, "normalise"),
    ],
)
def test_what_contradicts_the_network_or_cannot_be(tmp_path, facts, stage):
    folder = export(tmp_path / "export", make_network(), make_sets())

    edit(folder, **facts)

    assert stage in wrong_stages(folder)


@pytest.mark.parametrize("facts", [{"answer_above": 0.99}, {"set_least": 0.01}])
def test_another_rule_for_answers(tmp_path, facts):
    folder = export(tmp_path / "export", make_network(calibration=calibration()), make_sets())
    other = calibration(**facts).model_dump(mode="json")

    edit(folder, calibration=other)

    assert wrong_pictures(folder) == {"answers"}
