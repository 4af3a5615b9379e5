"""The option `--config`: a YAML file whose block `run:` holds options of the command."""

from pathlib import Path
from typing import Any

import click
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from image_classification.cli.explanations import CommandError
from image_classification.words import did_you_mean, nearest_names

SECTION = "run"
_EXAMPLE = "for example\nrun:\n  pipelines: training\n  params: {modelling.training.epochs: 3}"


def take_config_file(context: click.Context, _option: click.Parameter, path: str | None) -> str | None:
    """Make what the file says the defaults of the other options; what the command line says comes first.

    Raises:
        CommandError: the file cannot be read, or is no such file.
    """
    if path:
        context.default_map = {**(context.default_map or {}), **_options(Path(path), context.command.params)}
    return path


def _options(path: Path, params: list[click.Parameter]) -> dict[str, Any]:
    try:
        content = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    except (YAMLError, OmegaConfBaseException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise CommandError(f"--config {path} cannot be read as YAML: {reason}") from error
    if not isinstance(content, dict) or not isinstance(content.get(SECTION), dict):
        found = "is empty" if not content else f"holds {_kinds(content)}"
        raise CommandError(
            f"--config {path} {found}; expected a block {SECTION}: with the options "
            f"of the command, {_EXAMPLE}"
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


def _kinds(content: Any) -> str:
    return f"the keys {', '.join(map(str, content))}" if isinstance(content, dict) else "no keys"
