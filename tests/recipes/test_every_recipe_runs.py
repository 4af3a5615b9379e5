"""Each recipe, an environment of its own, trains on a little data: none asks for what is not there."""

import json
import re
from itertools import takewhile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from kedro.framework.session import KedroSession
from PIL import Image

from image_classification.datasets.network import NetworkDataset
from image_classification.networks import Classifier

ROOT = Path(__file__).parents[2]
# those for a person's own photographs are no recipes of articles
RECIPES = sorted(
    {path.parent.name for path in (ROOT / "conf").glob("*/parameters.yml")}
    - {"local", "photos", "transfer", "finetune"}
)
ARTICLES = ["basic_loop", "feed_forward", "mnist_nn", "model_net", "sgd_momentum"]
ON_A_FOLDER = {"model_net"}
ONE_EPOCH = {"modelling": {"training": {"epochs": 1}}}


def run(project: Path, recipe: str, pipeline: str = "training", params: dict | None = None) -> None:
    """Train and evaluate.

    Figures and documents take longer than that; they are made where they differ, without validation.
    """
    to_outputs = None if recipe == "feed_forward" else ["metrics"]
    with KedroSession.create(project, env=recipe, runtime_params=params or ONE_EPOCH) as session:
        session.run(pipeline_names=[pipeline], to_outputs=to_outputs)


def trained_network(project: Path) -> Classifier:
    return NetworkDataset(filepath=str(project / "data/06_models/trained_network.safetensors")).load()


def history(project: Path) -> pd.DataFrame:
    return pd.read_parquet(project / "data/07_model_output/history.parquet")


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Two classes of 10 pictures of 80×60, the one rather red and the other rather blue."""
    generator = np.random.default_rng(0)
    for name, channel in (("1", 0), ("2", 2)):
        folder = tmp_path / "photographs" / name
        folder.mkdir(parents=True)
        for number in range(10):
            pixels = generator.integers(0, 100, size=(60, 80, 3), dtype=np.uint8)
            pixels[..., channel] += 120
            Image.fromarray(pixels).save(folder / f"{number}.png")
    return tmp_path / "photographs"


def is_comment(line: str) -> bool:
    return line.startswith("#")


def test_the_articles_have_a_recipe_each() -> None:
    assert set(ARTICLES) < set(RECIPES)


def feed_forward_reports_the_test_images_and_has_no_validation(project: Path) -> None:
    columns = set(history(project).columns)
    assert {"test/loss", "test/accuracy"} <= columns
    assert not {"validation/loss", "validation/accuracy"} & columns
    assert trained_network(project).description.mean == (0.1307,)


def mnist_nn_sees_pixels_divided_by_256(project: Path) -> None:
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    torch.testing.assert_close(trained_network(project).normalise(pixels), pixels / 256)


def the_accurate_network_is_small(project: Path) -> None:
    assert trained_network(project).num_parameters <= 1_500_000


# looked at after the one training, as a training costs seconds
OF_ITS_OWN = {
    "feed_forward": feed_forward_reports_the_test_images_and_has_no_validation,
    "mnist_nn": mnist_nn_sees_pixels_divided_by_256,
    "accurate": the_accurate_network_is_small,
}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [recipe for recipe in RECIPES if recipe not in ON_A_FOLDER])
def test_it_trains_on_mnist(recipe: str, project: Path, tiny_mnist: Path) -> None:
    # the article's 10,000 validation images are more than there are here
    few = {"mnist": {"split": {"validation": 20}}} if recipe == "mnist_nn" else {}
    run(project, recipe, params=ONE_EPOCH | few)
    assert len(history(project)) == 1
    assert json.loads((project / "data/08_reporting/metrics.json").read_text())["images"] == 50
    if recipe in OF_ITS_OWN:
        OF_ITS_OWN[recipe](project)


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_holds_as_much_back_of_a_folder_as_of_mnist(recipe: str, project: Path) -> None:
    with KedroSession.create(project, env=recipe) as session:
        parameters = session.load_context().params

    shares = [parameters[source]["split"].validation for source in ("mnist", "image_folder")]
    assert (shares[0] == 0) == (shares[1] == 0)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["fast", "accurate"])
def test_it_trains_on_all_of_a_folder_but_the_test_images(
    recipe: str, project: Path, photographs: Path
) -> None:
    run(project, recipe, "folder_training", ONE_EPOCH | {"image_folder": {"path": str(photographs)}})

    index = pd.read_parquet(project / "data/04_feature/image_folder/image_index.parquet")
    assert set(index["split"]) == {"train", "test"}


@pytest.mark.slow
def test_model_net_trains_on_a_folder(project: Path, photographs: Path) -> None:
    run(
        project,
        "model_net",
        "folder_training",
        params=ONE_EPOCH | {"image_folder": {"path": str(photographs)}},
    )
    assert trained_network(project).description.image_shape == (3, 224, 224)
    assert trained_network(project).description.class_names == ("1", "2")
    assert len(history(project)) == 1


@pytest.mark.parametrize("recipe", RECIPES)
def test_its_comment_says_how_to_run_it_and_what_to_expect(recipe: str) -> None:
    text = (ROOT / "conf" / recipe / "parameters.yml").read_text()
    comment = " ".join(line.removeprefix("#").strip() for line in takewhile(is_comment, text.splitlines()))
    pipeline = "folder_training" if recipe in ON_A_FOLDER else "training"
    assert f"kedro run --pipeline {pipeline} --env {recipe}" in comment
    expected = comment[comment.index("Expected") :]
    assert re.search(r"\d %", expected)
    assert re.search(r"\d+ seconds on 2 CPU cores", expected)


@pytest.mark.parametrize("recipe", ["accurate", "fast", "feed_forward", "mnist_nn"])
def test_a_recipe_that_means_mnist_takes_nothing_else(recipe: str) -> None:
    parameters = yaml.safe_load((ROOT / "conf" / recipe / "parameters.yml").read_text())
    assert parameters["mnist"]["offline_fallback"] == "none"
