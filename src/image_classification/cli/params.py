"""The two options whose values have a form of their own.

`--params` takes `key=value` pairs separated by commas, and may be given several times. `--config` takes a
YAML file whose block `run:` holds options of the command.
"""

from pathlib import Path
from typing import Any

import click
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from image_classification.cli.explanations import CommandError
from image_classification.words import did_you_mean, nearest_names, printable

SECTION = "run"
_EXAMPLE = "for example\nrun:\n  pipelines: training\n  params: {modelling.training.epochs: 3}"
PARAMS_HELP = """Parameters for this run only, for example
modelling.training.epochs=3,modelling.network.feed_forward.widths=[64,32]. Items are separated by commas;
commas inside brackets and quotes belong to the value, which is read as YAML."""


def split_params(text: str) -> list[str]:
    """Split at the commas that are outside brackets and quotes: `a=1,b=[2,3]` → `a=1`, `b=[2,3]`.

    Raises:
        CommandError: a bracket or a quote is not closed.
    """
    items, item, open_brackets, quote = [], "", "", ""
    closing = {"[": "]", "{": "}"}
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        # an apostrophe inside a word (it's) opens no quote: YAML reads quotes at the start of a value only
        elif character in "'\"" and (not item or item[-1] in "=,[{: "):
            quote = character
        elif character in closing:
            open_brackets += closing[character]
        elif open_brackets and character == open_brackets[-1]:
            open_brackets = open_brackets[:-1]
        elif character == "," and not open_brackets:
            items.append(item.strip())
            item = ""
            continue
        item += character
    if quote or open_brackets:
        raise CommandError(f"--params {text}: a {quote or open_brackets[-1]} is missing at the end.")
    return [each for each in [*items, item.strip()] if each]


def parse_params(
    _context: click.Context, _option: click.Parameter, value: str | dict[str, Any]
) -> dict[str, Any]:
    """Turn the text of `--params` into nested parameters; a dict comes from a `--config` file as it is.

    Raises:
        CommandError: an item is not of the form key=value, or its value is not valid YAML.
    """
    if isinstance(value, dict):
        return _nested(value)
    items = split_params(value)
    for item in items:
        key, equals, _ = item.partition("=")
        if not equals or not key.strip():
            raise CommandError(
                f"--params {item}: expected key=value, for example modelling.training.epochs=3."
            )
        if printable(item, keep=item.encode("utf-8", "ignore").decode()) != item:
            raise CommandError(
                f"--params {printable(item)}: this is not valid UTF-8, which parameters have to be.\n"
                "If it is the name of a folder or file, rename it, or give it another name with ln -s."
            )
    try:
        # spaces around the equals sign belong to neither side
        pairs = ["=".join(part.strip() for part in item.split("=", 1)) for item in items]
        return _plain(OmegaConf.from_dotlist(pairs))
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise CommandError(f"--params {value}: {str(error).splitlines()[0]}") from error


def _nested(parameters: dict[str, Any]) -> dict[str, Any]:
    """Take keys with dots for what they are on the command line: `{a.b: 1}` → `{a: {b: 1}}`."""
    groups = OmegaConf.create()
    for key, value in parameters.items():
        OmegaConf.update(groups, str(key), value, force_add=True)
    return _plain(groups)


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
        context.default_map = {**(context.default_map or {}), **_options(Path(path), context.command.params)}
    return path


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
