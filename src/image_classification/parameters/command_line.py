"""Options as who types a command knows them: by their path in the parameters, and set by `--params`."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from image_classification.options import Section, Speech, speak
from image_classification.parameters.known import walk
from image_classification.parameters.root import Parameters
from image_classification.parameters.typed_text import takes_text
from image_classification.words import split_items


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


_WORDS_OF_YAML = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

_PROGRAM, DEEPEST = "kedro", 50
_PIPELINE, _ENVIRONMENT = ("--pipeline", "--pipelines", "-p"), ("--env", "-e")
# of a command of which only a part is done again
_REST = ("--only-missing-outputs",)

Item = str | float | Sequence[str | float] | None
Value = Item | Mapping[str, Item]


def params_option(parameters: Mapping[str, Value]) -> str:
    """`--params key=value,…`, quoted for YAML and for a shell where that is needed."""
    return _params_of([f"{key}={_as_yaml(value)}" for key, value in parameters.items()])


def params_option_of_kedro(texts: Mapping[str, str]) -> str:
    """The same of texts, for commands that split at every comma, such as `kedro viz`."""
    return _params_of([f"{key}={_without_commas(text)}" for key, text in texts.items()])


def _without_commas(text: str) -> str:
    if re.fullmatch(r"\.{0,2}/[\w ./-]*[\w./-]", text):
        return (
            text  # a path: YAML reads its spaces as they are, and one kind of quotes less is read more easily
        )
    return json.dumps(text, ensure_ascii=False).replace(",", "\\x2c") if "," in text else _quoted(text)


def _params_of(items: Sequence[str]) -> str:
    text = ",".join(items)
    if re.fullmatch(r"[\w@%+=:,./-]+", text):
        return f"--params {text}"
    return f"--params {shlex.quote(text)}" if re.search(r'["$`\\!]', text) else f'--params "{text}"'


def training_command(argv: Sequence[str], parameters: Mapping[str, Any]) -> str:
    """Return the command that trains as another one has, with some parameters, as a person would type it.

    Args:
        argv: of the other one, such as `kedro run --pipeline search …`.
        parameters: by their dotted names.
    """
    found = [f"{name}={_as_yaml(value)}" for name, value in parameters.items()]
    typed = _typed([_PROGRAM, *argv[1:]] if "run" in argv else [_PROGRAM, "run", "--pipeline", "training"])
    others = [item for item in typed.items if not _is_of("search", item)]
    others = [item for item in others if item.partition("=")[0].strip() not in parameters]
    return _joined(_Typed(typed.words, typed.env, [*others, *found]))


def recipe_command(command: str, env: str, section: str) -> tuple[str, str]:
    """Return the command that trains as another one, with an environment that has all of a section.

    Args:
        command: the other one, as a person would type it.
        env: of the configuration.
        section: of the parameters.

    Returns:
        The command, and the environment of the other one, "" if it names none.
    """
    typed = _typed(shlex.split(command))
    others = [item for item in typed.items if not _is_of(section, item)]
    return _joined(_Typed(typed.words, env, others)), typed.env


class _Typed(NamedTuple):
    """A command that trains: its words without the following, its environment, the items of --params."""

    words: list[str]
    env: str
    items: list[str]


def _typed(command: Sequence[str]) -> _Typed:
    """Take a command apart; a search becomes the training of the same images."""
    words: list[str] = []
    env, items, waiting = "", list[str](), iter(command)
    for word in waiting:
        option, equals, value = word.partition("=")
        if option in ("--params", *_PIPELINE, *_ENVIRONMENT) and not equals:
            value = next(waiting, "")
        if option == "--params":
            items += map(_whole, split_items(value, DEEPEST))
        elif option in _PIPELINE:
            words += ["--pipeline", re.sub(r"search$", "training", value)]
        elif option in _ENVIRONMENT:
            env = value
        elif word not in _REST:
            words.append(word)
    return _Typed(words, env, items)


def _is_of(section: str, item: str) -> bool:
    return re.match(rf"\s*{section}\s*[.=]", item) is not None


def _joined(typed: _Typed) -> str:
    words = shlex.join([*typed.words, *(["--env", typed.env] if typed.env else [])])
    return f"{words} {_params_of(typed.items)}" if typed.items else words


def _whole(item: str) -> str:
    """Put the text of an item in quotes if it ends with a space, which before a comma would mean nothing."""
    key, _, value = item.partition("=")
    if item == item.rstrip() or not takes_text(key.strip()) or value.rstrip().endswith(("'", '"')):
        return item.rstrip()
    return f"{key}={_quoted(value.lstrip())}"


def _as_yaml(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        text = f"{value:.15g}"
        return text if float(text) == value else repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(key)}: {_as_yaml(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(map(_as_yaml, value)) + "]"


def _quoted(text: str) -> str:
    # a placeholder such as <folder> is to be replaced: YAML reads it as it stands
    if (
        re.fullmatch(r"([a-z][a-z\d]*://|\.?/|[^\W\d_])[\w./-]*|\.|<\w+>", text)
        and text.lower() not in _WORDS_OF_YAML
    ):
        return text
    # in single quotes YAML joins lines
    return json.dumps(text, ensure_ascii=False) if "'" in text or not text.isprintable() else f"'{text}'"
