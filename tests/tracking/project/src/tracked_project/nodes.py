import os
import sqlite3
from pathlib import Path
from threading import Event

from image_classification.errors import UserError
from image_classification.networks.classifier import Classifier, NetworkDescription, build_classifier
from image_classification.processes.stopping import stop_if_asked
from image_classification.tracking.announcement import announced_run, live_metrics

held = []  # connections that lock the record


def describe_images(images: dict) -> dict:
    return {
        "data_name": "digits",
        "class_names": ["zero", "one", "two"],
        "image_shape": [images["channels"], images["size"], images["size"]],
        "counts": {
            "train": {"zero": 10, "one": 12, "two": 8},
            "validation": {"zero": 3, "one": 4, "two": 3},
            "test": {"zero": 5, "one": 5, "two": 5},
        },
        "mean": [0.25],
        "std": [0.5],
        "index_digest": "0123456789abcdef" * 4,
        "images_digest": "fedcba9876543210" * 4,
    }


def train_network(
    statistics: dict, seed: int, network: dict, optimizer: dict, training: dict, then: str
) -> tuple[Classifier, list]:
    """Train nothing, but report as if it did."""
    on_epoch = live_metrics(statistics)
    history = []
    for epoch in range(1, training["epochs"] + 1):
        row = {"train/loss": 1 / epoch, "train/accuracy": epoch / 10, "validation/loss": 2 / epoch}
        history.append(row)
        on_epoch(epoch, row)
        print(f"epoch {epoch} is over", flush=True)
        if then == "raise":
            raise RuntimeError("the loss is not a number\nand a second line")
        if then == "raise user error":
            raise UserError("modelling.training.device is 'cuda', which this machine does not have")
        if then == "exit":
            raise SystemExit(3)
        if then == "break the record":
            Path(os.environ["MLFLOW_TRACKING_URI"].removeprefix("sqlite:///")).write_text(
                "no database " * 1000
            )
        if then == "describe it yourself":
            from mlflow import MlflowClient  # noqa: PLC0415 only a pipeline that trains may import it

            MlflowClient().set_tag(announced_run()[0], "mlflow.note.content", "my own words")
        if then == "lock the record" and not held:
            connection = sqlite3.connect(
                os.environ["MLFLOW_TRACKING_URI"].removeprefix("sqlite:///"),
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute("BEGIN EXCLUSIVE")
            held.append(connection)
        if then == "wait":
            Event().wait()
        while then == "go on for ever":
            stop_if_asked()
            Event().wait(0.01)
    description = NetworkDescription(
        network=network["name"],
        options=network[network["name"]],
        image_shape=statistics["image_shape"],
        class_names=statistics["class_names"],
        mean=statistics["mean"],
        std=statistics["std"],
        data_name=statistics["data_name"],
        index_digest=statistics["index_digest"],
    )
    return build_classifier(description, seed), history


def train_fixed_network(statistics: dict, training: dict) -> tuple[Classifier, list]:
    """Train a network that no parameter of the pipeline describes."""
    network = {"name": "convnet", "convnet": {"widths": [4], "dropout": 0.25}}
    return train_network(statistics, 0, network, {}, training, "go on")


def evaluate_network(network: Classifier) -> dict:
    return {"accuracy": 0.75, "loss": 0.5, "images": 15, "data_name": network.description.data_name}


def write_report(metrics: dict) -> dict:
    return {"verdict": "good" if metrics["accuracy"] > 0.5 else "bad"}
