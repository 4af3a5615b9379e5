"""This project's side of `peers`: the training node, an epoch at a time, on and on with one network."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from tests.benchmarks.benchmark import Workspace
from tests.benchmarks.node import new_network, train_by_node
from tests.benchmarks.recipe import prepare_recipe, quiet
from tests.benchmarks.worker import serve

from image_classification.networks.classifier import predict_logits


def main(scratch: str, mnist: str, quick: str) -> None:
    """Prepare the recipe, which reports nothing after its epochs here, then train when asked to."""
    recipe = prepare_recipe(Workspace(Path(scratch), mnist or None, None, bool(quick)), "feed_forward")
    training = recipe.parameters.training.model_copy(update={"report_test_each_epoch": False})
    recipe = replace(recipe, parameters=recipe.parameters.model_copy(update={"training": training}))
    network = new_network(recipe)

    def measure() -> Mapping[str, float]:
        with quiet():
            trained = train_by_node(recipe, epochs=1, network=network)
        logits, labels = predict_logits(
            trained.network, recipe.test_set, batch_size=1000, device=torch.device("cpu")
        )
        accuracy = (logits.argmax(dim=1) == labels).float().mean().item()
        return {"seconds": trained.seconds, "accuracy": accuracy}

    serve(measure)


if __name__ == "__main__":
    main(*sys.argv[1:])
