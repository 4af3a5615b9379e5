"""A linear layer that multiplies by oneDNN is torch's layer: forwards, backwards, and when it is exported."""

import pytest
import torch
from torch import nn

from image_classification.networks import onednn_linear
from image_classification.networks.onednn_linear import Linear

pytestmark = pytest.mark.skipif(
    not hasattr(torch.ops.mkldnn, "_linear_pointwise"), reason="torch was built without oneDNN"
)


@pytest.fixture
def products(monkeypatch):
    """Let large layers multiply by oneDNN whatever the processor; the shapes of the products."""
    shapes = []

    def counted(features, weight, bias):
        shapes.append((*features.shape, len(weight)))
        return multiply(features, weight, bias)

    multiply = onednn_linear._multiply
    monkeypatch.setattr(onednn_linear, "mkl_is_slow", lambda: True)
    monkeypatch.setattr(onednn_linear, "_multiply", counted)
    return shapes


def pair(inputs, outputs, *, bias=True):
    """Ours, and torch's with the same weights."""
    torch.manual_seed(0)
    ours, theirs = Linear(inputs, outputs, bias=bias), nn.Linear(inputs, outputs, bias=bias)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(64, 784, 256), (33, 2048, 101), (1000, 300, 11)])
def test_outputs_and_gradients_are_those_of_torch(products, shape, bias):
    count, inputs, outputs = shape
    ours, theirs = pair(inputs, outputs, bias=bias)
    features = torch.randn(count, inputs)
    results = []
    for layer in (ours, theirs):
        own = features.clone().requires_grad_()
        layer(own).square().sum().backward()
        results.append([layer(own).detach(), own.grad, *(each.grad for each in layer.parameters())])
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-3 * float(other.abs().max()))
    # twice forwards; the gradients of the features and of the weights
    assert len(products) == 4


def test_no_gradient_is_computed_that_nobody_needs(products):
    ours, _ = pair(784, 256)
    ours(torch.randn(64, 784)).sum().backward()
    assert products == [(64, 784, 256), (256, 64, 784)]
    ours.requires_grad_(requires_grad=False)
    features = torch.randn(64, 784, requires_grad=True)
    ours(features).sum().backward()
    assert ours.weight.grad is not None
    assert features.grad is not None
    assert products[2:] == [(64, 784, 256), (64, 256, 784)]


def test_evaluation_multiplies_by_it_too(products):
    ours, theirs = pair(784, 256)
    features = torch.randn(64, 784)
    with torch.inference_mode():
        torch.testing.assert_close(ours(features), theirs(features), rtol=1e-4, atol=1e-4)
    assert products


@pytest.mark.parametrize(
    ("layer", "features"),
    [
        (Linear(64, 10), torch.randn(64, 64)),
        (Linear(784, 256).double(), torch.randn(64, 784).double()),
        (Linear(784, 256), torch.randn(4, 64, 784)),
        (Linear(784, 256).to("meta"), torch.randn(64, 784, device="meta")),
    ],
    ids=["small", "other format", "more dimensions", "other device"],
)
def test_everything_else_is_left_to_torch(products, layer, features):
    assert layer(features).shape == (*features.shape[:-1], layer.out_features)
    assert not products


def test_what_is_cast_to_fewer_bits_is_left_to_torch(products):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert Linear(784, 256)(torch.randn(64, 784)).dtype == torch.bfloat16
    assert not products


def test_what_is_exported_runs_elsewhere(products):
    layer, features = Linear(784, 256).eval(), torch.randn(64, 784)
    exported = torch.export.export(layer, (features,), dynamic_shapes=({0: torch.export.Dim("images")},))
    assert "mkldnn" not in str(exported.graph)
    traced = torch.jit.trace(layer, features)
    assert "mkldnn" not in str(traced.inlined_graph)
    for count in (1, 500):
        more = torch.randn(count, 784)
        torch.testing.assert_close(traced(more), exported.module()(more))
