"""The loop does what the article on a `TensorDataset` does, batch by batch."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (as the article calls it)
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.learning.batches import epoch_order
from image_classification.networks import NetworkDescription, build_classifier

EPOCHS, BATCH_SIZE, SEED = 3, 64, 0


class Mnist_NN(nn.Module):  # noqa: N801
    """Written out as the article has it."""

    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(784, 128)
        self.hidden2 = nn.Linear(128, 256)
        self.out = nn.Linear(256, 10)

    def forward(self, x):
        x = F.relu(self.hidden1(x))
        x = F.relu(self.hidden2(x))
        return self.out(x)


def images(count, seed):
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8, generator=generator)
    return TensorDataset(pixels, torch.randint(0, 10, (count,), generator=generator))


def article(network, train_set, validation_set):
    """The article's loop on rows of 784 pixels in [0, 1); returns losses by batch, validation by epoch."""

    def rows(pixels):
        return pixels.reshape(len(pixels), 784).float() / 256

    optimizer = torch.optim.SGD(network.parameters(), lr=0.001)
    losses, validations = [], []
    for epoch in range(1, EPOCHS + 1):
        network.train()
        for indices in epoch_order(len(train_set), SEED, epoch, shuffle=True).split(BATCH_SIZE):
            xb, yb = train_set[indices]
            loss = F.cross_entropy(network(rows(xb)), yb)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        network.eval()
        with torch.no_grad():
            batches = [
                validation_set[first : first + 2 * BATCH_SIZE] for first in range(0, 200, 2 * BATCH_SIZE)
            ]
            weighted = [F.cross_entropy(network(rows(xb)), yb).item() * len(yb) for xb, yb in batches]
        validations.append(sum(weighted) / len(validation_set))
    return losses, validations


def test_losses_weights_and_validations_are_those_of_the_article(learn):
    classifier = build_classifier(
        NetworkDescription(
            network="mnist_nn",
            options={},
            image_shape=(1, 28, 28),
            class_names=tuple("0123456789"),
            mean=(0.0,),
            std=(256 / 255,),  # pixels / 255 / (256 / 255): the article divides by 256
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=SEED,
    )
    reference = Mnist_NN()
    weights = classifier.body.state_dict().values()
    reference.load_state_dict(dict(zip(reference.state_dict(), weights, strict=True)))
    train_set, validation_set = images(300, seed=1), images(200, seed=2)

    expected, expected_validations = article(reference, train_set, validation_set)
    seen = []
    history = learn(
        classifier,
        train_set,
        validation_set,
        optimizer="sgd",
        optimizer_options={"lr": 0.001},
        seed=SEED,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        log_every_batches=1,
        how={"on_batch": [lambda epoch, batch, loss: seen.append(loss)]},
    )

    assert len(seen) == EPOCHS * 5
    assert seen == pytest.approx(expected, rel=1e-5)
    for ours, theirs in zip(classifier.body.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    assert history["validation/loss"].to_list() == pytest.approx(expected_validations, rel=1e-5)
