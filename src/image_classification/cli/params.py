"""The two options whose values have a form of their own.

`--params` takes `key=value` pairs separated by commas, and may be given several times. `--config` takes a
YAML file whose block `run:` holds options of the command.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from image_classification.cli.explanations import CommandError
from image_classification.cli.groups import DEEPEST, Setting, together
from image_classification.words import did_you_mean, nearest_names, printable, shorten, split_items

SECTION = "run"
# what YAML takes for a number on the base of 60, such as minutes and seconds
_BASE_60 = re.compile(r"[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?")
_EXAMPLE = "for example\nrun:\n  pipelines: training\n  params: {modelling.training.epochs: 3}"
PARAMS_HELP = """Parameters for this run only, for example
modelling.training.epochs=3,modelling.network.feed_forward.widths=[64,32]. Items are separated by commas;
commas inside brackets and quotes belong to the value, which is read as YAML."""


def split_params(text: str) -> list[str]:
    """Split at the commas that are outside brackets and quotes: `a=1,b=[2,3]` → `a=1`, `b=[2,3]`.

    Raises:
        CommandError: a bracket or a quote is not closed.
    """
    try:
        return split_items(text, DEEPEST)
    except ValueError as error:
        raise CommandError(f"--params {shorten(text, 200)}: {error}") from error


def parse_params(
    _context: click.Context | None, _option: click.Parameter | None, value: str | dict[str, Any]
) -> dict[str, Any]:
    """Turn the text of `--params` into nested parameters; a dict comes from a `--config` file as it is.

    Raises:
        CommandError: an item is not of the form key=value, its value is not valid YAML, or two contradict
            each other.
    """
    if isinstance(value, Mapping):
        return together(_setting(f"{key}: {each}", str(key), each) for key, each in value.items())
    if not isinstance(value, str):
        raise CommandError(f"--config: params is {value!r}, expected parameters; {_EXAMPLE}")
    return together(map(_item, split_params(value)))


def _item(text: str) -> Setting:
    """Read `a.b=1`; the value is YAML."""
    # spaces around the equals sign belong to neither side
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise CommandError(f"--params {text}: expected key=value, for example modelling.training.epochs=3.")
    if printable(text, keep=text.encode("utf-8", "ignore").decode()) != text:
        raise CommandError(
            f"--params {printable(text)}: this is not valid UTF-8, which parameters have to be.\n"
            "If it is the name of a folder or file, rename it, or give it another name with ln -s."
        )
    if _BASE_60.fullmatch(value):
        return _setting(text, key, value)  # 1:4 is no 64
    try:
        [(_, found)] = _plain(OmegaConf.from_dotlist([f"value={value}"])).items()
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        quotes = "" if "'" in value else f"\nIf it is a text, put it in quotes: --params \"{key}='{value}'\""
        raise CommandError(f"--params {shorten(text, 200)}: {str(error).splitlines()[0]}{quotes}") from error
    return _setting(text, key, found)


def _setting(text: str, key: str, value: Any) -> Setting:
    """Make groups of a key with dots: a.b, 1 → {a: {b: 1}}."""
    if key.count(".") + key.count("[") >= DEEPEST:
        raise CommandError(f"--params {shorten(text, 200)}: more than {DEEPEST} groups inside one another.")
    groups = OmegaConf.create()
    try:
        OmegaConf.update(groups, key, value, force_add=True)
        return text, _plain(groups)
    except (OmegaConfBaseException, RecursionError) as error:
        raise CommandError(f"--params {shorten(text, 200)}: {str(error).splitlines()[0]}") from error


def _plain(groups: Any) -> dict[str, Any]:
    found = OmegaConf.to_container(groups)
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def joined_params(arguments: list[str]) -> list[str]:
    """Merge all `--params` of a command line into one.

    People often append what a message tells them to type to the command that they ran.
    """
    others: list[str] = []
    texts: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--params":
            text = next(waiting, None)
            if text is None:
                return arguments  # the command will say that the last one lacks its value
            texts.append(text)
        elif argument.startswith("--params="):
            texts.append(argument.removeprefix("--params="))
        else:
            others.append(argument)
    return [*others, "--params", ",".join(texts)] if len(texts) > 1 else arguments


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
