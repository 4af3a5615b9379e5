"""Weights that cannot be had are told before any image is prepared, with what can be done instead."""

import pytest
from kedro.framework.session import KedroSession
from tests.pipelines.test_image_folder_pipeline import make_folder

from image_classification.errors import UserError


@pytest.mark.parametrize(
    ("pipeline", "recipe", "network"),
    [
        ("folder_training", "transfer", {}),
        ("folder_cross_validation", "finetune", {}),
        ("folder_training", "transfer", {"timm": {"model": "test_resnet", "weights": "gone.safetensors"}}),
        ("folder_training", "base", {"name": "torchvision", "torchvision": {"weights": "DEFAULT"}}),
    ],
)
def test_what_can_be_done_is_said_first(project, tmp_path, monkeypatch, pipeline, recipe, network):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    folder = make_folder(tmp_path / "shades", per_class=10)
    parameters = {"image_folder": {"path": str(folder)}, "modelling": {"network": network}}

    session = KedroSession.create(project, env=recipe, runtime_params=parameters)
    with session, pytest.raises(UserError) as raised:
        session.run(pipeline_names=[pipeline])

    message = str(raised.value)
    if "gone" not in str(network):
        assert "weights=<file>" in message.replace("'", "")
        assert "weights=null" in message
        assert ("freeze=none" in message) == (recipe != "base")
    assert message.endswith("A recipe that needs none: --env photos")
    assert not (project / "data/03_primary/image_folder").exists()


def test_a_training_that_begins_with_the_network_needs_none(project, tmp_path):
    parameters = {"modelling": {"network": {"name": "timm", "timm": {"weights": "gone.safetensors"}}}}
    session = KedroSession.create(project, runtime_params=parameters)
    with session, pytest.raises(UserError, match="The run needs"):  # the images, not the weights
        session.run(pipeline_names=["modelling"], from_nodes=["modelling.train_network"])
