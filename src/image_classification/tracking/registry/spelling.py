"""How recorded models are named: a reference is taken apart, not looked up. Imports no MLflow."""

import re
from dataclasses import dataclass

from image_classification.errors import UserError
from image_classification.words import printable

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")
FORMS = (
    "runs:/<run id>, a run id of 32 letters and digits, models:/<name>/<version>, models:/<name>@<alias>, or "
    "models:/m-<id of a recorded model>"
)


@dataclass(frozen=True)
class Reference:
    """What a reference names; what it does not name is "".

    Attributes:
        text: the reference as it can be shown.
        run_id, model_name: of a run, and of a model in it.
        name, version, alias: in the registry: a name with one of the others.
        model_id: of a recorded model, m-….
    """

    text: str
    run_id: str = ""
    model_name: str = ""
    name: str = ""
    version: str = ""
    alias: str = ""
    model_id: str = ""


def is_reference(text: str) -> bool:
    """Whether a text is meant as a reference to what is recorded, rather than as the path of a file."""
    return text.startswith(("runs:", "models:")) or bool(_RUN_ID.fullmatch(text))


def parse_reference(text: str) -> Reference:
    """Take a reference apart.

    Raises:
        UserError: it is none, or an incomplete one.
    """
    shown = printable(text)
    scheme, _, rest = text.partition(":")
    rest = rest.strip("/")
    if _RUN_ID.fullmatch(text):
        return Reference(shown, run_id=text)
    if scheme == "runs" and rest:
        run_id, _, model_name = rest.partition("/")
        return Reference(shown, run_id=run_id, model_name=model_name)
    if scheme != "models" or not rest:
        raise UserError(f"{shown!r} names no recorded network. It is named by {FORMS}.")
    if _MODEL_ID.fullmatch(rest):
        return Reference(shown, model_id=rest)
    if rest.startswith("m-") and not set(rest) & set("@/"):
        raise UserError(
            f"{shown} names no recorded model, whose id is m- and 32 letters and digits. If it is a name of "
            f"the registry: models:/{printable(rest)}/<version> or models:/{printable(rest)}@<alias>"
        )
    for mark, field in (("@", "alias"), ("/", "version")):
        name, found, last = rest.rpartition(mark)
        if found and name and last:
            return Reference(shown, name=name, **{field: last})
    raise UserError(
        f"{shown} names neither a version nor an alias: models:/{rest}/1 is its first version, "
        f"models:/{rest}/latest the newest, and models:/{rest}@champion the one with this alias."
    )
