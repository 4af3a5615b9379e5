"""Variants change the recipe as they say; table and figure tell the last epoch from the best."""

import pytest
import torch
from tests.benchmarks.accurate_search import changed, summary
from tests.benchmarks.accurate_variants import VARIANTS, Strokes
from tests.benchmarks.benchmark import ROOT
from tests.benchmarks.peeking_figure import draw_peeking

from image_classification.config_loader import LayeredConfigLoader
from image_classification.learning.augmentation import build_augmentation
from image_classification.learning.augmentation.options import AugmentationOptions
from image_classification.parameters.root import validate_parameters
from image_classification.settings import CONFIG_LOADER_ARGS

MOVES = AugmentationOptions(shift=0.08, rotation=10.0, scale=0.1, shear=10.0)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_a_recipe(name):
    loader = LayeredConfigLoader(str(ROOT / "conf"), env="accurate", **CONFIG_LOADER_ARGS)
    parameters = validate_parameters(loader["parameters"]).modelling
    options = {key: value for key, value in VARIANTS[name].items() if key not in ("elastic", "thickness")}

    result = changed(parameters, options)

    for path, value in options.items():
        found = result
        for key in path.split("."):
            found = getattr(found, key)
        assert found == value


def test_strokes_that_stay_are_moved_as_the_recipe_moves_them():
    images = torch.randint(0, 256, (5, 1, 28, 28), dtype=torch.uint8)
    labels = torch.arange(5)
    ours, _ = Strokes(MOVES)(images, labels, generator=torch.Generator().manual_seed(1))
    augment = build_augmentation(MOVES)
    theirs, _ = augment(images, labels, num_classes=10, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(ours, theirs)


def test_strokes_are_made_thicker_and_thinner():
    images = torch.zeros((200, 1, 28, 28), dtype=torch.uint8)
    images[:, :, 8:20, 12:16] = 200
    varied, _ = Strokes(AugmentationOptions(), thickness=0.5)(
        images, torch.zeros(200, dtype=torch.int64), generator=torch.Generator().manual_seed(1)
    )
    change = varied.sum(dim=(1, 2, 3)) / images.float().sum(dim=(1, 2, 3))
    assert change.min() < 0.85
    assert change.max() > 1.15
    assert change.median() == pytest.approx(1, abs=0.1)


def test_the_table_tells_the_last_epoch_from_the_best():
    found = [
        {"variant": "a", "seed": 0, "accuracies": [0.991, 0.998, 0.996]},
        {"variant": "a", "seed": 1, "accuracies": [0.99, 0.993, 0.994]},
        {"variant": "b", "seed": 0, "accuracies": [0.997]},
    ]
    assert summary(found).splitlines()[2:] == [
        "| b | 1 | 99.700 ± 0.000 | – |",
        "| a | 2 | 99.500 ± 0.100 | 99.600 ± 0.200 |",
    ]


def test_the_figure_is_drawn_of_few_epochs_and_of_many(tmp_path):
    for epochs in (1, 40):
        accuracies = [0.99 + 0.0001 * (epoch % 7) for epoch in range(epochs)]
        found = [{"variant": "a", "seed": seed, "accuracies": accuracies[::-1]} for seed in range(9)]
        draw_peeking(found, tmp_path / "new" / f"{epochs}.png")
        assert (tmp_path / "new" / f"{epochs}.png").read_bytes().startswith(b"\x89PNG")
