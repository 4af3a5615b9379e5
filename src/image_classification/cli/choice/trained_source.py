"""The source of the images of the network that was trained last, which is what is exported or reported on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from image_classification.cli.choice.named_source import Meant, loader_of, prefixes
from image_classification.origins.record import read_origin

# what is made of that network, whatever images it is of
_OF_THE_NETWORK = ("export", "reporting")
_TRAINED = "trained_network"  # as the catalog calls it


def of_trained_network(pipeline: str, project: Path, options: Mapping[str, Any]) -> Meant:
    """Return the pipeline for the network that was trained last; `pipeline` where that is about MNIST.

    Args:
        pipeline: that was asked for.
        project: the folder of the project.
        options: of the command, by the names that Click gives them.
    """
    if pipeline not in _OF_THE_NETWORK:
        return Meant(pipeline)
    origin = read_origin(project / _trained_network(project, options))
    sources = {name.partition(".")[0] for name in origin.inputs if "." in name} if origin else set()
    for source, prefix in prefixes().items():
        if source in sources:
            return Meant(f"{prefix}{pipeline}", f"The network that was trained last learned from {source}")
    return Meant(pipeline)


def _trained_network(project: Path, options: Mapping[str, Any]) -> Path:
    try:
        return Path(loader_of(project, options)["catalog"][_TRAINED]["filepath"])
    except Exception:  # whatever is wrong with the configuration is told by the run
        return Path(_TRAINED)
