"""The table of predictions and the counts made from it."""

import pandas as pd
import torch
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.evaluation.predictions import confusion_counts, predictions_table
from image_classification.networks.classifier import predict_logits

LOGITS = torch.tensor([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 1.0, 0.5], [0.0, 5.0, 0.0]])
LABELS = torch.tensor([0, 1, 2, 1])
CLASSES = ["cat", "dog", "eel"]


def test_a_row_per_image_with_its_probabilities() -> None:
    table = predictions_table(["a", "b", "c", "d"], LOGITS, LABELS, CLASSES)
    assert list(table["label"]) == ["cat", "dog", "eel", "dog"]
    assert list(table["prediction"]) == ["cat", "dog", "dog", "dog"]
    assert list(table["correct"]) == [True, True, False, True]
    probabilities = table[[f"probability/{name}" for name in CLASSES]].to_numpy(copy=True)
    torch.testing.assert_close(torch.from_numpy(probabilities), LOGITS.softmax(1))
    assert (table["confidence"].to_numpy() == probabilities.max(axis=1)).all()


def test_confusion_counts_keep_classes_that_were_never_predicted() -> None:
    counts = confusion_counts(predictions_table("abcd", LOGITS, LABELS, CLASSES), CLASSES)
    expected = pd.DataFrame([[1, 0, 0], [0, 2, 0], [0, 1, 0]], index=CLASSES, columns=CLASSES)
    pd.testing.assert_frame_equal(counts, expected, check_names=False)


def test_prediction_uses_evaluation_mode_and_restores_the_mode() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5))
    dataset = TensorDataset(torch.rand(7, 1, 2, 2), torch.arange(7))
    logits, labels = predict_logits(network, dataset, batch_size=3, device=torch.device("cpu"))
    assert torch.equal(logits, dataset.tensors[0].flatten(1))
    assert torch.equal(labels, torch.arange(7))
    assert network.training
