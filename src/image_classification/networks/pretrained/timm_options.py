"""The options of the models of timm, and what timm says of their weights."""

from typing import Any, Literal

from pydantic import Field, field_validator

from image_classification.networks.first_weights import PretrainedOptions, Recommendation, WeightsPath
from image_classification.options import Probability
from image_classification.words import either, nearest_names, some

# known to exist: to check another name loads timm, which takes five seconds
_USUAL_MODEL = "tf_efficientnet_lite0.in1k"
_USUAL_RECOMMENDATION = Recommendation((0.5,) * 3, (0.5,) * 3, (224, 224), "bicubic")


class TimmOptions(PretrainedOptions):
    """Options of the models of timm, most of which come with weights: https://huggingface.co/docs/timm"""

    model: str = Field(
        default=_USUAL_MODEL,
        description="Name of a model, such as resnet18, or of a model and its weights: resnet18.a1_in1k.",
    )
    weights: Literal["pretrained"] | WeightsPath | None = Field(
        default="pretrained",
        description="What it starts from: pretrained, the weights of that name, fetched once into the cache "
        "of the Hugging Face hub; a file with a state dict of that model (.safetensors, .pth), whatever its "
        "classes; null draws all weights.",
    )
    dropout: Probability = Field(
        default=0.0, description="Share of the features dropped before the last layer while training."
    )
    drop_path: Probability = Field(
        default=0.0,
        description="Share of the images for which a residual block is left out while training, at the last "
        "block; at earlier ones less. For models that have such blocks.",
    )

    @field_validator("model")
    @classmethod
    def _is_a_model(cls, name: str) -> str:
        if name == _USUAL_MODEL:
            return name
        from timm import list_models  # noqa: PLC0415  (five seconds, for those alone who use it)
        from timm.models import is_model, is_model_pretrained  # noqa: PLC0415

        architecture, _, tag = name.partition(".")
        if not is_model(architecture):
            nearest = nearest_names(architecture, list_models()) or ["resnet18", "convnext_tiny"]
            raise ValueError(f"expected a model of timm, such as {either(nearest)}")
        if tag and not is_model_pretrained(name):
            there = list_models(f"{architecture}.*", pretrained=True)
            raise ValueError(
                f"expected weights that are published for {architecture}: {some(there, 8)}"
                if there
                else f"expected {architecture} without the name of weights: there are none"
            )
        return name

    def recommendation(self) -> Recommendation | None:
        """Return what the weights of this name were trained with; it holds for a file of them as well."""
        if self.weights is None:
            return None
        if self.model == _USUAL_MODEL:
            return _USUAL_RECOMMENDATION
        known = published(self.model)
        if known is None:
            return None
        _, height, width = known.input_size
        is_bilinear = known.interpolation == "bilinear"
        return Recommendation(
            known.mean, known.std, (height, width), "bilinear" if is_bilinear else "bicubic"
        )


def published(model: str) -> Any:
    """Return what timm says of the weights of this name; None if there are none."""
    from timm.models import get_pretrained_cfg, is_model_pretrained  # noqa: PLC0415

    return get_pretrained_cfg(model) if is_model_pretrained(model) else None
