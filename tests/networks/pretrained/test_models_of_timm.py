"""Models of timm by name: which images they take, what is trained in them, and how they are rebuilt."""

import pytest
import timm
import torch
from safetensors.torch import save_file

from image_classification.errors import UserError
from image_classification.networks import NetworkDescription, NetworkOptions, build_classifier
from image_classification.networks.family import build_body
from image_classification.networks.pretrained.timm_options import TimmOptions
from image_classification.networks.storage import load_classifier, save_classifier

SMALL = "resnet10t"  # convolutions
TRANSFORMER = "vit_tiny_patch16_224"


def build(model, shape=(3, 32, 32), classes=3, **options):
    torch.manual_seed(0)
    return build_body("timm", shape, classes, model=model, **({"weights": None} | options))


def written(model, path, **options):
    """Write the weights of a model of so many classes, of nobody else."""
    torch.manual_seed(5)
    network = timm.create_model(model, **({"num_classes": 7} | options))
    save_file({name: each.contiguous() for name, each in network.state_dict().items()}, path)
    return network.eval()


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (SMALL, (1, 28, 28)),
        (SMALL, (3, 33, 50)),
        (TRANSFORMER, (3, 48, 32)),
        ("deit_tiny_distilled_patch16_224", (1, 32, 32)),
        ("convnext_atto", (3, 32, 32)),
        pytest.param("swin_tiny_patch4_window7_224", (3, 64, 64), marks=pytest.mark.slow),
        pytest.param("coat_tiny", (3, 64, 64), marks=pytest.mark.slow),
        pytest.param("levit_128s", (3, 224, 224), marks=pytest.mark.slow),
        pytest.param("vgg11", (3, 32, 32), marks=pytest.mark.slow),
        pytest.param("mixer_s32_224", (3, 64, 64), marks=pytest.mark.slow),
        pytest.param("xcit_nano_12_p8_224", (3, 64, 64), marks=pytest.mark.slow),
    ],
)
def test_a_logit_per_class_and_a_gradient_to_each_weight(model, shape):
    network = build(model, shape)
    logits = network.train()(torch.rand(2, *shape))
    assert logits.shape == (2, 3)
    logits.sum().backward()
    assert [name for name, each in network.named_parameters() if each.grad is None] == []


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        ("inception_v3", (3, 28, 28), "does not take images of 28×28 pixels. It takes 75×75 pixels or more."),
        ("efficientformer_l1", (3, 64, 64), r"64×64 pixels.*made for 224×224 \(images\.size=224 of their"),
    ],
)
def test_images_that_it_does_not_take_are_refused(model, shape, message):
    with pytest.raises(UserError, match=message):
        build(model, shape)


def test_blocks_are_left_out_only_where_there_are_some():
    assert build(SMALL, drop_path=0.3)(torch.rand(2, 3, 32, 32)).shape == (2, 3)
    with pytest.raises(UserError, match=r"no residual blocks that could be left out: make .*drop_path 0"):
        build("vgg11", drop_path=0.3)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("classes", [2, 7])
def test_a_file_gives_the_body_and_the_last_layer_is_new(channels, classes, tmp_path):
    original = written(SMALL, tmp_path / "weights.safetensors")
    network = build(SMALL, (channels, 40, 40), classes, weights=str(tmp_path / "weights.safetensors")).eval()
    images = torch.rand(2, 1, 40, 40).expand(-1, channels, -1, -1)
    original.reset_classifier(0)
    # what a grey image gives is what its three equal colours give
    torch.testing.assert_close(network.features(images), original(images.expand(-1, 3, -1, -1)))
    assert network.head[1].out_features == classes
    assert network.pretrained.name == "weights.safetensors"
    assert len(network.pretrained.sha256) == 64


def test_positions_of_a_transformer_fit_another_size(tmp_path):
    written(TRANSFORMER, tmp_path / "weights.safetensors", img_size=(64, 64))
    network = build(TRANSFORMER, (3, 96, 32), weights=str(tmp_path / "weights.safetensors"))
    assert network.features.pos_embed.shape == (1, 1 + 6 * 2, 192)


