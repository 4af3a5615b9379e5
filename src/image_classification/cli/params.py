"""The option `--params`: `key=value` pairs with commas between them, given once or several times."""

from typing import Any

import click
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from image_classification.cli.explanations import CommandError

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
        CommandError: an item is not of the form key=value, or its value is no YAML.
    """
    if isinstance(value, dict):
        return nested(value)
    items = split_params(value)
    for item in items:
        key, equals, _ = item.partition("=")
        if not equals or not key.strip():
            raise CommandError(
                f"--params {item}: expected key=value, for example modelling.training.epochs=3."
            )
    try:
        # spaces around the equals sign belong to neither side
        pairs = ["=".join(part.strip() for part in item.split("=", 1)) for item in items]
        parsed = OmegaConf.to_container(OmegaConf.from_dotlist(pairs))
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        raise CommandError(f"--params {value}: {str(error).splitlines()[0]}") from error
    return {str(key): item for key, item in parsed.items()} if isinstance(parsed, dict) else {}


def nested(parameters: dict[str, Any]) -> dict[str, Any]:
    """Take keys with dots for what they are on the command line: `{a.b: 1}` → `{a: {b: 1}}`."""
    groups = OmegaConf.create()
    for key, value in parameters.items():
        OmegaConf.update(groups, str(key), value, force_add=True)
    found = OmegaConf.to_container(groups)
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def joined_params(arguments: list[str]) -> list[str]:
    """Put all `--params` of a command line into one, as what a message says to type is often added to the
    command.
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
