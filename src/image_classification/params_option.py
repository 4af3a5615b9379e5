"""Writing `--params …` so that it can be copied into a shell."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence

_WORDS_OF_YAML = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

Item = str | float | Sequence[str | float]
Value = Item | Mapping[str, Item]


def params_option(parameters: Mapping[str, Value]) -> str:
    """`--params key=value,…`, quoted for YAML and for a shell where that is needed."""
    text = ",".join(f"{key}={_as_yaml(value)}" for key, value in parameters.items())
    if re.fullmatch(r"[\w@%+=:,./-]+", text):
        return f"--params {text}"
    return f"--params {shlex.quote(text)}" if re.search(r'["$`\\!]', text) else f'--params "{text}"'


def _as_yaml(value: Value) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int | float):
        return f"{value:.15g}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(key)}: {_as_yaml(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(map(_as_yaml, value)) + "]"


def _quoted(text: str) -> str:
    if re.fullmatch(r"(\.?/|[^\W\d_])[\w./-]*|\.", text) and text.lower() not in _WORDS_OF_YAML:
        return text
    return json.dumps(text, ensure_ascii=False) if "'" in text else f"'{text}'"
