"""Network families by name: one registry, filled by the modules of this package."""

from collections.abc import Callable
from typing import TypeVar

from torch import nn

# Builds the body of a classifier, normalised images (B, C, H, W) float in, logits (B, classes) out:
# builder(image_shape, num_classes, **options), where image_shape is (C, H, W).
# A builder raises UserError for a shape that its network cannot take.
Builder = TypeVar("Builder", bound=Callable[..., nn.Module])

_BUILDERS: dict[str, Callable[..., nn.Module]] = {}


def register(name: str) -> Callable[[Builder], Builder]:
    """Add a network family under `name`; a name that is taken is an error, so nothing is replaced unseen."""

    def add(builder: Builder) -> Builder:
        if name in _BUILDERS:
            raise ValueError(f"A network named '{name}' is registered already: {_BUILDERS[name]!r}")
        _BUILDERS[name] = builder
        return builder

    return add


def network_builder(name: str) -> Callable[..., nn.Module]:
    """Return the builder registered as `name`; KeyError lists the names that exist."""
    if name not in _BUILDERS:
        raise KeyError(f"No network named '{name}'; there are: {', '.join(sorted(_BUILDERS))}")
    return _BUILDERS[name]


def network_names() -> tuple[str, ...]:
    """All registered names, sorted."""
    return tuple(sorted(_BUILDERS))
