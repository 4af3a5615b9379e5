"""`--env transfer` and `--env finetune` on a folder of pictures, from weights in a file."""

import json

import pandas as pd
import pytest
import timm
import torch
from kedro.framework.session import KedroSession
from safetensors.torch import save_file
from tests.pipelines.test_image_folder_pipeline import make_folder
from tests.real_weights import weights_for_timm

from image_classification.networks.storage import load_classifier


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "shades", per_class=10)


def run(project, folder, recipe, weights, epochs=2, **timm_options):
    parameters = {
        "image_folder": {"path": str(folder)},
        "modelling": {
            "network": {"timm": {"weights": str(weights), **timm_options}},
            "training": {"epochs": epochs, "device": "cpu"},
        },
    }
    with KedroSession.create(project, env=recipe, runtime_params=parameters) as session:
        session.run(pipeline_names=["folder_training"])
    return load_classifier(project / "data" / "06_models" / "trained_network.safetensors")


def trained(network, before):
    """The stages, and the last layer, of which a weight has changed."""
    after = network.body.features.state_dict()
    return {name.split(".")[0] for name in before if not torch.equal(after[name], before[name])}


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "learns"), [("transfer", set()), ("finetune", {"layer4"})])
def test_they_train_what_they_say(project, folder, tmp_path, recipe, learns):
    torch.manual_seed(1)
    weights = timm.create_model("test_resnet").state_dict()
    save_file(weights, tmp_path / "weights.safetensors")
    network = run(project, folder, recipe, tmp_path / "weights.safetensors", model="test_resnet")
    description = network.description
    assert description.image_shape == (3, 160, 160)  # what the weights of that name were trained with
    assert description.resize == "letterbox"
    assert description.mean == timm.models.get_pretrained_cfg("test_resnet").mean
    assert description.pretrained.name == "weights.safetensors"
    kept = {name: each for name, each in weights.items() if not name.startswith("fc.")}
    assert trained(network, kept) == learns
    history = pd.read_parquet(project / "data" / "07_model_output" / "history.parquet")
    assert len(history) == 2


@pytest.mark.slow
def test_real_weights_tell_shades_apart(project, folder, tmp_path):
    save_file(weights_for_timm(), tmp_path / "weights.safetensors")
    network = run(project, folder, "transfer", tmp_path / "weights.safetensors", epochs=30)
    assert network.description.image_shape == (3, 224, 224)
    metrics = json.loads((project / "data" / "08_reporting" / "metrics.json").read_text())
    assert metrics["accuracy"] > 0.6  # a guess is right in a third of the cases
