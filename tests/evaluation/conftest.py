"""Predictions as networks make them, of any number of classes."""

from collections.abc import Callable

import pandas as pd
import pytest
import torch

from image_classification.evaluation.metrics import predictions_table

MakePredictions = Callable[..., pd.DataFrame]


@pytest.fixture
def make_predictions() -> MakePredictions:
    """Predictions of a network that is right about half of the time and too sure of itself."""

    def make(classes: int = 4, images: int = 300, absent: tuple[int, ...] = ()) -> pd.DataFrame:
        generator = torch.Generator().manual_seed(classes)
        present = torch.tensor([index for index in range(classes) if index not in absent])
        labels = present[torch.randint(len(present), (images,), generator=generator)]
        logits = torch.randn(images, classes, generator=generator) * 3
        logits[torch.arange(images), labels] += 3
        names = [f"image {row}" for row in range(images)]
        return predictions_table(names, logits, labels, class_names(classes))

    return make


def class_names(classes: int) -> list[str]:
    return [f"class {index}" for index in range(classes)]
