"""Options as who types a command knows them: by their path in the parameters, and set by `--params`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from image_classification.options import Section, Speech, speak
from image_classification.parameters.known import walk
from image_classification.parameters.root import Parameters
from image_classification.words import params_option


class CommandLine(Speech):
    """Name options by their paths and tell how to set them by `--params`."""

    def name(self, section: type[Section], option: str) -> str:
        """Name an option: `modelling.training.batch_size`.

        Where several sources have it, the part that they share: `images.size`.
        """
        paths = _paths_of(section)
        if not paths:
            return super().name(section, option)
        shared = paths[0].split(".")
        while any(path.split(".")[-len(shared) :] != shared for path in paths):
            shared = shared[1:]
        return ".".join([*shared, option])

    def setting(self, section: type[Section], values: Mapping[str, Any]) -> str:
        """Tell how to set options: `--params modelling.training.batch_size=64`."""
        return params_option({self.name(section, option): value for option, value in values.items()})


def speak_of_parameters() -> None:
    """Have every message of this process name options so."""
    speak(CommandLine())


@cache
def _paths_of(section: type[Section]) -> tuple[str, ...]:
    return tuple(".".join(place.path) for place in walk(Parameters) if section in place.groups)
