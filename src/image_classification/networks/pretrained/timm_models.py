"""Every model of timm by name, with the weights that its authors publish: over a thousand of them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from image_classification.errors import UserError
from image_classification.files.troubles import first_line
from image_classification.networks.family import NETWORKS
from image_classification.networks.first_weights import PretrainedWeights
from image_classification.networks.modules import Dropout, FeaturesAndHead
from image_classification.networks.onednn_linear import Linear
from image_classification.networks.pretrained.fetching import file_digest, from_address, from_hub
from image_classification.networks.pretrained.sizes import LARGEST, smallest_side
from image_classification.networks.pretrained.stages import freeze_stages
from image_classification.networks.pretrained.timm_options import TimmOptions, published
from image_classification.networks.pretrained.weights_file import other_network, read_weights, weights_of_file
from image_classification.remote.fetched import here
from image_classification.words import some

_FILES = ("model.safetensors", "pytorch_model.bin")
# by model and shape of the images: how many numbers its body makes of one
_feature_counts: dict[tuple[str, tuple[int, int, int]], int] = {}


@NETWORKS.register("timm", TimmOptions)
def build_timm_model(
    image_shape: tuple[int, int, int], num_classes: int, options: TimmOptions
) -> FeaturesAndHead:
    """Build a model of timm for these images, with a last layer of our own for these classes.

    timm fits its first layer to the channels and, of transformers, the table of positions to the size.

    Args:
        image_shape: (C, H, W).
        num_classes: outputs of the last layer, which is always freshly drawn.
        options: which model; its weights; what is not trained; what is dropped.

    Raises:
        UserError: the model cannot take images of this size, its weights cannot be fetched, or the file is
            not of this model.
    """
    arguments = _arguments(image_shape, options)
    if options.weights is None:
        body, pretrained = _create(options, arguments), None
    else:
        path, pretrained = weights_of_timm(options)
        body = _create_filled(options, arguments, path)
    # a file is read again and again while a report is written: the same model has been tried before
    key = (options.model, image_shape)
    features = _feature_counts.get(key) or _features(body, image_shape, options)
    _feature_counts[key] = features
    head = nn.Sequential(Dropout(options.dropout), Linear(features, num_classes))
    parts = FeaturesAndHead(body, head, freeze_body=options.freeze == "body", pretrained=pretrained)
    if isinstance(options.freeze, int):
        freeze_stages(body, options.freeze, options.named("freeze"))
    return parts


def weights_of_timm(options: TimmOptions) -> tuple[Path, PretrainedWeights]:
    """Return the file of the weights, fetched if need be, and what is known of it."""
    if options.weights != "pretrained":
        path = here(str(options.weights))
        return path, weights_of_file(path, options.named("weights"))
    known = published(options.model)
    instead = (
        f"Name a file that you have: {options.setting(weights='<file>')}; draw all weights: "
        f"{options.without_weights}; or take a network that needs none, such as convnet."
    )
    if known is None:
        raise UserError(f"timm knows no weights of {options.model} that are known. {instead}")
    name = f"{known.architecture}.{known.tag}" if known.tag else known.architecture
    if known.hf_hub_id:
        path, source = from_hub(known.hf_hub_id, _FILES, name, instead)
    else:
        path, source = from_address(known.url, name, instead), known.url
    facts = PretrainedWeights(
        name=name, source=source, sha256=file_digest(path), licence=known.license or None
    )
    return path, facts


def _arguments(image_shape: tuple[int, int, int], options: TimmOptions) -> dict[str, Any]:
    from timm.models import get_pretrained_cfg  # noqa: PLC0415

    channels, height, width = image_shape
    arguments: dict[str, Any] = {"num_classes": 0, "in_chans": channels}
    if options.drop_path:
        arguments["drop_path_rate"] = options.drop_path
    known = get_pretrained_cfg(options.model)
    if known is not None and known.fixed_input_size:
        arguments["img_size"] = (height, width)
    return arguments


def _create(options: TimmOptions, arguments: dict[str, Any], **more: Any) -> nn.Module:
    """Create the model, without the size where its constructor does not take one.

    Raises:
        UserError: it takes no such images, or has no blocks that could be left out.
    """
    import timm  # noqa: PLC0415  (five seconds, for those alone who use it)

    try:
        model: nn.Module = timm.create_model(options.model, **arguments, **more)
    except TypeError as error:
        if "img_size" in str(error) and "img_size" in arguments:
            return _create(options, {k: v for k, v in arguments.items() if k != "img_size"}, **more)
        if "drop_path_rate" in str(error):
            raise UserError(
                f"Network '{options.model}' of timm has no residual blocks that could be left out: make "
                f"{options.named('drop_path')} 0."
            ) from error
        raise
    except (AssertionError, ValueError) as error:
        height, width = arguments.get("img_size", ("?", "?"))
        raise _refusal(options, (arguments["in_chans"], height, width), f"{first_line(error)}. ") from error
    return model


def _create_filled(options: TimmOptions, arguments: dict[str, Any], path: Path) -> nn.Module:
    """Create the model with the weights of a file, which timm converts from what their authors wrote.

    Raises:
        UserError: the file cannot be read, or its weights are those of another network.
    """
    state: dict[str, Tensor] = dict(read_weights(path, options.named("weights")))
    # a number of classes that no file has: its last layer is not asked for
    overlay = {"state_dict": state, "num_classes": -1, "custom_load": False, "label_offset": 0}
    with _what_did_not_fit() as told:
        try:
            body = _create(options, arguments, pretrained=True, pretrained_cfg_overlay=overlay)
        except UserError:
            raise
        except Exception as error:  # what foreign names and shapes lead to is of every kind
            raise other_network(path, f"{_named_weight(error)}.") from error
    known = cast("dict[str, Any]", body.pretrained_cfg)
    head = known.get("classifier") or ()
    heads = {name.split(".")[0] for name in ((head,) if isinstance(head, str) else head)}
    unexpected = [name for name in told["Unexpected"] if name.split(".")[0] not in heads | {"head", "fc"}]
    missing = [name for name in told["Missing"] if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        lack = f"it lacks {some(missing, 3)}" if missing else ""
        excess = f"it has {some(unexpected, 3)}, which the network has not" if unexpected else ""
        raise other_network(path, " and ".join(filter(None, [lack, excess])) + ".")
    known.pop("state_dict", None)  # it would keep all weights twice
    return body


def _named_weight(error: Exception) -> str:
    """Return the line of torch's message that names a weight."""
    lines = [line.strip() for line in str(error).strip().splitlines()]
    return (lines[1] if len(lines) > 1 else lines[0] if lines else type(error).__name__).rstrip(".")


