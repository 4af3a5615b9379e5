"""A linear layer that multiplies as fast as the processor can."""

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

# Below so many multiplications for a batch what oneDNN prepares takes longer than it saves.
_FEWEST_MULTIPLICATIONS = 3 * 2**20


class Linear(nn.Linear):
    """`torch.nn.Linear`, multiplying by oneDNN where the library that torch takes uses half of a processor.

    torch multiplies float32 matrices by Intel's MKL, which leaves the wider half of the vector units of AMD's
    processors with AVX-512 unused. There a layer of 784 × 256 weights takes 0.55 of the time, forwards and
    backwards; on any other machine, and for small layers, this is torch's layer and nothing else. Both add
    the same products up, each in an order of its own.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Map features (..., in) float to (..., out)."""
        if not self._is_faster_by_onednn(features):
            return super().forward(features)
        if torch.is_grad_enabled():
            product: Tensor = _OneDnnLinear.apply(features, self.weight, self.bias)
            return product
        return _multiply(features, self.weight, self.bias)

    def _is_faster_by_onednn(self, features: Tensor) -> bool:
        return (
            mkl_is_slow()
            # what is traced or exported has to run elsewhere, too
            and not torch.compiler.is_compiling()
            and not torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
            and features.numel() * self.out_features >= _FEWEST_MULTIPLICATIONS
            and type(features) is Tensor
            and features.ndim == 2
            and features.dtype == self.weight.dtype == torch.float32
            and features.device.type == self.weight.device.type == "cpu"
            and not torch.is_autocast_enabled("cpu")
        )


@cache
def mkl_is_slow() -> bool:
    """Tell whether torch multiplies by MKL on a processor of which it does not use all."""
    if not (torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()):
        return False
    name = str(torch.cpu.get_capabilities().get("cpu_name", ""))
    is_amd = name.startswith("AMD") and torch.backends.cpu.get_cpu_capability() == "AVX512"
    return is_amd and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def _multiply(features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return features (B, in) · weight (out, in)ᵀ + bias, (B, out)."""
    product: Tensor = torch.ops.mkldnn._linear_pointwise(features, weight, bias, "none", [], "")
    return product


class _OneDnnLinear(torch.autograd.Function):
    """The product, and its derivatives, which are products as well."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(features, weight)
        return _multiply(features, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        features, weight = ctx.saved_tensors
        needs_features, needs_weight, needs_bias = ctx.needs_input_grad
        return (
            _multiply(gradient, weight.t(), None) if needs_features else None,
            _multiply(gradient.t(), features.t(), None) if needs_weight else None,
            gradient.sum(dim=0) if needs_bias else None,
        )
