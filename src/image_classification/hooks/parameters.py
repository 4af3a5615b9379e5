"""Validate all parameters before anything else happens, and fill in the defaults."""

from typing import Any

from kedro.config import AbstractConfigLoader, MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from image_classification.config_loader import LayeredConfigLoader
from image_classification.parameters.messages import KeyPath


class ParametersHook:
    """Check what the files and `--params` together say, once, for all pipelines."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Replace the parameters by their full, validated dump in plain types, defaults included.

        Raises:
            UserError: naming every parameter that is unknown or has a value that is not allowed.
        """
        # torch tells what its optimizers take, and its import takes two seconds: not for `kedro --help`
        from image_classification.parameters.command_line import speak_of_parameters  # noqa: PLC0415
        from image_classification.parameters.root import validate_parameters  # noqa: PLC0415

        speak_of_parameters()
        loader = context.config_loader

        def origin(path: KeyPath) -> str | None:
            return loader.origin("parameters", path) if isinstance(loader, LayeredConfigLoader) else None

        parameters = validate_parameters(_read(loader), origin)
        loader["parameters"] = parameters.model_dump(mode="json")

    @hook_impl
    def before_node_run(self) -> None:
        """Name options by their paths in a process of ParallelRunner too, which makes no context."""
        from image_classification.parameters.command_line import speak_of_parameters  # noqa: PLC0415

        speak_of_parameters()


def _read(loader: AbstractConfigLoader) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = loader["parameters"]
    except MissingConfigException:
        # every parameter has a default: a project without parameter files runs on those and --params
        raw = loader.runtime_params
    return raw
