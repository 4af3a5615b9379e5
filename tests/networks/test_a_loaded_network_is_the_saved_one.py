"""A network that is read from its file answers as the one that was saved, and learns what that one did."""

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from image_classification.networks import NetworkDescription, build_classifier
from image_classification.networks.family import NETWORKS
from image_classification.networks.storage import load_classifier, save_classifier
from image_classification.options import Section

SIZE = 64


class Tables(nn.Module):
    """Computes with numbers that no file holds: a table it does not keep, and a tensor that is no buffer."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.layer = nn.Linear(3, num_classes)
        self.register_buffer("table", torch.tensor([0.5, 1.0, 2.0]), persistent=False)
        self.plain = torch.tensor([3.0])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layer(images.mean(dim=(2, 3)) * self.table + self.plain)


@pytest.fixture
def with_tables(monkeypatch):
    monkeypatch.setitem(NETWORKS._things, "tables", lambda shape, num_classes, options: Tables(num_classes))
    monkeypatch.setitem(NETWORKS.options, "tables", Section)


def build(network, **options):
    kind = NETWORKS.options[network]
    return build_classifier(
        NetworkDescription(
            network=network,
            options={**kind().model_dump(), **options},
            image_shape=(3, SIZE, SIZE),
            class_names=("a", "b", "c"),
            mean=(0.4,) * 3,
            std=(0.2,) * 3,
            data_name="made up",
            index_digest="0" * 64,
        ),
        seed=3,
    )


@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("convnet", {}),
        ("feed_forward", {"widths": [8]}),
        ("lenet", {}),
        ("timm", {"model": "test_resnet", "weights": None}),
        ("torchvision", {"model": "squeezenet1_1", "weights": None}),
        ("torchvision", {"model": "regnet_y_400mf", "weights": None}),
        ("tables", {}),
    ],
)
def test_it_answers_and_learns_as_before(with_tables, tmp_path, network, options):
    saved = build(network, **options).eval()
    save_classifier(saved, tmp_path / "network.safetensors")
    state = torch.random.get_rng_state()

    loaded = load_classifier(tmp_path / "network.safetensors")

    assert torch.equal(torch.random.get_rng_state(), state)
    images = torch.randint(0, 256, (2, 3, SIZE, SIZE), dtype=torch.uint8)
    with torch.inference_mode():
        assert torch.equal(loaded(images), saved(images))
    assert not loaded.training
    assert [each.device.type for each in loaded.state_dict().values()] == ["cpu"] * len(saved.state_dict())


@pytest.mark.parametrize("freeze", ["body", 2])
def test_what_does_not_learn_still_does_not(tmp_path, freeze):
    weights = tmp_path / "weights.safetensors"
    save_file(timm.create_model("test_resnet").state_dict(), weights)
    saved = build("timm", model="test_resnet", weights=str(weights), freeze=freeze)
    save_classifier(saved, tmp_path / "network.safetensors")

    loaded = load_classifier(tmp_path / "network.safetensors").train()

    learning = {name for name, each in loaded.named_parameters() if each.requires_grad}
    assert learning == {name for name, each in saved.named_parameters() if each.requires_grad}
    assert 0 < len(learning) < len(list(saved.parameters()))
    images = torch.randint(0, 256, (4, 3, SIZE, SIZE), dtype=torch.uint8)
    loaded(images).sum().backward()
    assert all(each.grad is not None for each in loaded.parameters() if each.requires_grad)
