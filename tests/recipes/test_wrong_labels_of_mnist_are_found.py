"""Of labels of MNIST that were swapped at random, the review finds most, and little else."""

import numpy as np
import pandas as pd
import pytest
import torch
from kedro.framework.session import KedroSession
from tests.recipes.test_scores_on_all_of_mnist import mirror  # noqa: F401  (a fixture)

from image_classification.evaluation.labels.issues import are_label_issues, read_out_of_fold
from image_classification.evaluation.predictions import predictions_table
from image_classification.images.store.image_dict import ImageDict
from image_classification.images.store.split import make_image_index
from image_classification.images.store.statistics import summarise_images
from image_classification.images.store.tensor_sets import ImageTensorDataset
from image_classification.learning.recipe import Recipe, Sets, train_by
from image_classification.networks.classifier import predict_logits
from image_classification.parameters.root import ModellingOptions, Parameters
from image_classification.pipelines.modelling.nodes import build_network

pytestmark = [pytest.mark.full_mnist, pytest.mark.slow]

IMAGES, FOLDS, WRONG = 12_000, 3, 0.05


@pytest.fixture
def mnist(mirror, project, monkeypatch):  # noqa: F811
    monkeypatch.setenv("MNIST_MIRROR", mirror)
    with KedroSession.create(project, env="fast") as session:
        session.run(pipeline_names=["mnist"])
        context = session.load_context()
        return context.catalog["mnist.images"].load(), Parameters.model_validate(context.params)


def swap(images: ImageDict) -> tuple[ImageDict, np.ndarray]:
    """Give some of the first images another label; return them with what was done."""
    generator = np.random.default_rng(0)
    labels = images.labels[:IMAGES].numpy().copy()
    swapped = generator.random(IMAGES) < WRONG
    labels[swapped] = (labels[swapped] + generator.integers(1, 10, swapped.sum())) % 10
    noisy = ImageDict(
        images=images.images[:IMAGES],
        labels=torch.from_numpy(labels),
        names=images.names[:IMAGES],
        class_names=images.class_names,
        data_name="noisy",
    )
    return noisy, swapped


def out_of_fold(images: ImageDict, options: ModellingOptions, mnist_split) -> pd.DataFrame:
    recipe = Recipe(
        options.seed,
        options.loss,
        options.optimizer,
        options.schedule,
        options.augmentation,
        options.training,
    )
    statistics = summarise_images(images, make_image_index(images, mnist_split))
    folds = torch.from_numpy(np.random.default_rng(1).permutation(np.arange(IMAGES) % FOLDS))
    tables = []
    for fold in range(FOLDS):
        network = build_network(options.network, options.seed, statistics)
        training = ImageTensorDataset(images, torch.nonzero(folds != fold)[:, 0])
        empty = ImageTensorDataset(images, torch.zeros(0, dtype=torch.int64))
        train_by(recipe, network, recipe.build_loss(statistics), Sets(training, empty, empty, statistics))
        held_back = ImageTensorDataset(images, torch.nonzero(folds == fold)[:, 0])
        logits, labels = predict_logits(network.cpu(), held_back, batch_size=1000, device=torch.device("cpu"))
        tables.append(predictions_table(held_back.names, logits, labels, images.class_names))
    return pd.concat(tables)


def test_most_are_found_and_few_others(mnist):
    images, parameters = mnist
    noisy, swapped = swap(images)

    of = read_out_of_fold(out_of_fold(noisy, parameters.modelling, parameters.mnist.split))

    wrong = np.isin(of.names, np.array(noisy.names)[swapped])
    found = are_label_issues(of)
    assert (found & wrong).sum() >= 0.8 * wrong.sum()
    assert (found & wrong).sum() >= 0.5 * found.sum()
    true = dict(zip(images.names, images.labels.tolist(), strict=True))
    suggested = of.probabilities.argmax(axis=1)[found & wrong]
    right = [true[name] for name in np.array(of.names)[found & wrong]]
    assert (suggested == right).mean() > 0.9
