"""The training of the recipe `feed_forward` and its MLflow record as one bare script, with nothing around it.

    python bare_training.py <folder of torchvision's MNIST> <folder of the record> <epochs>

A loop over tensors in memory, the metrics of each epoch, the parameters and the model: no configuration, no
checks, no stages that can be run alone, no report. It imports nothing of this project.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import mlflow
import mlflow.pytorch
import numpy as np
import torch
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec
from torch import Tensor, nn
from torch.nn import functional
from torchvision.datasets import MNIST

MEAN, STD = 0.1307, 0.3081
PARAMETERS = {"batch_size": 64, "lr": 0.01, "weight_decay": 1e-6, "dropout": 0.2, "seed": 42}


class Probabilities(nn.Module):
    """The network as it is recorded: uint8 images (N, 1, 28, 28) in, probabilities (N, 10) out."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        return self.network(normalised(images)).softmax(dim=1)


def normalised(images: Tensor) -> Tensor:
    return (images.float() / 255 - MEAN) / STD


def main(data: str, record: str, epochs: int) -> None:
    folder = Path(record)
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    if mlflow.get_experiment_by_name("bare") is None:
        mlflow.create_experiment("bare", (folder / "artifacts").as_uri())
    mlflow.set_experiment("bare")
    train_set, test_set = MNIST(data, train=True), MNIST(data, train=False)
    size = PARAMETERS["batch_size"]
    torch.manual_seed(PARAMETERS["seed"])
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in ((784, 256), (256, 128), (128, 64)):
        layers += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(PARAMETERS["dropout"])]
    network = nn.Sequential(*layers, nn.Linear(64, 10), nn.LogSoftmax(dim=1))
    optimizer = torch.optim.SGD(
        network.parameters(), PARAMETERS["lr"], weight_decay=PARAMETERS["weight_decay"], fused=True
    )
    with mlflow.start_run():
        mlflow.log_params({"epochs": epochs, **PARAMETERS})
        for epoch in range(1, epochs + 1):
            started = perf_counter()
            network.train()
            total, right = torch.zeros(()), torch.zeros((), dtype=torch.int64)
            for images, labels in zip(train_set.data.split(size), train_set.targets.split(size), strict=True):
                optimizer.zero_grad()
                output = network(normalised(images[:, None]))
                loss = functional.nll_loss(output, labels)
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(labels)
                right += (output.detach().argmax(dim=1) == labels).sum()
            row = {
                "train/loss": total.item() / len(train_set),
                "train/accuracy": right.item() / len(train_set),
            }
            network.eval()
            with torch.inference_mode():
                output = torch.cat([network(normalised(part[:, None])) for part in test_set.data.split(1000)])
                row["test/loss"] = functional.nll_loss(output, test_set.targets).item()
                row["test/accuracy"] = (output.argmax(dim=1) == test_set.targets).float().mean().item()
            row |= {"learning_rate": PARAMETERS["lr"], "seconds": perf_counter() - started}
            mlflow.log_metrics(row, step=epoch)
            print(json.dumps({"epoch": epoch, **row}))
        mlflow.pytorch.log_model(
            Probabilities(network).eval(),
            name="model",
            signature=ModelSignature(
                Schema([TensorSpec(np.dtype(np.uint8), (-1, 1, 28, 28))]),
                Schema([TensorSpec(np.dtype(np.float32), (-1, 10))]),
            ),
            input_example=test_set.data[:2, None].numpy(),
            pip_requirements=[
                f"{name}=={version(name).split('+')[0]}" for name in ("mlflow", "torch", "numpy", "pandas")
            ],
            serialization_format="pt2",
        )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
