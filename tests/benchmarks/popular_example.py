"""The popular first example of MNIST: two convolutions, 1.2 million parameters, one epoch, evaluated.

    python popular_example.py <folder of torchvision's MNIST>

Images come one by one out of torchvision's dataset, decoded and normalised on the way, as beginners are
taught.
"""

import json
import sys

import torch
from torch import Tensor, nn
from torch.nn.functional import nll_loss
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST


def main(folder: str) -> None:
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
        nn.LogSoftmax(dim=1),
    )
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    train_set = DataLoader(MNIST(folder, train=True, transform=transform), batch_size=64, shuffle=True)
    test_set = DataLoader(MNIST(folder, train=False, transform=transform), batch_size=1000)
    optimizer = torch.optim.Adadelta(network.parameters(), lr=1.0)
    network.train()
    for images, labels in train_set:
        optimizer.zero_grad()
        loss: Tensor = nll_loss(network(images), labels)
        loss.backward()
        optimizer.step()
    network.eval()
    total, right, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in test_set:
            output = network(images)
            total += nll_loss(output, labels, reduction="sum").item()
            right += int((output.argmax(dim=1) == labels).sum())
            count += len(labels)
    print(json.dumps({"test/loss": total / count, "test/accuracy": right / count}))


if __name__ == "__main__":
    main(sys.argv[1])
