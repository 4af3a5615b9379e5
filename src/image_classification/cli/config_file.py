"""The option `--config`: a YAML file whose block `run:` holds options of the command."""

from pathlib import Path
from typing import Any

import click
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from image_classification.cli.explanations import CommandError
from image_classification.cli.params import EXAMPLE_FILE
from image_classification.words import did_you_mean, nearest_names, shorten

SECTION = "run"


def take_config_file(context: click.Context, _option: click.Parameter, path: str | None) -> str | None:
    """Make what the file says the defaults of the other options; the command line wins.

    Raises:
        CommandError: the file cannot be read, or does not hold such options.
    """
    if path:
        options = _options(Path(path), context.command.params)
        for param in context.command.params:
            if param.name in options and param.name != "params":  # which has words of its own
                _check(context, param, options[param.name], path)
        context.default_map = {**(context.default_map or {}), **options}
    return path


def _check(context: click.Context, param: click.Parameter, value: Any, path: str) -> None:
    """Refuse a value of another kind than the option takes; Click and Kedro expect text where they read it.

    Raises:
        CommandError: naming the option and the value.
    """
    try:
        param.process_value(context, value)
    except CommandError:
        raise
    except (click.BadParameter, AttributeError, TypeError, ValueError, KeyError) as error:
        raise CommandError(
            f"--config {path}: {param.name} is {shorten(str(value), 80)}, which is no value of that option; "
            f"see kedro run --help."
        ) from error


def _options(path: Path, params: list[click.Parameter]) -> dict[str, Any]:
    try:
        content = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    except (YAMLError, OmegaConfBaseException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise CommandError(f"--config {path} cannot be read as YAML: {reason}") from error
    if not isinstance(content, dict) or not isinstance(content.get(SECTION), dict):
        keys = f"the keys {', '.join(map(str, content))}" if isinstance(content, dict) else "no keys"
        found = f"holds {keys}" if content else "is empty"
        raise CommandError(
            f"--config {path} {found}; expected a block {SECTION}: with the options "
            f"of the command, {EXAMPLE_FILE}"
        )
    options: dict[str, Any] = content[SECTION]
    known = sorted(param.name for param in params if param.name and param.name != "config")
    for name in options:
        if name not in known:
            nearest = did_you_mean(nearest_names(str(name), known))
            raise CommandError(
                f"--config {path}: there is no option {name}{nearest} There are: {', '.join(known)}."
            )
    return options
