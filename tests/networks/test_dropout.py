"""Dropout drops what torch's would: the share asked for, while training alone, by the seed."""

import pytest
import torch

from image_classification.networks.modules import Dropout


@pytest.mark.parametrize("p", [0.1, 0.2, 0.5, 0.9])
def test_the_share_is_dropped_and_the_mean_stays(p: float) -> None:
    torch.manual_seed(0)
    features = Dropout(p)(torch.ones(1000, 1001))
    assert (features == 0).float().mean().item() == pytest.approx(p, abs=0.002)
    assert features.mean().item() == pytest.approx(1, abs=0.01)
    assert sorted(features.unique().tolist()) == pytest.approx([0, 1 / (1 - p)], rel=1e-3)


def test_neighbours_and_columns_have_nothing_in_common() -> None:
    torch.manual_seed(0)
    dropped = (Dropout(0.5)(torch.ones(4000, 64)) == 0).float()
    correlation = torch.corrcoef(dropped.T).fill_diagonal_(0)
    assert correlation.abs().max() < 0.08


def test_gradients_go_where_features_were_kept() -> None:
    features = torch.ones(7, 5, requires_grad=True)
    kept = Dropout(0.3)(features)
    kept.sum().backward()
    assert torch.equal(features.grad, kept.detach())


def test_a_seed_decides() -> None:
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(Dropout(0.5)(torch.ones(50, 50)))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@pytest.mark.parametrize(("p", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_nothing_and_everything_can_be_dropped(p: float, expected: float) -> None:
    assert torch.equal(Dropout(p)(torch.ones(9)), torch.full((9,), expected))


def test_nothing_is_dropped_in_evaluation() -> None:
    features = torch.rand(4, 4)
    assert torch.equal(Dropout(0.5).eval()(features), features)


def test_the_number_format_stays() -> None:
    assert Dropout(0.5)(torch.ones(3, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16
