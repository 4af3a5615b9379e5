"""The loop does what the article on solvers and losses does, batch by batch."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (as the article calls it)
from torch import nn
from torch.utils.data import TensorDataset

from image_classification.learning.batches import epoch_seed
from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.modules import Dropout

EPOCHS, BATCH_SIZE, TEST_BATCH_SIZE, SEED = 2, 64, 100, 42


class FeedForwardNet(nn.Module):
    """Written out as the article has it."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 256)
        self.fc2 = nn.Linear(256, 128)
        self.fc3 = nn.Linear(128, 64)
        self.fc4 = nn.Linear(64, 10)
        self.dropout = Dropout(0.2)  # the article's, but that it draws the same masks as ours

    def forward(self, x):
        x = x.view(x.size(0), -1)
        x = self.dropout(F.relu(self.fc1(x)))
        x = self.dropout(F.relu(self.fc2(x)))
        x = self.dropout(F.relu(self.fc3(x)))
        return F.log_softmax(self.fc4(x), dim=1)


def images(count, seed):
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8, generator=generator)
    return TensorDataset(pixels, torch.randint(0, 10, (count,), generator=generator))


def article(network, train_set, test_set):
    """The article's loop, in the order of the data; returns the loss of each batch and the test results."""

    def normalise(pixels):
        return (pixels.float() / 255 - 0.1307) / 0.3081

    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, weight_decay=1e-6)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.9)
    losses, tests = [], []
    for epoch in range(1, EPOCHS + 1):
        torch.manual_seed(epoch_seed(SEED, epoch))  # our loop's dropout of this epoch
        network.train()
        for first in range(0, len(train_set), BATCH_SIZE):
            data, target = train_set[first : first + BATCH_SIZE]
            optimizer.zero_grad()
            loss = F.cross_entropy(network(normalise(data)), target)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        network.eval()
        test_loss, correct = 0.0, 0
        with torch.no_grad():
            for first in range(0, len(test_set), TEST_BATCH_SIZE):
                data, target = test_set[first : first + TEST_BATCH_SIZE]
                output = network(normalise(data))
                test_loss += F.cross_entropy(output, target, reduction="sum").item()
                correct += (output.argmax(1) == target).sum().item()
        tests.append((test_loss / len(test_set), correct / len(test_set)))
        scheduler.step()
    return losses, tests


def test_losses_weights_and_tests_are_those_of_the_article(learn):
    classifier = build_classifier(
        NetworkDescription(
            network="feed_forward",
            options={"widths": [256, 128, 64], "dropout": 0.2, "log_softmax": True},
            image_shape=(1, 28, 28),
            class_names=tuple("0123456789"),
            mean=(0.1307,),
            std=(0.3081,),
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=SEED,
    )
    reference = FeedForwardNet()
    weights = classifier.body.state_dict().values()
    reference.load_state_dict(dict(zip(reference.state_dict(), weights, strict=True)))
    train_set, test_set = images(300, seed=1), images(250, seed=2)

    expected, expected_tests = article(reference, train_set, test_set)
    seen = []
    history = learn(
        classifier,
        train_set,
        optimizer="sgd",
        optimizer_options={"lr": 0.01, "weight_decay": 1e-6},
        schedule="step",
        schedule_options={"step_size": 1, "gamma": 0.9},
        seed=SEED,
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        shuffle=False,
        log_every_batches=1,
        how={"test_set": test_set, "on_batch": [lambda epoch, batch, loss: seen.append(loss)]},
    )

    assert len(seen) == EPOCHS * 5
    assert seen == pytest.approx(expected, rel=1e-5)
    for ours, theirs in zip(classifier.body.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    ours = list(zip(history["test/loss"], history["test/accuracy"], strict=True))
    assert ours == [pytest.approx(each, rel=1e-5) for each in expected_tests]
