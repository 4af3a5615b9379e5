"""Every classification model of `torchvision.models`, by name."""

from pathlib import Path
from typing import Annotated, Any, Self

import torch
from pydantic import Field, field_validator, model_validator
from torch import nn

from image_classification.errors import UserError
from image_classification.networks.family import NETWORKS
from image_classification.networks.modules import FeaturesAndHead
from image_classification.networks.weights_file import fill_in, read_weights, resize_positions
from image_classification.options import ModellingSection, NamesFile, of_the_form
from image_classification.words import either, nearest_names

WeightsPath = Annotated[
    str,
    of_the_form(r"(?s).*\.(safetensors|pth|pt)", "the path of a .safetensors, .pth or .pt file"),
    NamesFile(),
]
LARGEST = 1024  # pixels; no model of torchvision is meant for larger images


_USUAL_MODEL = "resnet18"  # known to exist: checking another name loads torchvision


class TorchvisionOptions(ModellingSection):
    """Options of the models of torchvision: https://docs.pytorch.org/vision/stable/models.html"""

    model: str = Field(
        default=_USUAL_MODEL, description="Name of a classification model, such as resnet18 or vit_b_16."
    )
    weights: WeightsPath | None = Field(
        default=None,
        description="A file with a state dict of that model (.safetensors, .pth) to start from, whatever its "
        "classes; null draws all weights. Nothing is downloaded.",
    )
    freeze_body: bool = Field(
        default=False,
        description="Train only the last layer, on the features that the weights of the file find.",
    )

    @field_validator("model")
    @classmethod
    def _is_a_model(cls, name: str) -> str:
        if name == _USUAL_MODEL:
            return name
        from torchvision import models  # noqa: PLC0415  (two seconds, for those alone who use it)

        names = models.list_models(module=models)
        if name not in names:
            nearest = nearest_names(name, names) or ["resnet18", "mobilenet_v3_small", "vit_b_16"]
            raise ValueError(
                f"expected a classification model of torchvision.models, such as {either(nearest)}"
            )
        return name

    @model_validator(mode="after")
    def _frozen_body_has_weights(self) -> Self:
        if self.freeze_body and self.weights is None:
            raise ValueError(
                "expected weights, a file, where freeze_body is true: a drawn body knows nothing"
            )
        return self


@NETWORKS.register("torchvision", TorchvisionOptions)
def build_torchvision_model(
    image_shape: tuple[int, int, int], num_classes: int, options: TorchvisionOptions
) -> FeaturesAndHead:
    """Build a model of torchvision for these images and classes, with its last layer separate from the rest.

    Args:
        image_shape: (C, H, W). The first convolution is made for C channels.
        num_classes: outputs of the last layer, which is always freshly drawn.
        options: which model; a file of weights, for any number of classes; whether the last layer alone is
            trained.

    Raises:
        UserError: the model cannot take images of this size, or the file is not of this model.
    """
    model = options.model
    network = _construct(model, image_shape, num_classes)
    first_name, head_name = _first_convolution(network), _last_layer(network)
    if image_shape[0] != 3:
        _replace(network, first_name, _with_channels(network.get_submodule(first_name), image_shape[0]))
    if not _takes(network, image_shape):
        raise _refusal(model, image_shape, _smallest_side(network, image_shape[0]))
    if options.weights is not None:
        path = Path(options.weights)
        state = read_weights(path, options.named("weights"))
        if hasattr(network, "conv_proj"):
            state = resize_positions(network, state, path)
        head = [f"{head_name}.{kind}" for kind in ("weight", "bias")]
        fill_in(network, state, path, head=head, first_weight=f"{first_name}.weight")
    return _split(network, head_name, freeze_body=options.freeze_body)


