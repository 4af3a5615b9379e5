"""Networks of libraries, which may start from weights that somebody else has trained, and their files."""

# the import of a family registers it
from image_classification.networks.first_weights import PretrainedOptions
from image_classification.networks.pretrained.timm_models import weights_of_timm
from image_classification.networks.pretrained.timm_options import TimmOptions
from image_classification.networks.pretrained.torchvision_models import (
    TorchvisionOptions,
    weights_of_torchvision,
)


def fetch_weights(options: PretrainedOptions) -> None:
    """Fetch the weights that a network starts from into the cache, unless they are there already.

    Raises:
        UserError: they cannot be fetched, or there is no such file.
    """
    if not options.has_weights:
        return
    if isinstance(options, TimmOptions):
        weights_of_timm(options)
    elif isinstance(options, TorchvisionOptions):
        weights_of_torchvision(options)
