"""The option `--params`: `key=value` pairs separated by commas; it may be given several times.

An option that takes text gets what is typed, others what YAML reads.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import click
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from image_classification.cli.explanations import CommandError
from image_classification.cli.groups import DEEPEST, Setting, together
from image_classification.cli.process import fewer_full_collections
from image_classification.words import printable, shorten, split_items

# what YAML takes for a number on the base of 60, such as minutes and seconds
_BASE_60 = re.compile(r"[-+]?\d[\d_]*(:[0-5]?\d)+(\.[\d_]*)?")
EXAMPLE_FILE = "for example\nrun:\n  pipelines: training\n  params: {modelling.training.epochs: 3}"
PARAMS_HELP = """Parameters for this run only, for example
modelling.training.epochs=3,modelling.network.feed_forward.widths=[64,32]. Items are separated by commas;
commas inside brackets and quotes belong to the value. Text, such as a path, counts as it is typed, or as it
stands in quotes; other values are read as YAML."""
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_INNER_QUOTES = "put that value in quotes inside those of the shell"


def split_params(text: str) -> list[str]:
    """Split at the commas that are outside brackets and quotes: `a=1,b=[2,3]` → `a=1`, `b=[2,3]`.

    Raises:
        CommandError: a bracket or a quote is not closed.
    """
    try:
        return split_items(text, DEEPEST)
    except ValueError as error:
        raise CommandError(
            f"--params {shorten(text, 200)}: {error}\n"
            f"If it is part of a text, {_INNER_QUOTES}: --params 'image_folder.path=\"/photos/a [b\"'"
        ) from error


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
        raise CommandError(f"--config: params is {value!r}, expected parameters; {EXAMPLE_FILE}")
    items = split_params(value)
    return together(
        _item(text, before, is_last=place == len(items))
        for place, (before, text) in enumerate(pairwise(["", *items]), start=1)
    )


def _item(text: str, before: str, *, is_last: bool) -> Setting:
    """Read `a.b=1`, which stands behind another item."""
    # spaces around the equals sign belong to neither side
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise CommandError(_no_item(text, before))
    if printable(text, keep=text.encode("utf-8", "ignore").decode()) != text:
        raise CommandError(
            f"--params {printable(text)}: this is not valid UTF-8, which parameters have to be.\n"
            "If it is the name of a folder or file, rename it, or give it another name with ln -s."
        )
    spaces = text[len(text.rstrip()) :]
    found = _read(text.strip(), key, value)
    if found == value and not spaces:  # whatever the option takes
        return _setting(text, key, found)
    with fewer_full_collections():
        # torch tells what its optimizers take, and its import takes two seconds: not for `kedro --help`
        from image_classification.parameters.typed_text import as_typed, takes_text  # noqa: PLC0415

        if not takes_text(key) or _QUOTED.fullmatch(value):
            return _setting(text, key, _required(found))
        if value[:1] in {"'", '"'}:
            raise CommandError(
                f"--params {shorten(text, 200)}: the value begins with a quote and does not end with it.\n"
                f"As a text: {_in_quotes(key, value)}"
            )
        if spaces and not is_last:
            raise CommandError(
                f"--params {shorten(text, 200)}: the space at its end may belong to the text or not.\n"
                f"Leave it out, or put the text in quotes: {_in_quotes(key, value + spaces)}"
            )
        typed = value if "\n" in spaces or not value else value + spaces
        return _setting(text, key, as_typed(key, typed, typed if isinstance(found, CommandError) else found))


def _no_item(text: str, before: str) -> str:
    key = before.partition("=")[0].strip() or "image_folder.path"
    return (
        f"--params {text}: expected key=value, for example modelling.training.epochs=3.\n"
        f"If a comma belongs to a value, {_INNER_QUOTES}: --params '{key}=\"…, …\"'"
    )


def _in_quotes(key: str, value: str) -> str:
    from image_classification.parameters.command_line import params_option  # noqa: PLC0415

    return params_option({key: value})


def _read(text: str, key: str, value: str) -> Any:
    """Return what YAML reads, or the error that says why it cannot."""
    if _BASE_60.fullmatch(value):
        return value  # 1:4 is no 64
    try:
        [(_, found)] = _plain(OmegaConf.from_dotlist([f"value={value}"])).items()
    except (YAMLError, OmegaConfBaseException, ValueError) as error:
        quotes = "" if "'" in value else f"\nIf it is a text, put it in quotes: --params \"{key}='{value}'\""
        told = CommandError(f"--params {shorten(text, 200)}: {str(error).splitlines()[0]}{quotes}")
        told.__cause__ = error
        return told
    return found


def _required(found: Any) -> Any:
    if isinstance(found, CommandError):
        raise found
    return found


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