def _construct(model: str, image_shape: tuple[int, int, int], num_classes: int) -> nn.Module:
    """Construct the model as torchvision does, told of the size where its layers depend on it."""
    from torchvision.models import get_model  # noqa: PLC0415  (two seconds, for those alone who use it)

    _, height, width = image_shape
    options: dict[str, Any] = {"num_classes": num_classes}
    if model in ("googlenet", "inception_v3"):
        # the second outputs that help from scratch need a loss of their own, and the sizes of the paper
        options |= {"aux_logits": False, "init_weights": True}
    if model.startswith(("vit", "maxvit")):
        step = 224 if model.startswith("maxvit") else int(model.rpartition("_")[2])
        if height != width or height % step:
            nearest = max(1, round(height / step)) * step
            raise UserError(
                f"Network '{model}' of torchvision takes square images of {step}×{step} pixels or a whole "
                f"multiple; these have {height}×{width}. Make them {nearest}×{nearest} "
                f"(images.size={nearest} of their source), "
                f"or choose another {TorchvisionOptions.named('model')}."
            )
        options |= {"input_size": (height, width)} if step == 224 else {"image_size": height}
    network: nn.Module = get_model(model, weights=None, **options)
    return network


def _first_convolution(network: nn.Module) -> str:
    name: str = next(name for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d))
    return name


def _last_layer(network: nn.Module) -> str:
    """Name the layer that gives the logits: the last linear one, in SqueezeNet a convolution."""
    names = [name for name, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    return names[-1] if names else "classifier.1"


def _replace(network: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, attribute = name.rpartition(".")
    setattr(network.get_submodule(parent), attribute, layer)


def _with_channels(convolution: nn.Module, channels: int) -> nn.Conv2d:
    """Build the same convolution for another number of channels, with weights drawn as torch draws them."""
    assert isinstance(convolution, nn.Conv2d)  # noqa: S101  (found by its type)
    return nn.Conv2d(
        channels,
        convolution.out_channels,
        convolution.kernel_size,  # type: ignore[arg-type]
        stride=convolution.stride,  # type: ignore[arg-type]
        padding=convolution.padding,  # type: ignore[arg-type]
        bias=convolution.bias is not None,
    )


def _takes(network: nn.Module, image_shape: tuple[int, int, int]) -> bool:
    """Try on the meta device, which computes shapes alone, whether the network takes such images."""
    state = [*network.named_parameters(), *network.named_buffers()]
    without_numbers = {name: tensor.to("meta") for name, tensor in state}
    was_training = network.training
    try:
        torch.func.functional_call(
            network.eval(), without_numbers, torch.empty(1, *image_shape, device="meta")
        )
    except (RuntimeError, ValueError, AssertionError):
        return False
    finally:
        network.train(was_training)
    return True


def _smallest_side(network: nn.Module, channels: int) -> int:
    """Find the smallest side of square images that the network takes, by halving the interval."""
    too_small, large_enough = 0, LARGEST
    while large_enough - too_small > 1:
        side = (too_small + large_enough) // 2
        if _takes(network, (channels, side, side)):
            large_enough = side
        else:
            too_small = side
    return large_enough


def _refusal(model: str, image_shape: tuple[int, int, int], smallest: int) -> UserError:
    _, height, width = image_shape
    return UserError(
        f"Network '{model}' of torchvision takes images of {smallest}×{smallest} pixels or more; "
        f"these have {height}×{width}. Make them larger (images.size={smallest} of their "
        f"source), or choose another {TorchvisionOptions.named('model')}."
    )


def _split(network: nn.Module, head_name: str, *, freeze_body: bool) -> FeaturesAndHead:
    """Separate the last layer from the rest."""
    head = network.get_submodule(head_name)
    if isinstance(head, nn.Conv2d):
        # SqueezeNet: dropout, convolution, ReLU, mean over all places; its body ends before them
        features, layers = network.get_submodule("features"), network.get_submodule("classifier")
        return FeaturesAndHead(features, nn.Sequential(layers, nn.Flatten()), freeze_body=freeze_body)
    _replace(network, head_name, nn.Identity())
    return FeaturesAndHead(network, head, freeze_body=freeze_body)