@contextmanager
def _what_did_not_fit() -> Iterator[dict[str, list[str]]]:
    """Listen to what timm says of weights that it could not place: it logs them, and goes on."""
    told: dict[str, list[str]] = {"Missing": [], "Unexpected": []}

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kind, _, rest = record.getMessage().partition(" keys (")
            if kind in told:
                told[kind] += rest.partition(")")[0].split(", ")

    logger = logging.getLogger("timm.models._builder")
    listener, level, passes_on = Listener(), logger.level, logger.propagate
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield told
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)
        logger.propagate = passes_on


@torch.no_grad()
def _features(body: nn.Module, image_shape: tuple[int, int, int], options: TimmOptions) -> int:
    """Return how many numbers the body makes of an image, by sending a black one through it.

    Raises:
        UserError: it takes no images of this shape.
    """
    was_training = body.training
    try:
        features = body.eval()(torch.zeros(1, *image_shape, device=next(body.parameters()).device))
    except (RuntimeError, ValueError, AssertionError) as error:
        smallest = smallest_side(body, image_shape[0])
        is_small = min(image_shape[1:]) < smallest < LARGEST
        reason = f"It takes {smallest}×{smallest} pixels or more" if is_small else first_line(error)
        raise _refusal(options, image_shape, f"{reason}. ") from error
    finally:
        body.train(was_training)
    return int(features.shape[-1])


def _refusal(options: TimmOptions, image_shape: tuple[int, Any, Any], reason: str) -> UserError:
    known = published(options.model)
    height, width = known.input_size[1:] if known else (224, 224)
    return UserError(
        f"Network '{options.model}' of timm does not take images of {image_shape[1]}×{image_shape[2]} "
        f"pixels. {reason}It was made for {height}×{width} (images.size={height} of their source); or choose "
        f"another {options.named('model')}."
    )
