"""`kedro run`, with Kedro's own options and a friendlier console; nothing else is different.

Kedro finds this module by its name: https://docs.kedro.org/en/stable/extend/common_use_cases/
"""

import logging
import os
import shlex
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import kedro.runner
from kedro.framework.cli.hooks.manager import get_cli_hook_manager
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import CONTEXT_SETTINGS
from kedro.runner import AbstractRunner
from kedro.utils import find_kedro_project
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from image_classification.explanations import command_line_message, short_traceback, user_message
from image_classification.logs import FOLDER, run_logging
from image_classification.process import LeavingHook, fewer_full_collections
from image_classification.suggestions import did_you_mean, nearest_names

INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C ended
WRONG_COMMAND = 2  # what Click reports of wrong options

PARAMS_HELP = """Parameters for this run only, for example
modelling.training.epochs=3,modelling.network.feed_forward.widths=[64,32]. Items are separated by commas;
commas inside brackets and quotes belong to the value, which is read as YAML."""


class CommandError(click.ClickException):
    """The command itself is wrong: a message, no traceback, and the exit code of wrong options."""

    exit_code = WRONG_COMMAND


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
        return value
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


def run_pipeline(**options: Any) -> None:
    """Run a pipeline, by default `training`: data, network, training, evaluation, report.

    Every run that trains is recorded in MLflow. Look at the graph with `kedro viz run`.
    """
    project = find_kedro_project(Path.cwd())
    if project is None:
        raise CommandError(f"{Path.cwd()} is not inside the project: change to its folder and try again.")
    pipeline, names = options.pop("pipeline"), options["pipelines"]
    if pipeline and names:
        raise CommandError("--pipeline and --pipelines say the same: give one of them.")
    # the newer spelling of the same option: the older one warns
    options |= {"pipeline": None, "pipelines": [pipeline] if pipeline else names}
    _check_runner(options["runner"])
    with fewer_full_collections(), run_logging(project):
        _run(options, project)


def _run(options: dict[str, Any], project: Path) -> None:
    """Run Kedro's own command, and say what went wrong in words for the person at the keyboard."""
    try:
        assert kedro_run.callback  # noqa: S101  (a command has one)
        kedro_run.callback(**options)
    except KeyboardInterrupt:
        click.echo("\nInterrupted.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None
    except click.ClickException:
        raise
    except Exception as error:
        if message := command_line_message(error, options["pipelines"]):
            raise CommandError(message) from error
        record = _write_traceback(error, project)
        if message := user_message(error):
            click.echo(f"Error: {message}", err=True)
        else:
            click.echo(short_traceback(error), err=True)
            click.echo(f"Error: the run ended with an unexpected {type(error).__name__}.", err=True)
        click.echo(f"(The whole traceback: {record})", err=True)
        raise click.exceptions.Exit(1) from error


def _write_traceback(error: BaseException, project: Path) -> str:
    """Put the whole traceback of the last error where a person can find it; return the place."""
    path = project / FOLDER / "error.log"
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    text = "".join(traceback.format_exception(error))
    logging.getLogger("kedro.run").info("The run failed.\n%s", text)
    try:
        path.parent.mkdir(exist_ok=True)
        head = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %Z}  {shlex.join(sys.argv)}\n"
        temporary.write_text(head + text, encoding="utf-8")
        temporary.replace(path)
    except OSError as failure:
        return f"could not be written, {failure}"
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _check_runner(runner: str | None) -> None:
    """Refuse a misspelled runner; one with a dot is a class of somebody's own, which Kedro imports."""
    there = [
        name
        for name in kedro.runner.__all__
        if issubclass(getattr(kedro.runner, name), AbstractRunner) and not name.startswith("Abstract")
    ]
    if runner and "." not in runner and runner not in there:
        nearest = did_you_mean(nearest_names(runner, there))
        raise CommandError(f"There is no runner {runner!r}{nearest} There are: {', '.join(there)}.")


def _with_our_params(options: list[click.Parameter]) -> list[click.Parameter]:
    ours = click.Option(
        ["--params"], type=click.UNPROCESSED, default="", help=PARAMS_HELP, callback=parse_params
    )
    return [ours if option.name == "params" else option for option in options]


def joined_params(arguments: list[str]) -> list[str]:
    """Put all `--params` of a command line into one, as what a message says to type is often added to the
    command.
    """
    others: list[str] = []
    texts: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--params":
            texts += [text for text in [next(waiting, None)] if text is not None]
        elif argument.startswith("--params="):
            texts.append(argument.removeprefix("--params="))
        else:
            others.append(argument)
    return [*others, "--params", ",".join(texts)] if len(texts) > 1 else arguments


class RunCommand(click.Command):
    """The command `run`, whose option `--params` may be given several times."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Parse the arguments, all parameters together."""
        return super().parse_args(context, joined_params(arguments))


# Kedro merges groups of one name, and takes a command from the first that has it: `run` is listed once.
cli = click.Group(name="kedro", context_settings=CONTEXT_SETTINGS)
run = RunCommand(
    "run",
    params=_with_our_params(kedro_run.params),
    callback=run_pipeline,
    help=run_pipeline.__doc__,
    context_settings=CONTEXT_SETTINGS,
)
cli.add_command(run)
get_cli_hook_manager().register(LeavingHook(), name="image_classification.leaving")