@pytest.mark.parametrize("change", ["other model", "lacks", "excess", "shape"])
def test_weights_of_another_network_are_refused(change, tmp_path):
    path = tmp_path / "weights.safetensors"
    written("resnet14t" if change == "other model" else SMALL, path)
    if change != "other model":
        state = timm.create_model(SMALL).state_dict()
        if change == "lacks":
            del state["layer2.0.conv1.weight"]
        elif change == "excess":
            state["layer9.weight"] = torch.ones(2)
        else:
            state["layer2.0.conv1.weight"] = torch.ones(1, 2, 3, 3)
        save_file({name: each.contiguous() for name, each in state.items()}, path)
    with pytest.raises(UserError, match=r"weights\.safetensors holds the weights of another network"):
        build(SMALL, weights=str(path))


@pytest.mark.parametrize("inside", ["state_dict", "model", "state_dict_ema"])
def test_weights_among_other_things_are_found(inside, tmp_path):
    state = timm.create_model(SMALL).state_dict()
    torch.save({inside: state, "epoch": 3, "arch": SMALL}, tmp_path / "checkpoint.pth")
    network = build(SMALL, weights=str(tmp_path / "checkpoint.pth"))
    assert torch.equal(network.features.layer1[0].conv1.weight, state["layer1.0.conv1.weight"])


@pytest.mark.parametrize(
    ("freeze", "trained"),
    [
        ("none", {"conv1", "bn1", "layer1", "layer2", "layer3", "layer4"}),
        ("body", set()),
        (1, {"layer1", "layer2", "layer3", "layer4"}),
        (3, {"layer3", "layer4"}),
        (5, set()),
    ],
)
def test_what_is_frozen_is_not_trained(freeze, trained, tmp_path):
    written(SMALL, tmp_path / "weights.safetensors")
    network = build(SMALL, weights=str(tmp_path / "weights.safetensors"), freeze=freeze)
    names = {name.split(".")[1] for name, each in network.named_parameters() if each.requires_grad}
    assert names - {"1"} == trained
    assert network.body_is_frozen == (freeze == "body")


def test_more_stages_than_there_are_cannot_be_frozen(tmp_path):
    written(SMALL, tmp_path / "weights.safetensors")
    with pytest.raises(UserError, match=r"freeze is 6, and this network has 5 stages. Expected at most 5"):
        build(SMALL, weights=str(tmp_path / "weights.safetensors"), freeze=6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": "resnet19"}, "expected a model of timm, such as resnet18"),
        ({"model": "resnet18.a9_in1k"}, "expected weights that are published for resnet18: resnet18.a1_in1k"),
        ({"model": "vit_tiny_patch16_xyz"}, "expected a model of timm, such as vit_tiny"),
        ({"weights": "pretraind"}, "pretraind"),
        ({"weights": None, "freeze": "body"}, "expected weights where freeze is body"),
        ({"weights": None, "freeze": 2}, "expected weights where freeze is 2"),
        ({"freeze": 0}, "freeze"),
    ],
)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        TimmOptions(**options)


@pytest.mark.parametrize("model", ["tf_efficientnet_lite0.in1k", "resnet18.a1_in1k", "resnet18", SMALL])
def test_the_network_expects_what_its_weights_were_trained_with(model):
    published = timm.models.get_pretrained_cfg(model)
    expected = NetworkOptions.select("timm", model=model).recommendation()
    assert expected.mean == published.mean
    assert expected.std == published.std
    assert expected.size == published.input_size[1:]
    assert expected.interpolation == published.interpolation
    mean, std = expected.normalisation(1)
    assert mean == pytest.approx((sum(published.mean) / 3,))
    assert std == pytest.approx((sum(published.std) / 3,))
    assert NetworkOptions.select("timm", model=model, weights=None).recommendation() is None


def test_it_is_saved_with_where_its_weights_came_from_and_rebuilt_without_their_file(tmp_path):
    path = tmp_path / "weights.safetensors"
    written(SMALL, path)
    description = NetworkDescription(
        network="timm",
        options={"model": SMALL, "weights": str(path), "freeze": "body", "dropout": 0.5, "drop_path": 0.1},
        image_shape=(3, 32, 32),
        class_names=("a", "b"),
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        data_name="made up",
        index_digest="0" * 64,
    )
    first = build_classifier(description).eval()
    save_classifier(first, tmp_path / "network.safetensors")
    path.unlink()
    again = load_classifier(tmp_path / "network.safetensors")
    images = torch.randint(0, 256, (2, 3, 32, 32), dtype=torch.uint8)
    assert torch.equal(again(images), first(images))
    assert again.description.pretrained == first.description.pretrained
    assert again.description.pretrained.source == str(path)
    assert again.num_parameters == first.num_parameters == 512 * 2 + 2
