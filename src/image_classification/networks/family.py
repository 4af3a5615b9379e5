"""What all network families share: their registry, and the check of the size of the images."""

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from image_classification.errors import UserError
from image_classification.registry import Registry

# Name -> what builds the body of a classifier, normalised images (B, C, H, W) float in, logits (B, classes)
# out: builder(image_shape, num_classes, options), where image_shape is (C, H, W).
# A builder raises UserError for a shape that its network cannot take.
NETWORKS: Registry[Callable[[tuple[int, int, int], int, Any], nn.Module]] = Registry("network")


def build_body(name: str, image_shape: tuple[int, int, int], num_classes: int, **options: Any) -> nn.Module:
    """Build a network with freshly drawn weights, without the normalisation before it.

    The options are not validated again: a network is rebuilt without the file that its first weights came
    from. Those that are not given have their defaults.

    Raises:
        KeyError: there is no such family.
        TypeError: it has no option of a name that is given.
        UserError: the network cannot take images of this shape (C, H, W).
    """
    build, kind = NETWORKS[name], NETWORKS.options[name]
    if unknown := set(options) - set(kind.model_fields):
        raise TypeError(f"Network '{name}' has no option {', '.join(sorted(unknown))}")
    return build(image_shape, num_classes, kind.model_construct(**options))


def shown_name(network: str, options: Mapping[str, object]) -> str:
    """Name a network to a person: by its family, and by the model in a family that has many.

    Args:
        network: the registered name of the family.
        options: of the network, by name; only `model` counts.
    """
    model = options.get("model")
    return f"{network} {model}" if model else network


def short_name(network: str, options: Mapping[str, object]) -> str:
    """Name a network where there is little room: by its family, or by its model without that of its weights.

    Args:
        network: the registered name of the family.
        options: of the network, by name; only `model` counts.
    """
    return str(options.get("model") or network).partition(".")[0]


def require_at_least(network: str, smallest: int, image_shape: tuple[int, int, int]) -> None:
    """Refuse images (C, H, W) with a side below `smallest` pixels.

    Raises:
        UserError: naming the network, the size found and the sizes that it takes.
    """
    _, height, width = image_shape
    if min(height, width) < smallest:
        raise UserError(
            f"Network '{network}' takes images of {smallest}×{smallest} pixels or more; "
            f"these have {height}×{width}. "
            f"Make them larger (images.size={smallest} of their source), "
            "or choose another network."
        )
