"""Every classification model of `torchvision.models`, by name."""

from collections import OrderedDict
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator
from torch import nn

from image_classification.errors import UserError
from image_classification.networks.family import NETWORKS
from image_classification.networks.first_weights import (
    PretrainedOptions,
    PretrainedWeights,
    Recommendation,
    WeightsPath,
)
from image_classification.networks.modules import FeaturesAndHead
from image_classification.networks.pretrained.fetching import file_digest, from_address
from image_classification.networks.pretrained.sizes import smallest_side, takes
from image_classification.networks.pretrained.stages import freeze_stages
from image_classification.networks.pretrained.weights_file import (
    fill_in,
    read_weights,
    resize_positions,
    weights_of_file,
)
from image_classification.options import of_the_form
from image_classification.remote.fetched import here
from image_classification.words import either, nearest_names

_PublishedName = Annotated[
    str, of_the_form(r"[A-Z0-9_]+", "DEFAULT, or the name of published weights such as IMAGENET1K_V1")
]
_USUAL_MODEL = "resnet18"  # known to exist: checking another name loads torchvision


class TorchvisionOptions(PretrainedOptions):
    """Options of the models of torchvision: https://docs.pytorch.org/vision/stable/models.html"""

    model: str = Field(
        default=_USUAL_MODEL, description="Name of a classification model, such as resnet18 or vit_b_16."
    )
    weights: WeightsPath | _PublishedName | None = Field(
        default=None,
        description="What it starts from: DEFAULT, the best that torchvision publishes, or the name of "
        "others, fetched once into the cache of torch; a file with a state dict of that model (.safetensors, "
        ".pth), whatever its classes; null draws all weights.",
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
    def _is_published(self) -> Self:
        if self.is_named and self.weights != "DEFAULT":
            known = [member.name for member in _published(self.model)]
            if self.weights not in known:
                raise ValueError(
                    f"expected published weights of {self.model}: {either(['DEFAULT', *known])}; or the path "
                    "of a file"
                )
        return self

    @property
    def is_named(self) -> bool:
        """Whether the weights are some that torchvision publishes, and no file."""
        return self.weights is not None and "." not in self.weights

    def recommendation(self) -> Recommendation | None:
        """Return what published weights were trained with; of a file nobody knows."""
        if not self.is_named:
            return None
        transforms = _member(self).transforms()
        (side,) = transforms.crop_size
        is_bilinear = transforms.interpolation.value == "bilinear"
        return Recommendation(
            tuple(transforms.mean),
            tuple(transforms.std),
            (side, side),
            "bilinear" if is_bilinear else "bicubic",
        )


def _published(model: str) -> Any:
    from torchvision.models import get_model_weights  # noqa: PLC0415  (two seconds, for those alone who use it)

    return get_model_weights(model)


def _member(options: TorchvisionOptions) -> Any:
    return _published(options.model)[options.weights]


@NETWORKS.register("torchvision", TorchvisionOptions)
def build_torchvision_model(
    image_shape: tuple[int, int, int], num_classes: int, options: TorchvisionOptions
) -> FeaturesAndHead:
    """Build a model of torchvision for these images and classes, with its last layer separate from the rest.

    Args:
        image_shape: (C, H, W). The first convolution is made for C channels.
        num_classes: outputs of the last layer, which is always freshly drawn.
        options: which model; its weights, for any number of classes; what is not trained.

    Raises:
        UserError: the model cannot take images of this size, its weights cannot be fetched, or the file is
            not of this model.
    """
    model = options.model
    network = _construct(model, image_shape, num_classes)
    first_name, head_name = _first_convolution(network), _last_layer(network)
    if image_shape[0] != 3:
        _replace(network, first_name, _with_channels(network.get_submodule(first_name), image_shape[0]))
    if not takes(network, image_shape):
        raise _refusal(model, image_shape, smallest_side(network, image_shape[0]))
    pretrained = None
    if options.weights is not None:
        path, pretrained = weights_of_torchvision(options)
        state = read_weights(path, options.named("weights"))
        if _ends_in_convolution(network, head_name) and not any("features." in name for name in state):
            # of a network of this project, whose body is the part that is called so
            state = OrderedDict((f"features.{name}", each) for name, each in state.items())
        if hasattr(network, "conv_proj"):
            state = resize_positions(network, state, path)
        head = [f"{head_name}.{kind}" for kind in ("weight", "bias")]
        fill_in(network, state, path, head=head, first_weight=f"{first_name}.weight")
    parts = _split(network, head_name, freeze_body=options.freeze == "body", pretrained=pretrained)
    if isinstance(options.freeze, int):
        freeze_stages(parts.features, options.freeze, options.named("freeze"))
    return parts


def weights_of_torchvision(options: TorchvisionOptions) -> tuple[Path, PretrainedWeights]:
    """Return the file of the weights, fetched if need be, and what is known of it."""
    if not options.is_named:
        path = here(str(options.weights))
        return path, weights_of_file(path, options.named("weights"))
    member = _member(options)
    name = f"{options.model}.{member.name}"
    instead = (
        f"Or name a file of your own: {options.setting(weights='<file>')}; or draw all weights: "
        f"{options.without_weights}."
    )
    path = from_address(member.url, name, instead)
    facts = PretrainedWeights(name=name, source=member.url, sha256=file_digest(path), licence=None)
    return path, facts


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


def _refusal(model: str, image_shape: tuple[int, int, int], smallest: int) -> UserError:
    _, height, width = image_shape
    return UserError(
        f"Network '{model}' of torchvision takes images of {smallest}×{smallest} pixels or more; "
        f"these have {height}×{width}. Make them larger (images.size={smallest} of their "
        f"source), or choose another {TorchvisionOptions.named('model')}."
    )


def _ends_in_convolution(network: nn.Module, head_name: str) -> bool:
    return isinstance(network.get_submodule(head_name), nn.Conv2d)


def _split(network: nn.Module, head_name: str, **frozen: Any) -> FeaturesAndHead:
    """Separate the last layer from the rest."""
    head = network.get_submodule(head_name)
    if _ends_in_convolution(network, head_name):
        # SqueezeNet: dropout, convolution, ReLU, mean over all places; its body ends before them
        features, layers = network.get_submodule("features"), network.get_submodule("classifier")
        return FeaturesAndHead(features, nn.Sequential(layers, nn.Flatten()), **frozen)
    _replace(network, head_name, nn.Identity())
    return FeaturesAndHead(network, head, **frozen)
