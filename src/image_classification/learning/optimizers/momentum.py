"""Momentum of parameters that begin to learn later than others.

The fused form of SGD takes either parameters that all have a momentum already, or none that has: with both in
one group it fails (torch 2.15, `_fused_sgd`). Adam and the others keep the number of steps of each parameter.
"""

from collections.abc import Iterator
from typing import Any

from torch.optim import SGD

_BUFFER = "momentum_buffer"


def begin_momentum_apart(optimizer: SGD) -> None:
    """Have parameters without a momentum updated apart from those with one, in the same step."""
    whole: list[list[dict[str, Any]]] = []

    def part(optimizer: Any, *_: Any) -> None:
        groups = optimizer.param_groups
        parted = [each for group in groups for each in _parts(optimizer, group)]
        if len(parted) > len(groups):
            whole.append(groups)
            optimizer.param_groups = parted

    def put_together(optimizer: Any, *_: Any) -> None:
        if whole:
            optimizer.param_groups = whole.pop()

    optimizer.register_step_pre_hook(part)
    optimizer.register_step_post_hook(put_together)


def _parts(optimizer: SGD, group: dict[str, Any]) -> Iterator[dict[str, Any]]:
    learning = [each for each in group["params"] if each.grad is not None]
    # not by looking into the state: to ask for what is not there would put it there
    begun = [each for each in learning if each in optimizer.state and _BUFFER in optimizer.state[each]]
    if not group["momentum"] or len(begun) in (0, len(learning)):
        yield group
        return
    known = set(begun)
    yield group | {"params": begun}
    yield group | {"params": [each for each in learning if each not in known]}
