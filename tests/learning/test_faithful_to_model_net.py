"""The loop does what the article that takes network training apart does, image by image."""

import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.networks import NetworkDescription, build_classifier

EPOCHS, IMAGES, CLASSES = 3, 6, 2


class ModelNet(nn.Module):
    """Written out as the article has it."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 6, 6)
        self.pool = nn.MaxPool2d(6, 2)
        self.conv2 = nn.Conv2d(3, 6, 3, 3)
        self.fc1 = nn.Linear(150, 60)
        self.fc2 = nn.Linear(60, 20)
        self.fc3 = nn.Linear(20, CLASSES)

    def forward(self, x):
        x = self.conv2(self.pool(self.conv1(x)))
        x = torch.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(torch.relu(self.fc2(x)))


def article(network, image_dict):
    """The article's loop over a dict: name → {class number: image}; returns the loss of each image."""
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.5, weight_decay=1e-4)
    losses = []
    for _ in range(EPOCHS):
        for entry in image_dict.values():
            for number, image in entry.items():
                target = torch.zeros(1, CLASSES)
                target[0, number] = 1.0
                optimizer.zero_grad()
                loss = loss_function(network(image.unsqueeze(0)), target)
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
    return losses


def test_losses_and_weights_are_those_of_the_article(learn):
    classifier = build_classifier(
        NetworkDescription(
            network="model_net",
            options={},
            image_shape=(3, 224, 224),
            class_names=("1", "2"),
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=3,
    )
    reference = ModelNet()
    weights = classifier.body.state_dict().values()
    reference.load_state_dict(dict(zip(reference.state_dict(), weights, strict=True)))
    pixels = torch.randint(
        0, 256, (IMAGES, 3, 224, 224), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    image_dict = {
        f"{label + 1}/{row}.jpg": {label: (image.float() / 255 - 0.5) / 0.5}
        for row, (image, label) in enumerate(zip(pixels, labels.tolist(), strict=True))
    }

    expected = article(reference, image_dict)
    seen = []
    history = learn(
        classifier,
        TensorDataset(pixels, labels),
        loss={"name": "cross_entropy", "cross_entropy": {"targets": "probabilities"}},
        optimizer="sgd",
        optimizer_options={"lr": 0.001, "momentum": 0.5, "weight_decay": 1e-4},
        epochs=EPOCHS,
        batch_size=1,
        shuffle=False,
        log_every_batches=1,
        how={"on_batch": [lambda epoch, batch, loss: seen.append(loss)]},
    )

    assert seen == pytest.approx(expected, rel=1e-4)
    means = [sum(expected[first : first + IMAGES]) / IMAGES for first in range(0, len(expected), IMAGES)]
    assert history["train/loss"].to_list() == pytest.approx(means, rel=1e-4)
    for ours, theirs in zip(classifier.body.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
